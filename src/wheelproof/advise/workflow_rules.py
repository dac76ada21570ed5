"""Advice on the workflows that build and publish a release."""

import re
from collections.abc import Iterator

from packaging.version import Version

from wheelproof.advise.advice import Place, ProjectAdvice, Seen, Severity
from wheelproof.advise.commands import Build, builds_of, publishing_line, release_builds
from wheelproof.advise.project import Project
from wheelproof.advise.versions import Span, requirement_of, span_of
from wheelproof.infer.knowledge import default_time, measured_projects

_VARIABLE = "SOURCE_DATE_EPOCH"
# What meson-python stamps without it is the time of what was compiled.
_STAMPS_MTIME = "meson-python"
# Between these, maturin stamps a fixed date and writes no SBOM.
_MATURIN_FIXED = Span(low=Version("1.11"), high=Version("1.12"))
_EXACT_ACTION = re.compile(r"@(?:v?\d+\.\d+(?:\.\d+)?|[0-9a-f]{40})$")
_UNPINNED = re.compile(r"""(?<![\w./-])cibuildwheel(?:\[[\w,-]*\])?(?=["']?(?:\s|$|>|~))""")
_INSTALLS = re.compile(r"\binstall\b|\bpipx\s+run\b|\buvx\b|\buv\s+tool\s+run\b")
_CONSTRAINED = re.compile(r"(?:^|\s)(?:-c|-r|--constraints?|--requirements?)(?:\s|=)")
_PURE_BACKENDS = {"flit-core", "hatchling", "pdm-backend", "poetry-core", "setuptools", "uv-build"}
_COMPILES = (
    "ext_modules",
    "ext-modules",
    "mypyc",
    "cffi_modules",
    "rust_extensions",
    "cythonize",
    "Extension(",
    "build.py",
)
_FROM_ARCHIVE = re.compile(r"tar\.gz|\btar\s+x|package-dir|download-artifact")
_SCM = {"setuptools-scm", "hatch-vcs"}


def is_pure(project: Project) -> bool:
    """It is sure that nothing is compiled."""
    known = project.backend in _PURE_BACKENDS
    return known and not project.is_compiled and not project.mentions(*_COMPILES)


def _at(build: Build) -> Place:
    return Place(file=build.workflow.path, line=build.line, key=f"jobs.{build.job.name}")


def _release_builds(project: Project) -> Iterator[Build]:
    for workflow in project.workflows:
        yield from release_builds(workflow)


def _stamps_build_time(project: Project) -> bool:
    """Without the variable, its backend writes a time that is another in the next build."""
    backend = project.backend
    if backend == "maturin":
        asked = [requirement_of(text) for text in project.build_system.requires]
        spans = [span_of(found.specifier) for found in asked if found and found.name.lower() == backend]
        return not any(span.lies_in(_MATURIN_FIXED) for span in spans)
    measured = backend in measured_projects() and default_time(backend) is None
    return measured or backend == _STAMPS_MTIME


def _no_epoch(project: Project) -> Iterator[Seen]:
    """The first release build of each workflow that nothing gives a time to."""
    if not _stamps_build_time(project) or any(_VARIABLE in text for text in project.texts.values()):
        return
    for workflow in project.workflows:
        if workflow.mentions(_VARIABLE):
            continue
        for build in release_builds(workflow)[:1]:
            yield Seen(
                place=_at(build),
                what=f"{build.tool} builds wheels with {project.backend}, and {_VARIABLE} is not set",
                mend="Add a step after the checkout: "
                f'run: echo "{_VARIABLE}=$(git log -1 --pretty=%ct)" >> "$GITHUB_ENV"',
            )


def _random_path(project: Project) -> Iterator[Seen]:
    """Frontends that unpack the sdist to a new temporary folder and compile there."""
    if not project.is_compiled or project.backend in {"", "maturin"}:
        return
    if project.mentions("file-prefix-map", "debug-prefix-map"):
        return
    for workflow in project.workflows:
        builds = release_builds(workflow)
        if any(build.tool in {"cibuildwheel", "maturin"} for build in builds):
            continue
        for build in builds:
            if build.through_sdist:
                yield Seen(
                    place=_at(build),
                    what=f"{build.tool} compiles in a temporary folder with a random name",
                    mend="Unpack the sdist to a fixed folder and build the wheel there (python -m build "
                    "--wheel FOLDER), or compile with -ffile-prefix-map.",
                )


def _on_windows(project: Project) -> Iterator[Seen]:
    """Jobs that name a Windows runner and build a wheel for any platform."""
    if not is_pure(project):
        return
    for build in _release_builds(project):
        if any(runner.lower().startswith("windows") for runner in build.job.runners):
            yield Seen(
                place=_at(build),
                what=f"{build.tool} builds a pure wheel on a Windows runner",
                mend="Build it once, with runs-on: ubuntu-24.04, and publish that one.",
            )


