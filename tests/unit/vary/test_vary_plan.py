"""What each variation does to a build, as values."""

import zipfile
from pathlib import Path

import pytest

from wheelproof.container.policy import PLAIN
from wheelproof.rebuild.plan import PLAIN_SCENE, Surroundings, plan_build, plan_run
from wheelproof.recipe.schema import Recipe
from wheelproof.source.build_system import BuildSystem
from wheelproof.vary.plan import StillClock, VariedBuild, plan_varied
from wheelproof.vary.variation import BY_ID, VARIATIONS

AROUND = Surroundings(
    interpreter="/usr/bin/python3.13",
    top="demo-1",
    sdist="demo-1.tar.gz",
    build_system=BuildSystem(requires=(), build_backend="backend", backend_path=(".",), declared=True),
)
RECIPE = Recipe(python="3.13", image="debian", source_date_epoch=5)
PLAIN_BUILD = plan_build(RECIPE, AROUND)
ALL = tuple(BY_ID)


@pytest.fixture
def clock(tmp_path: Path) -> StillClock:
    path = tmp_path / "clock.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("libfaketime/vendor/libfaketime/src/libfaketime.so.1", b"library")
    return StillClock(wheel=path, moment=86_400)


def planned(*varied: str) -> VariedBuild:
    return plan_varied(RECIPE, AROUND, varied)


def variables(*varied: str) -> dict[str, str]:
    """Those that are not as in a plain build."""
    found = planned(*varied).build.environment
    return {name: value for name, value in found.items() if PLAIN_BUILD.environment.get(name) != value}


def test_nothing_varied_is_the_build_of_a_check() -> None:
    assert planned() == VariedBuild(build=PLAIN_BUILD, scene=PLAIN_SCENE)
    assert "--scene" not in " ".join(plan_run("python", [["true"]]))


@pytest.mark.parametrize(
    ("variation", "changed"),
    [
        ("hash-seed", {"PYTHONHASHSEED": "1"}),
        ("locale", {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}),
        ("timezone", {"TZ": "<+14>-14"}),
        ("home", {"HOME": "/tmp/home"}),
        (
            "environment",
            {
                "PATH": f"{PLAIN_BUILD.environment['PATH']}:/usr/games",
                "WHEELPROOF_VARIED": "environment",
            },
        ),
    ],
)
def test_what_only_changes_variables(variation: str, changed: dict[str, str]) -> None:
    found = planned(variation)
    assert variables(variation) == changed
    assert (found.build.steps, found.build.folder) == (PLAIN_BUILD.steps, PLAIN_BUILD.folder)
    assert found.scene == PLAIN_SCENE


def test_the_user_has_another_name_and_number() -> None:
    assert variables("user") == {"USER": "somebody", "LOGNAME": "somebody"}
    assert planned("user").scene.guise.user == "50002:50002"


def test_what_the_sandbox_shows_of_its_host() -> None:
    assert planned("hostname").scene.guise.hostname == "another-host"
    assert planned("processors").scene.guise.one_processor
    assert planned("kernel").scene.old_kernel
    for variation in ("hostname", "processors", "kernel"):
        assert planned(variation).build == PLAIN_BUILD


def test_the_source_lies_elsewhere() -> None:
    found = planned("build-path").build
    assert found.folder == "/build/another/folder/demo-1"
    assert all("--folder=/build/another/folder/demo-1" in step.argv for step in found.steps)
    assert found.environment == PLAIN_BUILD.environment


def test_the_build_requirements_lie_elsewhere() -> None:
    found = planned("build-environment").build
    first, build = found.steps
    assert first.argv == (*PLAIN_BUILD.steps[0].argv, "--environment=/build/env/another/place")
    assert build.argv == ("/build/env/another/place/bin/python", *PLAIN_BUILD.steps[1].argv[1:])
    assert variables("build-environment") == {
        "PATH": "/build/env/another/place/bin:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": "/build/env/another/place",
    }


def test_the_umask_is_that_of_every_step() -> None:
    found = planned("umask").build
    assert found.umask == "0007"
    assert all("--umask=0007" in step.argv for step in found.steps)


def test_folders_are_listed_in_reverse_once_they_are_unpacked() -> None:
    first, *others = planned("directory-order").build.steps
    assert first.argv == (*PLAIN_BUILD.steps[0].argv, "--listing=reversed")
    assert tuple(others) == PLAIN_BUILD.steps[1:]


def test_the_clock_stands_still_in_every_build_and_later_where_the_time_is_varied(clock: StillClock) -> None:
    plain, varied = (plan_varied(RECIPE, AROUND, names, clock) for names in ((), ("time",)))
    assert plain.build == varied.build == PLAIN_BUILD
    told = [{item.path: item.content for item in found.scene.clock} for found in (plain, varied)]
    assert [item["clock/now"] for item in told] == [b"86400\n", b"34646400\n"]
    assert {item["clock/libfaketime.so.1"] for item in told} == {b"library"}


def test_each_variation_changes_something_and_all_together_are_no_less(clock: StillClock) -> None:
    plain = plan_varied(RECIPE, AROUND, (), clock)
    single = {name: plan_varied(RECIPE, AROUND, (name,), clock) for name in ALL}
    assert all(found != plain for found in single.values())
    everything = plan_varied(RECIPE, AROUND, ALL, clock)
    for name, value in everything.build.environment.items():
        assert name == "PATH" or value in {found.build.environment.get(name) for found in single.values()}
    guise = everything.scene.guise
    assert guise.hostname != PLAIN.hostname
    assert guise.user != PLAIN.user
    assert guise.one_processor


def test_every_variation_is_described_in_full() -> None:
    for variation in VARIATIONS:
        assert variation.depends.startswith("depends on ")
        assert variation.mend.endswith(".")
        assert variation.plain != variation.varied
