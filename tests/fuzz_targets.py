"""What is fuzzed: each target takes any bytes, and whatever they are, what must hold holds.

``make fuzz`` feeds them by coverage (``tests/fuzz_run.py``). What it found to lead somewhere new is kept
below ``tests/fuzz/``, a folder a target, and every run of the tests goes through it again.
"""

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

import sdist_builder
from wheel_builder import DIST_INFO, FILENAME, Entry, complete, entries_of, raw_zip, zipped
from wheelproof.compare.native import compare_native
from wheelproof.compare.native_text import describe
from wheelproof.core.errors import MalformedError, WheelproofError
from wheelproof.core.verdict import Verdict
from wheelproof.fetch.address import Address
from wheelproof.fetch.http import Answer
from wheelproof.fetch.listing import ACCEPT_JSON_ONLY, parse_listing
from wheelproof.pipeline.compare import compare_files
from wheelproof.rebuild.output import CutError, OutputError, parse_account, parse_output
from wheelproof.recipe.load import parse_recipe
from wheelproof.recipe.lock import parse_lock
from wheelproof.report.document import Result
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import render_report
from wheelproof.source.build_system import parse_build_system
from wheelproof.source.files import digest_files
from wheelproof.source.sdist import read_sdist
from wheelproof.wheel.native.read import read_native

CORPUS = Path(__file__).resolve().parent / "fuzz"
RECORD = f"{DIST_INFO}/RECORD"
PLAIN = zipped(complete())
# Names by which a member's content is explained in one way or another.
NAMES = (
    "demo/code.py",
    "demo/code.pyc",
    "demo/data.gz",
    "demo/notes.txt",
    "demo/table.json",
    "demo/lib.so",
    "demo/data.bin",
    "demo-1.0.data/scripts/demo",
    f"{DIST_INFO}/METADATA",
    f"{DIST_INFO}/WHEEL",
    RECORD,
    f"{DIST_INFO}/entry_points.txt",
    f"{DIST_INFO}/top_level.txt",
    f"{DIST_INFO}/licenses/LICENSE",
    f"{DIST_INFO}/sboms/demo.cdx.json",
)