def _cibuildwheel(project: Project) -> Iterator[Seen]:
    """A branch of cibuildwheel, or its newest release."""
    for workflow in project.workflows:
        for step in workflow.steps:
            if step.uses_action("pypa/cibuildwheel") and not _EXACT_ACTION.search(step.uses):
                yield Seen(
                    place=Place(file=workflow.path, line=step.line),
                    what=f"{step.uses} is not one release",
                    mend="Name a release: pypa/cibuildwheel@vX.Y.Z, or the commit of one.",
                )
            for command in step.commands:
                loose = _UNPINNED.search(command) and _INSTALLS.search(command)
                if loose and not _CONSTRAINED.search(command):
                    yield Seen(
                        place=Place(file=workflow.path, line=step.line),
                        what=f"The newest cibuildwheel is installed: {command}",
                        mend="Name a release: cibuildwheel==X.Y.Z.",
                    )


def _no_sdist(project: Project) -> Iterator[Seen]:
    """Wheels are built and published, and no workflow so much as names an sdist."""
    builds = [build for workflow in project.workflows for build in builds_of(workflow)]
    if any(build.sdist for build in builds) or any(
        workflow.mentions(word) for workflow in project.workflows for word in ("sdist", "tar.gz")
    ):
        return
    for workflow in project.workflows:
        line = publishing_line(workflow)
        if line is not None and release_builds(workflow):
            yield Seen(
                place=Place(file=workflow.path, line=line),
                what="Wheels are published, and no workflow builds an sdist",
                mend="Build one beside them, with python -m build --sdist, and publish it with them.",
            )


def _commit_in_version_file(project: Project) -> Iterator[Seen]:
    """Wheels from the checkout whose version file is written by setuptools-scm's own template."""
    names = {
        found.name.lower().replace("_", "-")
        for text in project.build_system.requires
        if (found := requirement_of(text))
    }
    if not names & _SCM:
        return
    for table, key, template in (
        (("setuptools_scm",), "version_file", "version_file_template"),
        (("setuptools_scm",), "write_to", "write_to_template"),
        (("hatch", "build", "hooks", "vcs"), "version-file", "template"),
    ):
        settings = project.tool(*table)
        if key not in settings or template in settings:
            continue
        builds = [
            build
            for build in _release_builds(project)
            if not build.through_sdist and not _FROM_ARCHIVE.search(build.workflow.text)
        ]
        for build in builds[:1]:
            yield Seen(
                place=Place(
                    file="pyproject.toml",
                    line=project.line("pyproject.toml", rf"^\s*{key}\b"),
                    key=".".join(("tool", *table, key)),
                ),
                what=f"The file {settings[key]} can name the commit where {build.tool} builds from the "
                f"checkout ({_at(build)}), and can't in a build from the sdist",
                mend=f"Build the wheels from the sdist, or set {template} to one without the commit.",
            )


WORKFLOW = (
    ProjectAdvice(
        id="source-date-epoch-unset",
        severity=Severity.BREAKS,
        title="SOURCE_DATE_EPOCH is not set where wheels are built",
        why="The time of the checkout or of the build goes into the wheel, and no other build has it.",
        link="https://reproducible-builds.org/docs/source-date-epoch/",
        look=_no_epoch,
    ),
    ProjectAdvice(
        id="frontend-path-random",
        severity=Severity.MAY,
        title="The frontend compiles in a folder with a random name",
        why="Debug information and messages keep the path that the compiler was given.",
        link="native-temporary-names",
        look=_random_path,
    ),
    ProjectAdvice(
        id="pure-wheel-on-windows",
        severity=Severity.MAY,
        title="A pure wheel is built on Windows",
        why="There line ends can become CRLF, and files have no executable bits.",
        link="text-line-endings",
        look=_on_windows,
    ),
    ProjectAdvice(
        id="cibuildwheel-unpinned",
        severity=Severity.MAY,
        title="The release of cibuildwheel is not fixed",
        why="Each release has images of its own, with other compilers and libraries.",
        link="native-compiler",
        look=_cibuildwheel,
    ),
    ProjectAdvice(
        id="no-sdist-built",
        severity=Severity.MAY,
        title="Wheels are published without an sdist",
        why="Whoever wants to rebuild the wheel has no source of the release but the repository.",
        link="https://packaging.python.org/en/latest/specifications/source-distribution-format/",
        look=_no_sdist,
    ),
    ProjectAdvice(
        id="version-file-names-commit",
        severity=Severity.MAY,
        title="The version file can name the commit",
        why="A build in the checkout writes the commit, and one from the sdist has no repository to ask.",
        link="commit-id",
        look=_commit_in_version_file,
    ),
)
