"""A real wheel in the hands of an adversary: any byte flipped, and the shapes of malicious releases."""

import random
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wheel_builder import record_of
from wheelproof.core.errors import MalformedError
from wheelproof.core.verdict import Verdict
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.pipeline.compare import compare_files
from wheelproof.pipeline.judge import judge_pair
from wheelproof.report.document import Result
from wheelproof.wheel.archive import RegionKind
from wheelproof.wheel.facts import read_wheel

FILENAME = "six-1.17.0-py2.py3-none-any.whl"
DIST_INFO = "six-1.17.0.dist-info"
# Of the bytes that are no header, every so many.
STRIDE = 4

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as published."""
    folder = tmp_path_factory.mktemp("real")
    with Http() as http:
        file = SimpleIndex(http).project("six").find(FILENAME)
        shutil.copyfile(download(file, http=http, cache=Cache(folder / "cache")).path, folder / FILENAME)
    return folder / FILENAME


def contents(wheel: Path) -> Files:
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pack(files: Mapping[str, bytes], folder: Path) -> Path:
    """The files with a RECORD that is true of them, as whoever changes a wheel would pack it."""
    rest = {name: content for name, content in files.items() if name != f"{DIST_INFO}/RECORD"}
    whole = {**rest, f"{DIST_INFO}/RECORD": record_of(rest, DIST_INFO).encode()}
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / FILENAME, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 12, 4, 17, 35, 6)), content, zipfile.ZIP_DEFLATED)
    return folder / FILENAME


def places(wheel: Path) -> list[int]:
    """Every byte of every header and record, and some of the data."""
    found: list[int] = []
    for region in read_wheel(wheel).archive.regions:
        step = STRIDE if region.kind is RegionKind.DATA else 1
        found += range(region.offset, region.offset + region.length_bytes, step)
    return found


def newer_generator(files: Files) -> Files:
    name = f"{DIST_INFO}/WHEEL"
    return {**files, name: files[name].replace(b"setuptools (75.6.0)", b"setuptools (75.8.0)")}


@pytest.mark.parametrize(
    ("rebuild", "unspoiled"),
    [(dict, Verdict.SAME_CONTENT), (newer_generator, Verdict.EXPLAINED)],
    ids=["same-content", "explained"],
)
def test_no_flipped_byte_is_taken_for_the_published_file(
    real: Path, tmp_path: Path, rebuild: Callable[[Files], Files], unspoiled: Verdict
) -> None:
    """One byte at a time: the verdict stays only where every member stays."""
    rebuilt = read_wheel(pack(rebuild(contents(real)), tmp_path / "rebuilt"))
    assert judge_pair(read_wheel(real), rebuilt).judgement.verdict is unspoiled
    data, members = real.read_bytes(), contents(real)
    spoiled = tmp_path / FILENAME
    chance = random.Random(20260101)
    tried = places(real)
    assert len(tried) > 3000
    for offset in tried:
        changed = data[:offset] + bytes([data[offset] ^ chance.randrange(1, 256)]) + data[offset + 1 :]
        spoiled.write_bytes(changed)
        try:
            verdict = judge_pair(read_wheel(spoiled), rebuilt).judgement.verdict
        except MalformedError:
            continue
        assert verdict in {unspoiled, Verdict.DIFFERENT}, offset
        if verdict is unspoiled:
            assert contents(spoiled) == members, offset


PAYLOAD = b"import os\nos.system('true')\n"
PTH = b"import os; os.system('true')\n"
# What was seen in malicious releases, as what is added to or changed in the published wheel; the finding that
# names it, and the file that the report names first.
INCIDENTS: dict[str, tuple[Callable[[Files], Files], str | None, str]] = {
    "a module changed": (lambda files: {**files, "six.py": files["six.py"] + PAYLOAD}, None, "six.py"),
    "a startup file added": (
        lambda files: {**files, "six_init.pth": PTH},
        "published-only-startup-file",
        "six_init.pth",
    ),
    "a module changed, and a startup file added": (
        lambda files: {**files, "six.py": files["six.py"] + PAYLOAD, "zz.pth": PTH},
        "published-only-startup-file",
        "zz.pth",
    ),
    "a folder of another language's code": (
        lambda files: {**files, "_runtime/start.py": PAYLOAD, "_runtime/payload.js": b"x();" * 5000},
        "published-only-python",
        "_runtime/start.py",
    ),
    "a module of the same name as a package": (
        lambda files: {**files, "six/__init__.py": PAYLOAD},
        "published-only-python",
        "six/__init__.py",
    ),
    "a command added": (
        lambda files: {**files, f"{DIST_INFO}/entry_points.txt": b"[console_scripts]\nsix = six:main\n"},
        "published-only-entry-points",
        f"{DIST_INFO}/entry_points.txt",
    ),
    "a script added": (
        lambda files: {**files, "six-1.17.0.data/scripts/pip": b"#!python\n" + PAYLOAD},
        "published-only-script",
        "six-1.17.0.data/scripts/pip",
    ),
    "a library added": (
        lambda files: {**files, "_six.cpython-313-x86_64-linux-gnu.so": b"\x7fELF" + bytes(60)},
        "published-only-extension",
        "_six.cpython-313-x86_64-linux-gnu.so",
    ),
    "a file laid over others outside of the packages": (
        lambda files: {**files, "six-1.17.0.data/data/bin/python": b"#!/bin/sh\n"},
        "published-only-data",
        "six-1.17.0.data/data/bin/python",
    ),
    "a requirement added": (
        lambda files: {
            **files,
            f"{DIST_INFO}/METADATA": files[f"{DIST_INFO}/METADATA"].replace(
                b"Requires-Python", b"Requires-Dist: evil\nRequires-Python"
            ),
        },
        None,
        f"{DIST_INFO}/METADATA",
    ),
    "the whole wheel": (
        lambda files: {
            name: PAYLOAD if name == "six.py" else content
            for name, content in files.items()
            if DIST_INFO in name or name == "six.py"
        },
        None,
        "six.py",
    ),
}


def compared(published: Path, rebuilt: Path) -> Result:
    (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED).results
    return result


@pytest.mark.parametrize("incident", INCIDENTS)
def test_what_malicious_releases_did(real: Path, tmp_path: Path, incident: str) -> None:
    change, finding, first = INCIDENTS[incident]
    clean = contents(real)
    result = compared(pack(change(clean), tmp_path / "published"), pack(clean, tmp_path / "rebuilt"))
    assert result.verdict is Verdict.DIFFERENT
    assert result.comparison is not None
    assert result.comparison.members[0].name == first
    if finding is not None:
        assert finding in {item.id for item in result.findings if item.member == first}


def test_a_startup_file_that_the_source_has_too_is_a_finding(real: Path, tmp_path: Path) -> None:
    """The source was changed with the wheel: a rebuild matches, and the finding stands beside it."""
    files = {**contents(real), "six.pth": PTH}
    published = pack(files, tmp_path / "published")
    result = compared(published, pack(files, tmp_path / "rebuilt"))
    assert result.verdict is Verdict.IDENTICAL
    assert [(item.id, item.member) for item in result.findings] == [("startup-file", "six.pth")]