@dataclass(slots=True)
class Choices:
    """Bytes read as decisions; zeros where they are used up."""

    data: bytes
    at: int = 0

    def number(self, below: int) -> int:
        size = max(1, (max(below - 1, 1).bit_length() + 7) // 8)
        return int.from_bytes(self.take(size).ljust(size, b"\0"), "little") % below

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def text(self) -> bytes:
        return self.take(self.number(256))


def check_said(error: WheelproofError) -> None:
    """An error's words are safe to show."""
    assert error.message.isprintable()


def compared(published: bytes, rebuilt: bytes) -> Result | None:
    """The result of two files taken for wheels; None where one is none. Nothing else may come out."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for label, data in (("published", published), ("rebuilt", rebuilt)):
            path = Path(folder, label, FILENAME)
            path.parent.mkdir()
            path.write_bytes(data)
            paths.append(path)
        try:
            report = compare_files(paths[0], paths[1], required=Verdict.EXPLAINED)
        except MalformedError as error:
            check_said(error)
            return None
        forms = (
            list(ReportFormat) if zlib.crc32(published) % 8 == 0 else [ReportFormat.TEXT, ReportFormat.JSON]
        )
        for form in forms:
            assert "\x1b" not in render_report(report, form)
        assert sorted(Path(folder).rglob("*")) == sorted([*paths, *(path.parent for path in paths)])
    return report.results[0]


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def installed(data: bytes) -> set[str]:
    """What an installer writes: files, and what is said to be a folder and is none that they lie in."""
    found = members(data)
    files = [name for name in found if not name.endswith("/")]
    made = {name for name in found if name not in files and any(file.startswith(name) for file in files)}
    return {name for name, content in found.items() if content or name not in made}


def fuzz_wheel(data: bytes) -> None:
    """Any file as the published wheel: a level only for the same installed files."""
    result = compared(data, PLAIN)
    if result is None:
        return
    if result.verdict is Verdict.IDENTICAL:
        assert data == PLAIN
    elif result.verdict is not Verdict.DIFFERENT:
        assert installed(data) == complete().keys()
        if result.verdict is Verdict.SAME_CONTENT:
            assert members(data) == complete()


def fuzz_archive(data: bytes) -> None:
    """An archive out of decisions: honest entries, with headers, gaps and comments that need not be."""
    fuzz_wheel(made_archive(Choices(data)))


def _change_header(choices: Choices, entry: Entry) -> None:
    side = (entry.local, entry.central)[choices.number(2)]
    match choices.number(3):
        case 0:
            side["extra"] = choices.text()
        case 1:
            side["crc"] = choices.number(1 << 32)
        case _:
            side[("needed", "method", "time", "date")[choices.number(4)]] = choices.number(1 << 16)
            side[("size", "compressed")[choices.number(2)]] = choices.number(1 << 32)


def _change_text(choices: Choices, entry: Entry) -> None:
    setattr(entry, ("content", "data", "before", "descriptor", "name")[choices.number(5)], choices.text())


def _change_number(choices: Choices, entry: Entry) -> None:
    setattr(entry, ("mode", "flags", "made_by")[choices.number(3)], choices.number(1 << 16))
    entry.method = (0, 8, 8, 12)[choices.number(4)]


def made_archive(choices: Choices) -> bytes:
    """An archive, or nothing where what was decided can't be written."""
    entries = entries_of(complete())
    for _ in range(choices.number(6)):
        entry = entries[choices.number(len(entries))]
        change = (_change_header, _change_text, _change_number, None)[choices.number(4)]
        if change is None:
            entries.append(Entry(name=choices.text(), content=choices.text()))
        else:
            change(choices, entry)
    options = choices.number(32)
    texts = ("prefix", "before_directory", "trailing", "comment")
    around = {name: choices.text() for bit, name in enumerate(texts) if options >> bit & 1}
    try:
        return raw_zip(entries, zip64=bool(options & 16), **around)  # type: ignore[arg-type]
    except struct.error:
        return b""


def fuzz_members(data: bytes) -> None:
    """Two contents under one name: explained, named or unknown, and always shown in bounds."""
    choices = Choices(data)
    name = NAMES[choices.number(len(NAMES))]
    left, _, right = data[choices.at :].partition(b"\xff\xfe\xff")
    sides = [{**complete(), name: content} for content in (left, right)]
    if name != f"{DIST_INFO}/RECORD":
        sides = [
            complete({key: content for key, content in side.items() if "RECORD" not in key}) for side in sides
        ]
    compared(*(zipped(side) for side in sides))


def fuzz_native(data: bytes) -> None:
    """Any bytes as an executable file."""
    left, _, right = data.partition(b"\xff\xfe\xff\xfe\xff")
    facts = [read_native(io.BytesIO(side)) for side in (left, right)]
    if facts[0] and facts[1]:
        described = describe(compare_native(facts[0], facts[1]), 60)
        assert len(described.lines) <= 60
        assert all(line.isprintable() for line in described.lines)


def fuzz_sdist(data: bytes) -> None:
    """Any file as an sdist."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, sdist_builder.FILENAME)
        path.write_bytes(data)
        for read in (read_sdist, digest_files):
            try:
                read(path)
            except MalformedError as error:
                check_said(error)
        assert [found.name for found in Path(folder).iterdir()] == [path.name]


def _listing(data: bytes) -> None:
    address = Address.parse("https://index.example/simple/demo/")
    parse_listing(canonicalize_name("demo"), Answer(address=address, media_type=ACCEPT_JSON_ONLY, body=data))


# Whatever others write, by the first byte of an input.
DOCUMENTS: tuple[Callable[[bytes], object], ...] = (
    parse_build_system,
    lambda data: parse_lock(data.decode("utf-8", "replace"), place="lock"),
    lambda data: parse_recipe(data.decode("utf-8", "replace"), place="recipe"),
    _listing,
    lambda data: parse_account(data, 2),
    lambda data: parse_output(data + bytes(1024)),
)


def fuzz_documents(data: bytes) -> None:
    """Any text as one of the documents that others write."""
    read = DOCUMENTS[data[0] % len(DOCUMENTS) if data else 0]
    try:
        read(data[1:])
    except WheelproofError as error:
        check_said(error)
    except (CutError, OutputError):
        pass


TARGETS: dict[str, Callable[[bytes], None]] = {
    "wheel": fuzz_wheel,
    "archive": fuzz_archive,
    "members": fuzz_members,
    "native": fuzz_native,
    "sdist": fuzz_sdist,
    "documents": fuzz_documents,
}


def kept(target: str) -> list[Path]:
    """What fuzzing found to lead somewhere new."""
    return sorted(path for path in (CORPUS / target).glob("*") if path.is_file())
