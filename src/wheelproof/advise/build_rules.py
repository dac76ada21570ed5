"""Advice on the build system: its requirements, its backend and the settings of that."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from wheelproof.advise.advice import Place, ProjectAdvice, Seen, Severity
from wheelproof.advise.project import Project
from wheelproof.advise.versions import (
    UNSORTED,
    UNSTABLE,
    Unstable,
    is_pinned,
    requirement_of,
    span_of,
    unstable_as,
)

_KEY = "build-system.requires"
# Where one of these stands, something fixes the build environment, though not by itself what with.
_FIXES = (
    "--build-constraint",
    "--no-build-isolation",
    "--no-isolation",
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "build-constraint-dependencies",
    "build-constraints",
)
_MAPPED = ("file-prefix-map", "debug-prefix-map")
_PINS = re.compile(
    r"^[ \t]*([A-Za-z0-9][\w.-]{0,100})[ \t]*(?:\[[^\]\n]*\])?[ \t]*==|^name = \"([^\"\n]{1,100})\"",
    re.MULTILINE,
)
_IMAGE_KEY = re.compile(r"(?:manylinux|musllinux)-[\w-]+-image")
_IMAGE_VARIABLE = re.compile(
    r"""\bCIBW_(?:MANYLINUX|MUSLLINUX)_\w{1,20}_IMAGE(?:_\w{1,10})?["']?\s*[:=]\s*["']?([^\s"'},]{1,300})"""
)


def _requirements(project: Project) -> Iterator[tuple[Requirement, Place]]:
    for text in project.build_system.requires if project.build_system.declared else ():
        requirement = requirement_of(text)
        if requirement is not None:
            line = project.line("pyproject.toml", re.escape(text))
            yield requirement, Place(file="pyproject.toml", line=line, key=_KEY)


def _unpinned(project: Project) -> Iterator[Seen]:
    """Requirements that admit several versions, where nothing in the project fixes them."""
    if project.mentions(*_FIXES) or project.has_unread_locks:
        return
    if not project.build_system.declared:
        yield Seen(
            place=Place(file="pyproject.toml", key="build-system"),
            what="No build system is declared, so each build takes the newest setuptools",
            mend='Add [build-system] with requires = ["setuptools==X.Y.Z"] and '
            'build-backend = "setuptools.build_meta".',
        )
        return
    locked = {
        canonicalize_name(first or second)
        for text in project.locks.values()
        for first, second in _PINS.findall(text)
    }
    found = [
        (requirement, place)
        for requirement, place in _requirements(project)
        if not is_pinned(requirement) and canonicalize_name(requirement.name) not in locked
    ]
    if found:
        names = ", ".join(dict.fromkeys(f"{item.name}{item.specifier}" for item, _ in found))
        yield Seen(
            place=found[0][1],
            what=f"No version is fixed of {names}",
            mend="Build releases with --build-constraint and a file of exact versions that lies in the "
            "repository, or pin with ==.",
        )


def _of_versions(project: Project, table: tuple[Unstable, ...]) -> Iterator[Seen]:
    for requirement, place in _requirements(project):
        row = unstable_as(table, requirement.name, span_of(requirement.specifier))
        if row is not None:
            yield Seen(
                place=place,
                what=f"{requirement} {row.what}",
                mend=f"Require {row.project}>={row.stable}.",
            )


def _unstable(project: Project) -> Iterator[Seen]:
    """Requirements that admit unstable versions alone."""
    yield from _of_versions(project, UNSTABLE)


def _unsorted(project: Project) -> Iterator[Seen]:
    """Requirements that admit versions alone which do not sort."""
    yield from _of_versions(project, UNSORTED)


def _random_folder(project: Project) -> Iterator[Seen]:
    """Backends that compile in a new temporary folder, unless they are given one."""
    if project.mentions(*_MAPPED) or not project.is_compiled:
        return
    place = Place(
        file="pyproject.toml",
        line=project.line("pyproject.toml", r"^\s*build-backend\b"),
        key="build-system.build-backend",
    )
    if project.backend == "scikit-build-core":
        given = "build-dir" in project.tool("scikit-build")
        if not given and not project.mentions("SKBUILD_BUILD_DIR", "build-dir"):
            yield Seen(
                place=place,
                what="scikit-build-core builds in a new temporary folder each time",
                mend='Set build-dir = "build/{wheel_tag}" in [tool.scikit-build].',
            )
    elif project.backend == "meson-python" and not project.mentions("build-dir", "builddir"):
        yield Seen(
            place=place,
            what="meson-python builds in a new folder .mesonpy-XXXXXXXX each time",
            mend="Build releases with the setting build-dir: -Cbuild-dir=build on the command line, or "
            'config-settings = "build-dir=build" in [tool.cibuildwheel].',
        )


def _umask(project: Project) -> Iterator[Seen]:
    """The one backend that copies modes unless it is told not to."""
    if project.backend != "scikit-build-core":
        return
    settings = project.tool("scikit-build")
    wheel = settings.get("wheel")
    stated = wheel.get("reproducible") if isinstance(wheel, dict) else settings.get("wheel.reproducible")
    if stated is not True and not project.mentions("SKBUILD_WHEEL_REPRODUCIBLE"):
        yield Seen(
            place=Place(
                file="pyproject.toml",
                line=project.line("pyproject.toml", r"^\s*\[tool\.scikit-build\]"),
                key="tool.scikit-build.wheel.reproducible",
            ),
            what="scikit-build-core copies the modes of files as the umask left them",
            mend="Set wheel.reproducible = true in [tool.scikit-build], and require scikit-build-core>=1.0.",
        )


def _image(project: Project) -> Iterator[Seen]:
    """Images for cibuildwheel without a digest; its own short names stand for digests."""
    for key, value in _images(project.tool("cibuildwheel")):
        if _is_loose(value):
            yield Seen(
                place=Place(
                    file="pyproject.toml",
                    line=project.line("pyproject.toml", re.escape(value)),
                    key=f"tool.cibuildwheel.{key}",
                ),
                what=f"The image {value} is not named by its digest",
                mend=f"Name it by its digest: {value.partition(':')[0]}@sha256:…",
            )
    for workflow in project.workflows:
        for number, line in enumerate(workflow.text.splitlines(), 1):
            found = _IMAGE_VARIABLE.search(line)
            if found and _is_loose(found[1]):
                yield Seen(
                    place=Place(file=workflow.path, line=number),
                    what=f"The image {found[1]} is not named by its digest",
                    mend=f"Name it by its digest: {found[1].partition(':')[0]}@sha256:…",
                )


def _images(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for table in (settings, settings.get("linux")):
        for key, value in table.items() if isinstance(table, dict) else ():
            if _IMAGE_KEY.fullmatch(key) and isinstance(value, str):
                yield key, value


def _is_loose(image: str) -> bool:
    return "/" in image and "@sha256:" not in image and "$" not in image


BUILD = (
    ProjectAdvice(
        id="build-requirements-unpinned",
        severity=Severity.MAY,
        title="The build requirements are not fixed",
        why="Another version of a backend or a generator writes other metadata or other code.",
        link="wheel-generator",
        look=_unpinned,
    ),
    ProjectAdvice(
        id="backend-unstable",
        severity=Severity.BREAKS,
        title="Only versions of a build tool are admitted that write something else each time",
        why="Two builds with the same version and the same settings give two wheels.",
        link="https://reproducible-builds.org/docs/stable-outputs/",
        look=_unstable,
    ),
    ProjectAdvice(
        id="backend-unsorted",
        severity=Severity.MAY,
        title="Only versions of a build tool are admitted that do not sort",
        why="The order of files in a folder is another on another file system.",
        link="record-order",
        look=_unsorted,
    ),
    ProjectAdvice(
        id="build-folder-random",
        severity=Severity.MAY,
        title="The backend compiles in a folder with a random name",
        why="Debug information, assertions and generated files keep the path that the compiler was given.",
        link="native-temporary-names",
        look=_random_folder,
    ),
    ProjectAdvice(
        id="umask-copied",
        severity=Severity.MAY,
        title="The modes of the wheel's entries follow the umask",
        why="A build under another umask gives other modes.",
        link="https://scikit-build-core.readthedocs.io/en/latest/reference/configs.html",
        look=_umask,
    ),
    ProjectAdvice(
        id="build-image-unpinned",
        severity=Severity.MAY,
        title="The build image is not named by its digest",
        why="A tag can name another image tomorrow, with another compiler and other libraries.",
        link="native-compiler",
        look=_image,
    ),
)
