"""The golden pairs: for each cause two trees of text, zipped into two wheels with the quirk that they show.

``tests/golden/<cause-id>/`` holds ``published/`` and ``rebuilt/``, each laid over the demo wheel's files,
``expected.json`` with the verdict and every member's causes, and where a tree can't show it ``quirks.json``;
``source/``, where it is there, holds what the sdist has.
A file ``NAME.hex`` holds the bytes of NAME as hexadecimal digits, ``NAME.crlf`` its lines without their CRLF.
``NAME.native.json`` says what the executable file NAME holds, for its builder.
"""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sdist_builder
from native_builder import build_native
from wheel_builder import DIST_INFO, FILENAME, FILES, complete, entries_of, put, raw_zip

GOLDEN = Path(__file__).resolve().parent / "golden"
RECORD = f"{DIST_INFO}/RECORD"


@dataclass(frozen=True, kw_only=True)
class GoldenPair:
    """One folder: the two wheels that it makes, and what judging them must give."""

    id: str
    published: bytes
    rebuilt: bytes
    source: bytes | None
    names: tuple[str, str]
    expected: Mapping[str, object]

    def put(self, folder: Path) -> tuple[Path, Path]:
        """Write both wheels."""
        left, right = self.names
        return put(folder / "published", self.published, left), put(folder / "rebuilt", self.rebuilt, right)

    def put_source(self, folder: Path) -> Path | None:
        """Write the sdist, where there is one."""
        return None if self.source is None else put(folder, self.source, sdist_builder.FILENAME)


def golden_ids() -> list[str]:
    """Every folder there is."""
    return sorted(folder.name for folder in GOLDEN.iterdir())


def load_pair(identity: str) -> GoldenPair:
    """One folder's pair."""
    folder = GOLDEN / identity
    quirks_file = folder / "quirks.json"
    quirks = json.loads(quirks_file.read_text("utf-8")) if quirks_file.exists() else {}
    return GoldenPair(
        id=identity,
        published=_wheel(folder / "published", quirks.get("published", {})),
        rebuilt=_wheel(folder / "rebuilt", quirks.get("rebuilt", {})),
        source=_sdist(folder / "source") if (folder / "source").exists() else None,
        names=(_name(quirks.get("published", {})), _name(quirks.get("rebuilt", {}))),
        expected=json.loads((folder / "expected.json").read_text("utf-8")),
    )


def _name(quirks: Mapping[str, str]) -> str:
    return quirks.get("name", FILENAME)


def _sdist(tree: Path) -> bytes:
    files = [path for path in sorted(tree.rglob("*")) if path.is_file()]
    texts = {path.relative_to(tree).as_posix(): path.read_text("utf-8") for path in files}
    return sdist_builder.tar_gz(sdist_builder.members(texts))


def _wheel(tree: Path, quirks: Mapping[str, object]) -> bytes:
    files = {name: text.encode() for name, text in FILES.items()}
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            name, content = _member(path.relative_to(tree).as_posix(), path.read_bytes())
            files[name] = content
    if RECORD not in files:
        files = complete(files)
    record = files[RECORD]
    match quirks.get("record"):
        case "reversed":
            record = b"".join(reversed(record.splitlines(keepends=True)))
        case "crlf":
            record = record.replace(b"\n", b"\r\n")
    entries = entries_of({**files, RECORD: record})
    modes = quirks.get("modes", {})
    assert isinstance(modes, dict)
    for entry in entries:
        if mode := modes.get(entry.name.decode()):
            entry.mode = stat.S_IFREG | int(mode, 8)
    folders = quirks.get("folders", [])
    assert isinstance(folders, list)
    for entry in entries_of(dict.fromkeys(folders, b"")):
        entry.mode, entry.method = stat.S_IFDIR | 0o755, 0
        entries.insert(0, entry)
    return raw_zip(entries)


def _member(name: str, content: bytes) -> tuple[str, bytes]:
    if name.endswith(".hex"):
        return name.removesuffix(".hex"), bytes.fromhex(content.decode())
    if name.endswith(".crlf"):
        return name.removesuffix(".crlf"), content.replace(b"\n", b"\r\n")
    if name.endswith(".native.json"):
        return name.removesuffix(".native.json"), build_native(json.loads(content))
    return name, content
