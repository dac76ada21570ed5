"""Lists of targets: one a line, requirements (with or without hashes), a pylock.toml (PEP 751), or JSON."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.pylock import Pylock, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import ReleaseTarget, parse_target
from wheelproof.core.untrusted import printable

_LIMIT_BYTES = 32 << 20
_PROBLEMS_SHOWN = 10
_FORMS = "The documentation of `wheelproof batch` shows every form of a list."
_NO_SHA256 = "None of its hashes is a sha256"
_HASH = re.compile(r"--hash[= ]sha256:([0-9a-f]{64})(?=\s|$)")
_ANY_HASH = re.compile(r"--hash[= ]\S+")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One target of a list.

    Attributes:
        target: the release, or one wheel of it.
        sha256: the digests that the list allows the wheel to have; empty where it allows any.
        place: where in the list it stands.
    """

    target: ReleaseTarget
    sha256: frozenset[str] = frozenset()
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What stands in a list and can't be checked: a reason, never silence."""

    text: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetList:
    """A list as it was read: each target once, in order."""

    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...] = ()


def load_targets(path: Path) -> TargetList:
    """Read a list from disk.

    Raises:
        UsageError: it can't be read, or is none; every mistake is named with its place.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_LIMIT_BYTES + 1)
        if len(data) > _LIMIT_BYTES:
            raise UsageError(f"{path} is larger than any list", hint="Check the path.")
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}", hint="Check the path.") from None
    return parse_targets(text, place=str(path))


def parse_targets(text: str, *, place: str) -> TargetList:
    """Read a list, told apart by what it is.

    Args:
        text: the list.
        place: what to call it in an error.

    Raises:
        UsageError: as ``load_targets`` does.
    """
    if text.lstrip().startswith(("{", "[")):
        items = list(_json(text, place))
    elif re.search(r"^lock-version\s*=", text, re.MULTILINE):
        items = list(_pylock(text, place))
    else:
        items = list(_lines(text, place))
    entries: dict[ReleaseTarget, Entry] = {}
    for item in items:
        if isinstance(item, Entry):
            known = entries.get(item.target)
            pins = item.sha256 | (known.sha256 if known else frozenset())
            entries[item.target] = replace(known or item, sha256=pins)
    skipped = tuple(item for item in items if isinstance(item, Skipped))
    if not entries and not skipped:
        raise UsageError(f"{place} names nothing to check", hint="One name==version a line is a list.")
    return TargetList(entries=tuple(entries.values()), skipped=skipped)


def _json(text: str, place: str) -> Iterator[Entry | Skipped]:
    """The list of google/oss-rebuild's benchmarks, or a plain list of targets."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place} is not JSON: {printable(str(error))}", hint="Mend the file.") from None
    problems: list[str] = []
    if isinstance(document, list):
        yield from _texts(document, "", place, problems)
    elif isinstance(document, dict) and isinstance(document.get("Packages"), list):
        for number, package in enumerate(document["Packages"]):
            yield from _package(package, f".Packages[{number}]", place, problems)
    else:
        raise UsageError(f"{place} is JSON, and neither a list nor an object with Packages", hint=_FORMS)
    _refuse(problems, place)


def _package(package: Any, where: str, place: str, problems: list[str]) -> Iterator[Entry | Skipped]:
    if not isinstance(package, dict):
        problems.append(f"{where} is no object")
        return
    name, ecosystem = package.get("Name"), package.get("Ecosystem")
    if ecosystem is not None and ecosystem != "pypi":
        text, reason = printable(str(name)), f"It is of the ecosystem {printable(str(ecosystem))}"
        yield Skipped(text=text, reason=reason, place=f"{place}{where}")
        return
    field = "Artifacts" if package.get("Artifacts") else "Versions"
    texts = package.get(field)
    if not isinstance(texts, list) or not texts:
        problems.append(f"{where} has neither Artifacts nor Versions, as a list")
    elif field == "Versions" and not isinstance(name, str):
        problems.append(f"{where} has no Name")
    else:
        prefix = f"{name}==" if field == "Versions" else ""
        yield from _texts(texts, f"{where}.{field}", place, problems, prefix)


