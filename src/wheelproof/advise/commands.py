"""What the steps of a workflow do: the commands that build wheels and sdists, and those that publish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.advise.workflow import Job, Step, Workflow

# Where a command begins: not in the middle of the words of another one.
_HEAD = r"(?:^|[;&|(][ \t]*|[ \t]-m[ \t]+|\brun[ \t]+|\buvx[ \t]+)"
_ARGUMENTS = r"(?P<args>[^|;&#]*)"
_FRONTENDS = re.compile(
    r"(?:\bpython[\w.]*(?:\.exe)?\s+-m\s+build|\bpyproject-build|\bpipx\s+run\s+build|\buvx\s+build"
    r"|\buv\s+build)(?![\w-])" + _ARGUMENTS
)
_SETUP_PY = re.compile(r"\bsetup\.py\b" + _ARGUMENTS)
_HATCH = re.compile(r"\bhatch\s+build(?![\w-])" + _ARGUMENTS)
_BOTH = re.compile(
    r"\b(?:flit\s+(?:build|publish)|poetry\s+build|poetry\s+publish\s+--build|pdm\s+(?:build|publish))\b"
)
_PIP_WHEEL = re.compile(_HEAD + r"pip[\d.]*\s+wheel\b" + _ARGUMENTS)
_MATURIN = re.compile(r"\bmaturin\s+(?:build|publish)\b" + _ARGUMENTS)
_CIBUILDWHEEL = re.compile(_HEAD + r"cibuildwheel(?:\[[\w,-]*\])?(?:[=@~<>]=?[\w.]+)?(?=\s|$)" + _ARGUMENTS)
_INSTALLS = re.compile(r"\b(?:pip[\d.]*|uv|pipx|conda)\s+(?:\w+\s+)*install\b")
_PUBLISH = re.compile(r"\btwine\s+upload\b|\b(?:uv|flit|poetry|hatch|pdm|maturin)\s+publish\b")
_WHEEL_FLAG = re.compile(r"(?:^|\s)(?:--wheel|-[a-z]*w[a-z]*)(?=\s|$)")
_SDIST_FLAG = re.compile(r"(?:^|\s)(?:--sdist|-[a-z]*s[a-z]*)(?=\s|$)")
_BUILT = re.compile(r"dist|whl|wheel", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.tar\.gz\b|\.zip\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A command of a workflow that builds.

    Attributes:
        workflow: the one that it is in.
        job: its job.
        line: where its step begins.
        tool: what is run, by its name.
        wheel: it builds wheels.
        sdist: it builds an sdist.
        through_sdist: it builds the wheel from the sdist, in a folder with a random name.
    """

    workflow: Workflow
    job: Job
    line: int
    tool: str
    wheel: bool = False
    sdist: bool = False
    through_sdist: bool = False


def builds_of(workflow: Workflow) -> tuple[Build, ...]:
    """The commands of a workflow that build, as far as they stand in it."""
    return tuple(
        Build(
            workflow=workflow,
            job=job,
            line=step.line,
            tool=tool,
            wheel="wheel" in makes,
            sdist="sdist" in makes,
            through_sdist="through" in makes,
        )
        for job in workflow.jobs
        for step in job.steps
        for tool, makes in _made_by(step)
    )


def release_builds(workflow: Workflow) -> tuple[Build, ...]:
    """Those that build wheels in a job which uploads them to an index, or keeps them."""
    return tuple(
        build for build in builds_of(workflow) if build.wheel and any(map(_takes_files, build.job.steps))
    )


def _takes_files(step: Step) -> bool:
    """It publishes, or keeps what was built, and not for those alone who look into a failure."""
    if _uploads(step):
        return True
    if not step.uses_action("actions/upload-artifact") or "failure()" in step.condition:
        return False
    return _BUILT.search(step.inputs.get("path", "")) is not None


def publishing_line(workflow: Workflow) -> int | None:
    """Where the first step begins that uploads to an index."""
    return next((step.line for step in workflow.steps if _uploads(step)), None)


def _uploads(step: Step) -> bool:
    published = any(map(_PUBLISH.search, step.commands))
    return published or step.uses_action("pypa/gh-action-pypi-publish")


def _made_by(step: Step) -> Iterator[tuple[str, frozenset[str]]]:
    if step.uses_action("pypa/cibuildwheel") or step.uses_action("joerick/cibuildwheel"):
        yield "cibuildwheel", frozenset({"wheel"})
    if step.uses_action("PyO3/maturin-action"):
        if step.inputs.get("command", "build") == "sdist":
            yield "maturin", frozenset({"sdist"})
        else:
            yield "maturin", frozenset({"wheel"})
    if step.uses_action("hynek/build-and-inspect-python-package"):
        # How it builds the wheel does not stand in the workflow.
        yield "build-and-inspect-python-package", frozenset({"sdist"})
    for command in step.commands:
        yield from _made_by_command(command)


def _made_by_command(command: str) -> Iterator[tuple[str, frozenset[str]]]:
    if found := _FRONTENDS.search(command):
        yield _made_by_frontend(found[0], found["args"])
    if found := _SETUP_PY.search(command):
        made = {
            name
            for name, word in (("wheel", "bdist_wheel"), ("sdist", "sdist"))
            if word in found["args"].split()
        }
        if made:
            yield "setup.py", frozenset(made)
    if found := _HATCH.search(command):
        asked = {word for word in ("wheel", "sdist") if re.search(rf"\b{word}\b", found["args"])}
        yield "hatch", frozenset(asked or {"wheel", "sdist"})
    if _BOTH.search(command):
        yield "flit, poetry or pdm", frozenset({"wheel", "sdist"})
    if found := _PIP_WHEEL.search(command):
        yield "pip wheel", frozenset({"wheel", *(["through"] if _ARCHIVE.search(found["args"]) else [])})
    if found := _MATURIN.search(command):
        yield "maturin", frozenset({"wheel", *(["sdist"] if "--sdist" in found["args"] else [])})
    if _CIBUILDWHEEL.search(command) and not _INSTALLS.search(command):
        yield "cibuildwheel", frozenset({"wheel"})


def _made_by_frontend(command: str, arguments: str) -> tuple[str, frozenset[str]]:
    tool = "uv build" if re.search(r"\buv\s+build", command) else "build"
    wheel, sdist = _WHEEL_FLAG.search(arguments), _SDIST_FLAG.search(arguments)
    if sdist:
        return tool, frozenset({"sdist", "wheel"} if wheel else {"sdist"})
    if wheel or _ARCHIVE.search(arguments):
        return tool, frozenset({"wheel"})
    return tool, frozenset({"wheel", "sdist", "through"})
