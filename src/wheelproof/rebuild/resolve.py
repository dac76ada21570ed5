"""Which build requirements a wheel was built with: resolved as of an instant, by uv, from wheels alone.

uv runs on the host and never builds: an sdist's metadata would be arbitrary code.
"""

import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from uv import find_uv_bin

from wheelproof.core.child import run_child
from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable
from wheelproof.recipe.lock import LockedFile, LockedRequirement

_TIMEOUT_S = 300.0
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
# The newest and oldest glibc whose wheels the images can load.
_GLIBC_MINORS = range(31, 4, -1)
_LEGACY_PLATFORMS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_NO_WHEEL = re.compile(
    r"(?:all versions of )?([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(?:[=<>!~][^ ]*)?"
    r"\s+(?:have|has) no\s+(?:usable\s+)?wheels"
)
# uv lists versions of a project before it says what they lack.
_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)+")
_UNSOLVED = re.compile(r"No solution found|we can conclude that")
_NOT_ASKED = re.compile(r"hint: An index .* (?:could not be queried|returned a)")
# What uv may see of this process's environment: where it may write, how to reach an index, what to trust.
_PASSED = (
    "HOME", "PATH", "TMPDIR", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be resolved.

    Attributes:
        requirements: PEP 508 texts, checked.
        constraints: version specifiers by normalised project.
        python: the interpreter's version, ``X.Y``.
        machine: the engine's architecture, as it says it.
        as_of: files uploaded later do not exist.
        excluded: projects that are had by other means.
    """

    requirements: tuple[str, ...]
    constraints: Mapping[str, str]
    python: str
    machine: str
    as_of: datetime
    excluded: frozenset[str] = frozenset()


class UnsatisfiedError(FetchError):
    """The index answers, and nothing on it satisfies the requirements."""


class NoWheelError(UnsatisfiedError):
    """Some of what is needed has no wheel; ``projects`` names what could be read of it."""

    def __init__(self, message: str, projects: tuple[str, ...], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.projects = projects


class Resolver(Protocol):
    """Finds the files that satisfy requirements."""

    def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
        """The wheels, sorted by project.

        Raises:
            NoWheelError: a requirement has no wheel.
            UnsatisfiedError: the requirements can't be satisfied.
            FetchError: the index failed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class UvResolver:
    """uv as the resolver.

    Attributes:
        index_url: the Simple API's address; uv reads netrc by itself.
        cache: uv's own cache folder.
        offline: use nothing but that cache.
    """

    index_url: str
    cache: Path
    offline: bool = False

    def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
        """As ``Resolver.resolve`` says."""
        if not question.requirements:
            return ()
        with tempfile.TemporaryDirectory(prefix="wheelproof-resolve-") as name:
            folder = Path(name)
            argv = self._argv(question, folder)
            result = run_child(argv, timeout_s=_TIMEOUT_S, environment=self._environment(), folder=folder)
            if result.stopped:
                raise FetchError(
                    f"Resolving the build requirements went over its limit of {result.stopped}",
                    hint="The index may be slow: try again.",
                )
            if result.returncode != 0:
                raise _refusal(result.stderr.decode("utf-8", "replace"))
            packages = tomllib.loads(result.stdout.decode("utf-8")).get("packages", [])
        supported = _Supported(question.python, question.machine)
        return tuple(
            _locked(package, supported) for package in sorted(packages, key=lambda item: item["name"])
        )

    def _argv(self, question: Question, folder: Path) -> list[str | Path]:
        constraints, overrides = split_constraints(question)
        written = {
            "requirements.txt": question.requirements,
            "constraints.txt": constraints,
            "overrides.txt": overrides,
            "excludes.txt": sorted(question.excluded),
        }
        for name, lines in written.items():
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        machine = _MACHINES.get(question.machine, question.machine)
        argv: list[str | Path] = [find_uv_bin(), "pip", "compile", "requirements.txt"]
        argv += [
            "--constraints",
            "constraints.txt",
            "--overrides",
            "overrides.txt",
            "--excludes",
            "excludes.txt",
        ]
        argv += ["--no-config", "--no-build", "--no-python-downloads", "--no-progress", "--color", "never"]
        argv += ["--no-header", "--no-annotate", "--quiet", "--format", "pylock.toml"]
        argv += ["--python", sys.executable, "--python-version", question.python]
        argv += ["--python-platform", f"{machine}-unknown-linux-gnu"]
        argv += ["--exclude-newer", question.as_of.isoformat(), "--default-index", self.index_url]
        argv += ["--cache-dir", self.cache, *(["--offline"] if self.offline else [])]
        return argv

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        return {**passed, "UV_HTTP_TIMEOUT": "30", "UV_NO_CONFIG": "1"}


def split_constraints(question: Question) -> tuple[list[str], list[str]]:
    """Constraints as uv's constraints and overrides.

    A constraint that leaves no version of what a requirement itself allows would make it unsatisfiable: the
    wheel says otherwise (a front end may bring its own backend), so it overrides.
    """
    declared: dict[str, list[SpecifierSet]] = {}
    for text in question.requirements:
        requirement = Requirement(text)
        declared.setdefault(canonicalize_name(requirement.name), []).append(requirement.specifier)
    constraints: list[str] = []
    overrides: list[str] = []
    for project, specifier in sorted(question.constraints.items()):
        exact = [part.version for part in SpecifierSet(specifier) if part.operator == "=="]
        against = any(
            not asked.contains(version, prereleases=True)
            for version in exact
            for asked in declared.get(canonicalize_name(project), [])
        )
        (overrides if against else constraints).append(f"{project}{specifier}")
    return constraints, overrides


def checked_requirements(texts: Sequence[str], *, python: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Requirements from a source tree: those to resolve, and the texts that are none.

    Those whose marker does not hold in the image are left out. Requirements by address (``name @ https://…``)
    are no requirements that an index can satisfy: they count among the latter.
    """
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    environment |= {"platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython"}
    environment |= {"platform_python_implementation": "CPython", "extra": ""}
    good: dict[str, None] = {}
    bad: list[str] = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            bad.append(text)
            continue
        if requirement.url:
            bad.append(text)
        elif requirement.marker is None or requirement.marker.evaluate(environment):
            requirement.marker = None
            good[str(requirement)] = None
    return tuple(good), tuple(bad)


class _Supported:
    """The wheel tags that an image can install, best first."""

    def __init__(self, python: str, machine: str) -> None:
        major, minor = (int(part) for part in python.split("."))
        arch = _MACHINES.get(machine, machine)
        platforms = []
        for glibc in _GLIBC_MINORS:
            platforms.append(f"manylinux_2_{glibc}_{arch}")
            if glibc in _LEGACY_PLATFORMS:
                platforms.append(f"{_LEGACY_PLATFORMS[glibc]}_{arch}")
        platforms.append(f"linux_{arch}")
        tags: list[Tag] = [
            *cpython_tags((major, minor), platforms=platforms),
            *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
        ]
        self.rank = {tag: place for place, tag in reversed(list(enumerate(tags)))}

    def best(self, wheels: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        ranked = []
        for wheel in wheels:
            name = _entry_name(wheel)
            try:
                tags = parse_wheel_filename(name)[3]
            except InvalidWheelFilename:
                continue
            places = [self.rank[tag] for tag in tags if tag in self.rank]
            if places:
                ranked.append((min(places), name, wheel))
        return min(ranked, key=lambda item: item[:2])[2] if ranked else None


def _entry_name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or str(entry.get("url") or entry.get("path", "")).rsplit("/", 1)[-1])


def _locked(package: Mapping[str, Any], supported: _Supported) -> LockedRequirement:
    name, version = str(package["name"]), str(package["version"])
    wheel = supported.best(package.get("wheels", []))
    if wheel is None:
        raise NoWheelError(
            f"{printable(name)} {printable(version)} has no wheel that the image can install",
            (canonicalize_name(name),),
        )
    digest = wheel.get("hashes", {}).get("sha256")
    if not digest:
        raise FetchError(
            f"The index gives no sha256 for {printable(_entry_name(wheel))}", hint="Use another index."
        )
    file = LockedFile(
        filename=_entry_name(wheel),
        sha256=digest,
        size_bytes=int(wheel.get("size", 0)),
        upload_time=wheel.get("upload-time"),
    )
    return LockedRequirement(name=canonicalize_name(name), version=version, file=file)


def _refusal(stderr: str) -> FetchError:
    """Whether the index has no answer, or has none for us: uv ends alike, and says which in words."""
    text = " ".join(stderr.split())
    names = (name for name in _NO_WHEEL.findall(text) if not _VERSION.fullmatch(name))
    projects = tuple(dict.fromkeys(canonicalize_name(name) for name in names))
    message = (
        f"The build requirements can't be resolved: {printable(text.removeprefix('error: '), limit=600)}"
    )
    if projects:
        return NoWheelError(message, projects, hint="They are built from source where an sdist can be had.")
    if _UNSOLVED.search(text) and not _NOT_ASKED.search(text):
        return UnsatisfiedError(message, hint="A recipe can set constraints; see docs/recipes.md.")
    return FetchError(message, hint="Try again later, or name another index with --index-url.")
