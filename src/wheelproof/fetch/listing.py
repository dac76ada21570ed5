"""A project's files as an index lists them: the Simple API's JSON (PEP 503, 629, 691, 700, 792)."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, Field, StrictBool

from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.fetch.address import Address
from wheelproof.fetch.http import Answer

ACCEPT_JSON_ONLY = "application/vnd.pypi.simple.v1+json"
_FILENAME_BYTES = 255
_NOTES = 20
_SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
_API_VERSION = re.compile(r"(\d{1,4})\.\d{1,4}", re.ASCII)
_OTHER_INDEX = "Name an index that speaks the Simple JSON API (PEP 691) with --index-url."


class FileKind(StrEnum):
    """What a file on an index is, by its name."""

    WHEEL = "wheel"
    SDIST = "sdist"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One file of a project, as its index describes it.

    Attributes:
        filename: a bare file name.
        address: where it is; it goes into no document.
        digest: its sha256, or None where the index gives none: then it can't be downloaded.
        size_bytes: its size, where the index says it.
        upload_time: in UTC, where the index says it.
        yanked: withdrawn by its project (PEP 592), for ``yanked_reason``.
        requires_python: the version specifier, as it stands.
        kind: wheel, sdist or other.
        version: what its name says, or None where that is no version.
    """

    filename: str
    address: Address = field(repr=False)
    digest: Digest | None
    size_bytes: int | None
    upload_time: datetime | None
    yanked: bool
    yanked_reason: str | None
    requires_python: str | None
    kind: FileKind
    project: NormalizedName
    version: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectListing:
    """Every usable file of a project on an index.

    Attributes:
        name: the project.
        status: its status marker (PEP 792), ``active`` where the index gives none.
        status_reason: why, where the index says it.
        files: by version, then by name.
        notes: what in the answer was not usable, and why; safe to show.
    """

    name: NormalizedName
    status: str
    status_reason: str | None
    files: tuple[IndexFile, ...]
    notes: tuple[str, ...]

    def versions(self) -> tuple[Version, ...]:
        """Every version that has a file, the newest first."""
        return tuple(sorted({file.version for file in self.files if file.version}, reverse=True))

    def release(self, version: Version) -> tuple[IndexFile, ...]:
        """Give a release's files.

        Raises:
            FetchError: it has none; the hint names the newest versions.
        """
        files = tuple(file for file in self.files if file.version == version)
        if files:
            return files
        newest = ", ".join(str(known) for known in self.versions()[:5])
        hint = f"The newest are {newest}." if newest else "The project has no release there."
        if self.status == "quarantined":
            hint = "The index has put the project into quarantine and hides its files."
        raise FetchError(f"The index has no version {version} of {self.name}", hint=hint)

    def find(self, filename: str) -> IndexFile:
        """Give the file of that name.

        Raises:
            FetchError: there is none; the hint names the most similar ones.
        """
        for file in self.files:
            if file.filename == filename:
                return file
        close = difflib.get_close_matches(filename, [file.filename for file in self.files], cutoff=0.7)
        raise FetchError(
            f"The index lists no {printable(filename)} for {self.name}",
            hint=f"Close to it: {', '.join(map(printable, close))}." if close else "Check the file's name.",
        )


def parse_listing(name: NormalizedName, answer: Answer) -> ProjectListing:
    """Read an answer about a project (PEP 691); a file that can't be used is left out with a note.

    Raises:
        FetchError: it is no such answer, is of another API version, or is about another project.
    """
    if answer.media_type != ACCEPT_JSON_ONLY:
        got = printable(answer.media_type or "no media type", limit=80)
        raise FetchError(
            f"{answer.address} answers with {got}, not with the Simple JSON API", hint=_OTHER_INDEX
        )
    page = _parse_json(answer)
    _check_api_version(page.get("meta"), answer.address)
    said = page.get("name")
    if not isinstance(said, str) or canonicalize_name(said) != name:
        raise FetchError(f"{answer.address} answers for another project", hint=_OTHER_INDEX)
    entries = page.get("files")
    if not isinstance(entries, list):
        raise FetchError(f"{answer.address} gives no list of files", hint=_OTHER_INDEX)
    status, reason = _parse_status(page.get("project-status"))
    files, notes = _parse_files(name, entries, answer.address)
    return ProjectListing(name=name, status=status, status_reason=reason, files=files, notes=notes)


def _parse_json(answer: Answer) -> dict[str, object]:
    try:
        page = json.loads(answer.body)
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        raise FetchError(f"{answer.address} answers with no JSON object", hint=_OTHER_INDEX)
    return page