def _texts(
    texts: list[Any], where: str, place: str, problems: list[str], prefix: str = ""
) -> Iterator[Entry | Skipped]:
    for number, text in enumerate(texts):
        here = f"{where}[{number}]"
        try:
            if not isinstance(text, str):
                raise UsageError(f"it is {type(text).__name__}, not a text")
            yield _target(prefix + text, f"{place}{here}")
        except UsageError as error:
            problems.append(f"{here}: {error.message}")


def _refuse(problems: list[str], place: str) -> None:
    if problems:
        shown = "; ".join(problems[:_PROBLEMS_SHOWN])
        more = f"; and {len(problems) - _PROBLEMS_SHOWN} more" if len(problems) > _PROBLEMS_SHOWN else ""
        raise UsageError(f"{place} is no list of targets: {shown}{more}", hint=_FORMS)


def _pylock(text: str, place: str) -> Iterator[Entry | Skipped]:
    try:
        document = tomllib.loads(text)
        lock = Pylock.from_dict(document)
    except (tomllib.TOMLDecodeError, PylockValidationError, RecursionError) as error:
        raise UsageError(
            f"{place} is not a pylock.toml (PEP 751): {printable(str(error))}", hint="Lock again."
        ) from None
    for number, package in enumerate(lock.packages):
        where = f"{place}: packages[{number}]"
        if package.version is None or not package.wheels:
            what = "no version" if package.version is None else "no wheel"
            yield Skipped(text=str(package.name), reason=f"The lock has {what} of it", place=where)
            continue
        pins = frozenset(wheel.hashes["sha256"] for wheel in package.wheels if "sha256" in wheel.hashes)
        if not pins:
            yield Skipped(text=str(package.name), reason=_NO_SHA256, place=where)
            continue
        target = ReleaseTarget(project=canonicalize_name(package.name), version=package.version)
        yield Entry(target=target, sha256=pins, place=where)


def _lines(text: str, place: str) -> Iterator[Entry | Skipped]:
    problems: list[str] = []
    for number, line in _logical_lines(text):
        where = f"{place}:{number}"
        if line.startswith("-"):
            # Its value can be an address with a password in it.
            option = re.split(r"[\s=]", line, maxsplit=1)[0]
            yield Skipped(text=option, reason="It is an option, not a target", place=where)
            continue
        try:
            yield _line(line, where)
        except UsageError as error:
            problems.append(f"line {number}: {error.message}")
    _refuse(problems, place)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, joined where one ends in a backslash, without comments and blank ones."""
    held, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        begun = begun or number
        if line.endswith("\\"):
            held += f"{line[:-1]} "
            continue
        if whole := _COMMENT.sub("", held + line).strip():
            yield begun, whole
        held, begun = "", 0
    if whole := _COMMENT.sub("", held).strip():
        yield begun, whole


def _line(line: str, where: str) -> Entry | Skipped:
    pins = frozenset(_HASH.findall(line))
    asked = _ANY_HASH.sub("", line).strip()
    if asked.endswith(".whl") and "/" not in asked:
        return _target(asked, where, pins)
    try:
        requirement = Requirement(asked)
    except InvalidRequirement:
        return _target(asked, where, pins)
    version = _pinned_version(requirement)
    if not pins and _ANY_HASH.search(line):
        version = _NO_SHA256
    if isinstance(version, str):
        text = requirement.name if requirement.url else asked
        return Skipped(text=text, reason=version, place=where)
    target = ReleaseTarget(project=canonicalize_name(requirement.name), version=version)
    return Entry(target=target, sha256=pins, place=where)


def _pinned_version(requirement: Requirement) -> Version | str:
    """The one version that a requirement allows, or why there is none."""
    if requirement.url:
        return "It is named by its address, not by its release"
    exact = [part.version for part in requirement.specifier if part.operator in {"==", "==="}]
    if len(requirement.specifier) != 1 or len(exact) != 1 or exact[0].endswith(".*"):
        return "It is not pinned to one version"
    try:
        return Version(exact[0])
    except InvalidVersion:
        return f"{printable(exact[0])} is not a version (PEP 440)"


def _target(text: str, where: str, pins: frozenset[str] = frozenset()) -> Entry:
    if printable(text) != text:
        raise UsageError(f"{printable(text)} is not a target", hint=_FORMS)
    target = parse_target(text)
    assert isinstance(target, ReleaseTarget)  # noqa: S101 - without an sdist it is one
    return Entry(target=target, sha256=pins, place=where)
