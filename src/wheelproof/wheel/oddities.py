"""What an archive's headers say that no honest writer says, or that two readers could read differently."""

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterable

from wheelproof.wheel.anomaly import Anomaly, AnomalyKind, AnomalyLog
from wheelproof.wheel.archive import Archive
from wheelproof.wheel.members import SYSTEM_DOS, Member, Members, MemberType
from wheelproof.wheel.sizes import resolve_local
from wheelproof.wheel.zipformat import ExtraId, Flag, parse_extra

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOS_DIRECTORY = 0x10
# Most names, and none that anything is wrong with: words that neither begin with a dot nor hold a colon.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*+(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*+)*+/?")


def find_oddities(archive: Archive, stated_entries: int) -> tuple[Anomaly, ...]:
    """Every anomaly of an archive's layout, headers and names."""
    members = archive.members
    log = AnomalyLog()
    for region in archive.outside:
        log.add(
            AnomalyKind.BYTES_OUTSIDE_MEMBERS, "", f"{region.length_bytes} bytes at offset {region.offset}"
        )
    if stated_entries != len(members):
        log.add(
            AnomalyKind.WRONG_MEMBER_COUNT,
            "",
            f"the end record counts {stated_entries} members, the directory holds {len(members)}",
        )
    _compare_names(members, log)
    for member in members:
        if member.has_extra or member.flags & Flag.DESCRIPTOR:
            _check_headers(member, log)
            _check_extra(member, log)
        _check_name(member, log)
        _check_type(member, log)
    return log.close()


def _compare_names(members: Members, log: AnomalyLog) -> None:
    """Names that are the same, or the same to some file systems."""
    suspects = _repeated_hashes(members.names)
    if not suspects:
        return
    seen: dict[str, str] = {}
    exact: set[str] = set()
    for name in members.names:
        folded = _fold(name)
        if hash(folded) not in suspects:
            continue
        if name in exact:
            log.add(AnomalyKind.DUPLICATE_MEMBER, name)
            continue
        exact.add(name)
        if folded in seen:
            log.add(AnomalyKind.COLLIDING_MEMBERS, name, f"beside {seen[folded]}")
        seen.setdefault(folded, name)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().rstrip("/")


def _repeated_hashes(names: Iterable[str]) -> set[int]:
    """The hashes that several names share once folded: they take less memory than the folded names."""
    seen: set[int] = set()
    repeated: set[int] = set()
    for name in names:
        key = hash(_fold(name))
        (repeated if key in seen else seen).add(key)
    return repeated


def _check_headers(member: Member, log: AnomalyLog) -> None:
    local, central = member.local, member.central
    differing = [
        field
        for field in ("name", "flags", "method", "time", "date")
        if getattr(local, field) != getattr(central, field)
    ]
    sizes = resolve_local(local)
    stated = (local.crc, sizes.compressed, sizes.size) if sizes else (-1, -1, -1)
    meant = (central.crc, member.compressed_bytes, member.size_bytes)
    # In front of a data descriptor, what was not known yet stands as zero.
    unknown = 0 if local.flags & Flag.DESCRIPTOR else -1
    if any(here not in {there, unknown} for here, there in zip(stated, meant, strict=True)):
        differing.append("size or CRC-32")
    if member.flags & Flag.DESCRIPTOR and member.descriptor is None:
        differing.append("data descriptor")
    if differing:
        log.add(AnomalyKind.HEADERS_DISAGREE, member.name, ", ".join(differing))


def _check_extra(member: Member, log: AnomalyLog) -> None:
    for where, header in (("local", member.local), ("central", member.central)):
        if not header.extra:
            continue
        fields = parse_extra(header.extra)
        if fields is None:
            log.add(AnomalyKind.MALFORMED_EXTRA_FIELD, member.name, f"in the {where} header")
            continue
        for field in fields:
            if field.id == ExtraId.UNICODE_PATH and not names_the_same(field.data, header.name, member.name):
                log.add(AnomalyKind.AMBIGUOUS_MEMBER_NAME, member.name, "its Unicode Path field differs")


def names_the_same(unicode_path: bytes, raw_name: bytes, name: str) -> bool:
    """An Info-ZIP Unicode Path field (APPNOTE 4.6.9) gives just the name that the header gives."""
    prefix = struct.pack("<BL", 1, zlib.crc32(raw_name))
    return unicode_path == prefix + name.encode("utf-8", "surrogatepass")


def _check_name(member: Member, log: AnomalyLog) -> None:
    name = member.name
    if _PLAIN_NAME.fullmatch(name):
        return
    parts = name.removesuffix("/").split("/")
    reasons = [
        reason
        for reason, holds in (
            ("absolute", name.startswith("/")),
            ("has a drive", bool(_DRIVE.match(name))),
            ("has a .. part", ".." in parts),
            ("has an empty or . part", "" in parts or "." in parts),
            ("has a backslash", "\\" in name),
            ("has a control character", bool(_CONTROL.search(name))),
        )
        if holds
    ]
    if reasons:
        log.add(AnomalyKind.UNSAFE_MEMBER_NAME, name, ", ".join(reasons))
    if not name.isascii() and not member.flags & Flag.UTF8:
        log.add(AnomalyKind.AMBIGUOUS_MEMBER_NAME, name, "not ASCII, and the UTF-8 flag is not set")


def _check_type(member: Member, log: AnomalyLog) -> None:
    if member.is_encrypted:
        log.add(AnomalyKind.ENCRYPTED_MEMBER, member.name)
    match member.type:
        case MemberType.SYMLINK:
            log.add(AnomalyKind.SYMLINK_MEMBER, member.name)
        case MemberType.SPECIAL:
            log.add(AnomalyKind.SPECIAL_MEMBER, member.name, f"mode {member.mode:o}")
        case MemberType.DIRECTORY if member.size_bytes:
            log.add(AnomalyKind.MEMBER_TYPE_CONFLICT, member.name, "a directory with content")
        case MemberType.DIRECTORY if stat.S_ISREG(member.mode):
            log.add(AnomalyKind.MEMBER_TYPE_CONFLICT, member.name, "a directory by name, a file by mode")
        case MemberType.FILE if stat.S_ISDIR(member.mode) or _is_dos_directory(member):
            log.add(AnomalyKind.MEMBER_TYPE_CONFLICT, member.name, "a file by name, a directory by mode")
        case _:
            pass


def _is_dos_directory(member: Member) -> bool:
    return member.system == SYSTEM_DOS and bool(member.external_attributes & _DOS_DIRECTORY)