def _check_api_version(meta: object, address: Address) -> None:
    version = meta.get("api-version") if isinstance(meta, dict) else None
    match = _API_VERSION.fullmatch(version) if isinstance(version, str) else None
    if not match:
        raise FetchError(f"{address} names no API version (PEP 629)", hint=_OTHER_INDEX)
    if match[1] != "1":
        raise FetchError(f"{address} speaks version {match[0]} of the API, not 1", hint=_OTHER_INDEX)


def _parse_status(value: object) -> tuple[str, str | None]:
    given = value if isinstance(value, dict) else {}
    status, reason = given.get("status"), given.get("reason")
    return (
        status if isinstance(status, str) and status else "active",
        reason if isinstance(reason, str) and reason else None,
    )


class _Entry(BaseModel):
    """A file as PEP 691 and 700 describe it; what else an index says of it is passed over."""

    url: str
    hashes: dict[str, str]
    size: int | None = None
    upload_time: datetime | None = Field(default=None, alias="upload-time")
    requires_python: str | None = Field(default=None, alias="requires-python")
    yanked: StrictBool | str = False


class _SkipError(Exception):
    """Why a file is left out."""


def _parse_files(
    name: NormalizedName, entries: Iterable[object], base: Address
) -> tuple[tuple[IndexFile, ...], tuple[str, ...]]:
    files: dict[str, IndexFile] = {}
    torn: set[str] = set()
    notes: list[str] = []
    for number, entry in enumerate(entries):
        try:
            file = _parse_file(name, entry, base)
        except _SkipError as reason:
            notes.append(f"files[{number}] is left out: {reason}")
            continue
        if files.setdefault(file.filename, file).digest != file.digest:
            torn.add(file.filename)
    notes += [f"{printable(twice)} is left out: listed with two digests" for twice in sorted(torn)]
    kept = sorted((file for file in files.values() if file.filename not in torn), key=_by_version)
    if len(notes) > _NOTES:
        notes[_NOTES:] = [f"and {len(notes) - _NOTES} more"]
    return tuple(kept), tuple(notes)


def _by_version(file: IndexFile) -> tuple[bool, Version, str]:
    return file.version is not None, file.version or Version("0"), file.filename


def _parse_file(name: NormalizedName, entry: object, base: Address) -> IndexFile:
    filename = entry.get("filename") if isinstance(entry, dict) else None
    if not isinstance(filename, str) or not _is_bare(filename):
        raise _SkipError("it has no usable file name")
    try:
        given = _Entry.model_validate(entry)
        address = base.join(given.url)
        upload_time = _utc(given.upload_time)
    except (ValueError, OverflowError):
        raise _SkipError(f"{printable(filename)} is not described as PEP 691 and 700 ask") from None
    except FetchError as error:
        raise _SkipError(f"{printable(filename)}: {error.message}") from None
    kind, version = _parse_filename(name, filename)
    return IndexFile(
        filename=filename,
        address=address,
        digest=_parse_digest(given.hashes.get("sha256")),
        size_bytes=given.size if given.size is not None and given.size >= 0 else None,
        upload_time=upload_time,
        yanked=bool(given.yanked),
        yanked_reason=given.yanked if isinstance(given.yanked, str) and given.yanked else None,
        requires_python=given.requires_python or None,
        kind=kind,
        project=name,
        version=version,
    )


def _is_bare(filename: str) -> bool:
    return (
        0 < len(filename.encode(errors="surrogatepass")) <= _FILENAME_BYTES
        and filename.isprintable()
        and not filename.startswith(".")
        and not {"/", "\\", ":"} & set(filename)
    )


def _parse_digest(value: str | None) -> Digest | None:
    try:
        return None if value is None else Digest(value.lower())
    except ValueError:
        return None


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _parse_filename(name: NormalizedName, filename: str) -> tuple[FileKind, Version | None]:
    if filename.endswith(".whl"):
        return FileKind.WHEEL, _wheel_version(name, filename)
    for suffix in _SDIST_SUFFIXES:
        stem = filename.removesuffix(suffix)
        if stem != filename and (version := _sdist_version(name, stem)):
            return FileKind.SDIST, version
    return FileKind.OTHER, None


def _wheel_version(name: NormalizedName, filename: str) -> Version | None:
    # Not parse_wheel_filename: it multiplies compressed tags out, a hostile listing's lever.
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in {5, 6} or canonicalize_name(parts[0]) != name:
        return None
    try:
        return Version(parts[1])
    except InvalidVersion:
        return None


def _sdist_version(name: NormalizedName, stem: str) -> Version | None:
    """Split where the project's name ends: before PEP 625 both name and version could hold hyphens."""
    for match in re.finditer("-", stem):
        if canonicalize_name(stem[: match.start()]) == name:
            try:
                return Version(stem[match.end() :])
            except InvalidVersion:
                continue
    return None
