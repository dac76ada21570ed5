"""Identities: this program, digests, and the targets that a user names."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from wheelproof import __version__
from wheelproof.core.errors import UsageError
from wheelproof.core.git import GitReference

# What this program calls itself in what it writes.
TOOL = f"wheelproof {__version__}"
_HEX = re.compile(r"[0-9a-f]{64}")
DIGEST_BYTES = 32
_CHUNK_BYTES = 1 << 20
# The name grammar of the core metadata specification.
_PROJECT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, order=True, init=False, repr=False)
class Digest:
    """A SHA-256 digest; ``str()`` gives ``sha256:<hex>``, the OCI notation.

    Args:
        text: 64 lower-case hexadecimal digits.

    Raises:
        ValueError: the text is something else.
    """

    raw: bytes

    def __init__(self, text: str) -> None:
        if not _HEX.fullmatch(text):
            raise ValueError(f"not a sha256 digest: {text[:80]!r}")
        object.__setattr__(self, "raw", bytes.fromhex(text))

    @property
    def hex(self) -> str:
        """Its 64 hexadecimal digits."""
        return self.raw.hex()

    def __repr__(self) -> str:
        return f"Digest({self.hex!r})"

    def __str__(self) -> str:
        return f"sha256:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``sha256:<hex>`` or bare ``<hex>``; raises ValueError for anything else."""
        return cls(text.removeprefix("sha256:"))

    @classmethod
    def of_raw(cls, raw: bytes) -> Self:
        """The digest of these 32 bytes; raises ValueError where they are not as many."""
        if len(raw) != DIGEST_BYTES:
            raise ValueError(f"a sha256 digest has {DIGEST_BYTES} bytes, not {len(raw)}")
        digest = cls.__new__(cls)
        object.__setattr__(digest, "raw", bytes(raw))
        return digest

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """Digest some bytes."""
        return cls(hashlib.sha256(data).hexdigest())

    @classmethod
    def of_stream(cls, stream: IO[bytes]) -> Self:
        """Digest what is left of a binary stream, a chunk at a time."""
        state = hashlib.sha256()
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
        return cls(state.hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Digest a file; raises OSError where it can't be read."""
        with path.open("rb") as stream:
            return cls.of_stream(stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTarget:
    """A release on an index, as ``name==version``; ``wheel`` picks one file of it.

    ``git`` is the source that it is held against, where that is not the release's sdist.
    """

    project: NormalizedName
    version: Version
    wheel: str | None = None
    git: GitReference | None = None

    def __str__(self) -> str:
        return self.wheel or f"{self.project}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTarget:
    """A wheel of this machine and its source: an sdist, or a commit of a git repository."""

    wheel: Path
    sdist: Path | None = None
    git: GitReference | None = None

    def __str__(self) -> str:
        return self.wheel.name


Target = ReleaseTarget | LocalTarget


def parse_target(text: str, sdist: Path | None = None, git: GitReference | None = None) -> Target:
    """Read a target: ``name==version``, a wheel's file name on the index, or a local wheel with its source.

    A path that exists on this machine is a local wheel only where ``sdist`` or ``git`` is given, or where
    the text can be nothing but a path.

    Args:
        text: the target.
        sdist: the source of a local wheel.
        git: the source of any of them.

    Raises:
        UsageError: the text is none of these, or a local wheel comes without its source or with two.
    """
    path = Path(text)
    if sdist is not None:
        if git is not None:
            raise UsageError("A wheel has one source", hint="Leave out --sdist or --git.")
        return _local(path, sdist)
    if text.endswith(".whl"):
        if git is not None and (path.name != text or path.is_file()):
            return _local(path, git=git)
        if path.name != text:
            raise UsageError(
                f"{text} is a local wheel without its source", hint="Add --sdist PATH or --git PATH@REV."
            )
        return _wheel_on_index(text, git)
    name, separator, version = text.partition("==")
    name = name.strip()
    if not separator or not _PROJECT.fullmatch(name):
        raise UsageError(
            f"{text!r} is not a target",
            hint="Write name==version, a wheel's file name, or a local wheel with --sdist PATH.",
        )
    try:
        return ReleaseTarget(project=canonicalize_name(name), version=Version(version.strip()), git=git)
    except InvalidVersion:
        raise UsageError(f"{version!r} is not a version (PEP 440)", hint=f"Write {name}==1.2.3.") from None


def _local(path: Path, sdist: Path | None = None, git: GitReference | None = None) -> LocalTarget:
    for file in (path, sdist):
        if file is not None and not file.is_file():
            unmet = any(char in file.name for char in "*?[")
            hint = "Nothing fits the pattern: build the file first." if unmet else "Check the path."
            raise UsageError(f"There is no file {file}", hint=hint)
    if path.suffix != ".whl":
        raise UsageError(
            f"{path.name} is no wheel, and wheels are what is checked",
            hint="Name wheels, and with --sdist the one sdist that they come from: "
            "a folder that holds more than one release is best emptied before a build.",
        )
    return LocalTarget(wheel=path, sdist=sdist, git=git)


def _wheel_on_index(filename: str, git: GitReference | None) -> ReleaseTarget:
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise UsageError(str(error), hint="A wheel is called name-version-python-abi-platform.whl.") from None
    return ReleaseTarget(project=name, version=version, wheel=filename, git=git)
