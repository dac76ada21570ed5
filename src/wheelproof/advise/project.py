"""A source tree or an sdist as facts: what it says about how it is built. Nothing in it is run."""

import configparser
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wheelproof.advise.workflow import Workflow, parse_workflow
from wheelproof.core.errors import MalformedError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.source.archive import open_archive
from wheelproof.source.build_system import BuildSystem, parse_build_system, parse_toml
from wheelproof.source.members import ArchiveLimits, MemberKind
from wheelproof.source.sdist import read_sdist

_TEXT_BYTES = 512 << 10
_WORKFLOW_BYTES = 256 << 10
_LOCK_BYTES = 8 << 20
_ALL_BYTES = 128 << 20
_WORKFLOWS = 50
_SCRIPT_BYTES = 256 << 10
_FILES = 200_000
_NOTES = 20
_UNREAD = "is a link, no regular file, or too large"
_TEXTS = frozenset(
    {
        "CMakeLists.txt",
        "MANIFEST.in",
        "PKG-INFO",
        "meson.build",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
    }
)
_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_LOCK = re.compile(
    r"(?:uv\.lock|pylock(?:\.[^/.]+)?\.toml|(?:requirements/)?[\w.-]*(?:requirements|constraints|lock)[\w.-]*\.txt"
    r"|requirements/[\w.-]+\.txt)"
)
# Folders that are no part of a project's source, by their names.
_NO_SOURCE = frozenset({"__pycache__", "node_modules", "venv", "build", "dist"})
_PROJECT_OF_MODULE = {
    "flit_core": "flit-core",
    "hatchling": "hatchling",
    "maturin": "maturin",
    "mesonpy": "meson-python",
    "pdm": "pdm-backend",
    "poetry": "poetry-core",
    "scikit_build_core": "scikit-build-core",
    "setuptools": "setuptools",
    "uv_build": "uv-build",
}
_COMPILED = re.compile(r"\.(?:c|cc|cpp|cxx|pyx|rs|f|f90|f95|cu|m|mm)$")
_NOT_PACKAGED = re.compile(r"(?:^|/)(?:tests?|docs?|examples?|benchmarks?|tools|\.[^/]*)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a source says about how it is built; every text in it is the project's own.

    Attributes:
        is_sdist: it is an sdist; else a folder.
        build_system: declared in pyproject.toml, or the defaults of PEP 517.
        pyproject: pyproject.toml, parsed.
        setup_cfg: setup.cfg's sections; empty where it can't be read.
        texts: the files that were read, by their paths.
        locks: files that can hold the versions of build requirements, by their paths.
        files: the paths of the files below the root.
        workflows: GitHub's, those that can be read.
        unread: the paths of files that would have been read, and could not be.
        notes: what could not be read; safe to print.
    """

    is_sdist: bool
    build_system: BuildSystem
    pyproject: Mapping[str, Any] = field(repr=False)
    setup_cfg: Mapping[str, Mapping[str, str]] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    locks: Mapping[str, str] = field(repr=False)
    files: frozenset[str] = field(repr=False)
    workflows: tuple[Workflow, ...]
    unread: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def backend(self) -> str:
        """The project that its backend comes from; empty where it is another, or lies in the tree."""
        module, _, _ = self.build_system.build_backend.partition(":")
        if self.build_system.backend_path:
            return ""
        top = "setuptools" if module.startswith("scikit_build_core.setuptools") else module.partition(".")[0]
        return _PROJECT_OF_MODULE.get(top, "")

    @property
    def has_unread_locks(self) -> bool:
        """What fixes the build requirements may stand where nothing was read."""
        return any(map(_LOCK.fullmatch, self.unread))

    @property
    def is_compiled(self) -> bool:
        """There is source to be compiled, outside tests and documentation."""
        return any(_COMPILED.search(name) and not _NOT_PACKAGED.search(name) for name in self.files)

    def tool(self, *names: str) -> Mapping[str, Any]:
        """A table below ``tool`` in pyproject.toml; empty where there is none."""
        return self.table("tool", *names)

    def table(self, *names: str) -> Mapping[str, Any]:
        """A table of pyproject.toml; empty where there is none."""
        found: Any = self.pyproject
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def line(self, file: str, pattern: str) -> int | None:
        """The number of the first line of a file in which a pattern is found."""
        for number, line in enumerate(self.texts.get(file, "").splitlines(), 1):
            if re.search(pattern, line):
                return number
        return None

    def mentions(self, *words: str) -> bool:
        """One of the texts that were read, comments included, has one of the words."""
        return any(
            any(word in text for text in self.texts.values())
            or any(workflow.mentions(word) for workflow in self.workflows)
            for word in words
        )


def read_folder(root: Path) -> Project:
    """Read a source tree; symbolic links are not followed, and no file but a regular one is opened.

    Raises:
        MalformedError: its pyproject.toml can't be used.
        UsageError: it has more files than any project.
        OSError: the folder can't be read.
    """
    files = list(_files_below(root))
    contents = _Contents()
    for name in files:
        if limit_bytes := _limit_bytes(name):
            contents.add(name, _read(root / name, limit_bytes))
    return project_of(contents.found, files, is_sdist=False)


def read_archive(path: Path) -> Project:
    """Read an sdist, where it lies.

    Raises:
        MalformedError: it breaks its format or passes a limit, or its pyproject.toml can't be used.
        OSError: it can't be read.
    """
    sdist = read_sdist(path)
    contents = _Contents()
    with open_archive(path, ArchiveLimits()) as archive:
        for member in archive.walk():
            name = member.name.partition("/")[2]
            limit_bytes = _limit_bytes(name)
            if limit_bytes and member.kind is MemberKind.FILE and member.size_bytes <= limit_bytes:
                contents.add(name, archive.read(limit_bytes))
    files = [
        member.name.partition("/")[2] for member in sdist.members if member.kind is not MemberKind.FOLDER
    ]
    return project_of(contents.found, files, is_sdist=True)


class _Contents:
    """The files that are read, as long as there is room for them: the first of several of one name."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self._room_bytes = _ALL_BYTES

    def add(self, name: str, data: bytes | None) -> None:
        if data is None or name in self.found or len(data) > self._room_bytes:
            return
        self.found[name] = data
        self._room_bytes -= len(data)


def project_of(contents: Mapping[str, bytes], files: list[str], *, is_sdist: bool) -> Project:
    """The facts of a source.

    Args:
        contents: the files that matter, by their paths.
        files: the paths of all files.
        is_sdist: it is an sdist.

    Raises:
        MalformedError: pyproject.toml can't be used, or is not among the contents.
    """
    pyproject = contents.get("pyproject.toml")
    unread = frozenset(name for name in files if _limit_bytes(name)) - contents.keys()
    if "pyproject.toml" in unread:
        raise MalformedError(f"pyproject.toml {_UNREAD}", hint="Make it a file of its own.")
    notes = [f"{printable(name)} was not read: it {_UNREAD}" for name in sorted(unread)[:_NOTES]]
    workflows = []
    scripts = {name: _decode(contents[name]) for name in sorted(contents) if name.endswith(".sh")}
    for name in sorted(filter(_WORKFLOW.fullmatch, contents))[:_WORKFLOWS]:
        try:
            workflows.append(parse_workflow(name, _decode(contents[name]), scripts))
        except MalformedError as error:
            notes.append(error.message)
    locks = sorted(filter(_LOCK.fullmatch, contents))
    return Project(
        is_sdist=is_sdist,
        build_system=BuildSystem() if pyproject is None else parse_build_system(pyproject),
        pyproject={} if pyproject is None else parse_toml(pyproject),
        setup_cfg=_parse_setup_cfg(contents.get("setup.cfg", b""), notes),
        texts={name: _decode(contents[name]) for name in sorted(_TEXTS & contents.keys())},
        locks={name: _decode(contents[name]) for name in locks},
        files=frozenset(name for name in files if name),
        workflows=tuple(workflows),
        unread=unread,
        notes=tuple(notes),
    )


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _limit_bytes(name: str) -> int:
    """How much is read of a file, or 0 where it is not read."""
    if name in _TEXTS:
        return _TEXT_BYTES
    if _WORKFLOW.fullmatch(name):
        return _WORKFLOW_BYTES
    if name.endswith(".sh"):
        return _SCRIPT_BYTES
    return _LOCK_BYTES if _LOCK.fullmatch(name) else 0


def _files_below(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        here = os.path.relpath(folder, root)
        folders[:] = sorted(name for name in folders if _is_source(name))
        for name in sorted(names):
            count += 1
            if count > _FILES:
                raise UsageError(
                    f"{printable(str(root))} has more than {_FILES} files",
                    hint="Name the folder of the project itself.",
                )
            yield name if here == "." else f"{here}/{name}".replace(os.sep, "/")


def _is_source(folder: str) -> bool:
    return folder == ".github" or not (folder.startswith(".") or folder in _NO_SOURCE)


def _read(path: Path, limit_bytes: int) -> bytes | None:
    """The bytes of a regular file that is not too large; a link, a pipe or a device is not opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        state = os.fstat(stream.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_size > limit_bytes:
            return None
        return stream.read(limit_bytes)


def _parse_setup_cfg(text: bytes, notes: list[str]) -> dict[str, dict[str, str]]:
    settings = configparser.RawConfigParser(strict=False)
    try:
        settings.read_string(text.decode())
    except (configparser.Error, ValueError):
        notes.append("setup.cfg can't be read")
        return {}
    return {name: {key: value or "" for key, value in settings.items(name)} for name in settings.sections()}
