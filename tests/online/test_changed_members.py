"""Real wheels with one member changed and a RECORD that is true of it: nothing explains the change away."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wheelproof.core.identity import Digest
from wheelproof.core.verdict import Verdict
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.pipeline.compare import compare_files

# Small wheels by every backend that is common.
WHEELS = (
    "six-1.17.0-py2.py3-none-any.whl",
    "attrs-26.1.0-py3-none-any.whl",
    "packaging-26.3-py3-none-any.whl",
    "click-8.1.7-py3-none-any.whl",
    "idna-3.10-py3-none-any.whl",
    "iniconfig-2.0.0-py3-none-any.whl",
    "pluggy-1.5.0-py3-none-any.whl",
    "typing_extensions-4.12.2-py3-none-any.whl",
    "itsdangerous-2.2.0-py3-none-any.whl",
    "mdurl-0.1.2-py3-none-any.whl",
    "tomli-2.0.1-py3-none-any.whl",
    "zipp-3.20.2-py3-none-any.whl",
    "pyproject_hooks-1.3.3-py3-none-any.whl",
    "annotated_doc-0.0.7-py3-none-any.whl",
    "jinja2_humanize_extension-0.4.0-py3-none-any.whl",
)
Files = dict[str, bytes]


def largest(files: Files, ending: str) -> str:
    return max((name for name in files if name.endswith(ending)), key=lambda name: len(files[name]))


def one_bit(files: Files) -> Files:
    """Of the last letter or digit of the largest module."""
    name = largest(files, ".py")
    data = bytearray(files[name])
    place = max(number for number, byte in enumerate(data) if chr(byte).isalnum())
    data[place] ^= 1
    return {name: bytes(data)}


def one_statement(files: Files) -> Files:
    name = largest(files, ".py")
    return {name: files[name] + b"\n__import__('os')\n"}


def one_dependency(files: Files) -> Files:
    name = largest(files, ".dist-info/METADATA")
    headers, blank, body = files[name].partition(b"\n\n")
    return {name: headers + b"\nRequires-Dist: evil" + blank + body}


def one_script(files: Files) -> Files:
    """Which runs whenever Python starts."""
    return {"zz_more.pth": b"import os\n"}


CHANGES: tuple[Callable[[Files], Files], ...] = (one_bit, one_statement, one_dependency, one_script)


def recorded(record: bytes, changes: Files) -> bytes:
    """RECORD with the rows of what changed or came."""
    rows = {row[0]: row for row in csv.reader(io.StringIO(record.decode())) if row}
    for name, content in changes.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows[name] = [name, f"sha256={digest}", str(len(content))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n" if b"\r\n" in record else "\n").writerows(rows.values())
    return text.getvalue().encode()


def members(wheel: Path) -> Files:
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def changed_wheel(wheel: Path, change: Callable[[Files], Files], folder: Path) -> Path:
    """The wheel with one change, under the same name, packed as it was."""
    folder.mkdir()
    files = members(wheel)
    changes = change(files)
    record = largest(files, ".dist-info/RECORD")
    everything = {**files, **changes, record: recorded(files[record], changes)}
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(folder / wheel.name, "w") as target:
        for name, content in everything.items():
            info = source.getinfo(name if name in files else record)
            entry = zipfile.ZipInfo(name, info.date_time)
            entry.external_attr, entry.compress_type = info.external_attr, info.compress_type
            entry.create_system = info.create_system
            target.writestr(entry, content)
    return folder / wheel.name


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("wheels")
    with Http() as http:

        def fetch(filename: str) -> Path:
            file = SimpleIndex(http).project(filename.partition("-")[0]).find(filename)
            path = folder / filename
            path.write_bytes(download(file, http=http, cache=Cache(folder / "cache")).path.read_bytes())
            return path

        with ThreadPoolExecutor(4) as pool:
            yield dict(zip(WHEELS, pool.map(fetch, WHEELS), strict=True))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("filename", WHEELS)
def test_a_changed_member_reaches_no_level(
    wheels: dict[str, Path], tmp_path: Path, filename: str, change: Callable[[Files], Files]
) -> None:
    honest = wheels[filename]
    changed = changed_wheel(honest, change, tmp_path / "changed")
    assert Digest.of_file(changed) != Digest.of_file(honest)
    for published, rebuilt in ((changed, honest), (honest, changed)):
        (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED).results
        assert result.verdict is Verdict.DIFFERENT, result.reason
        assert result.comparison is not None
        (name,) = change(members(honest))
        (member,) = [item for item in result.comparison.members if item.name == name]
        assert not member.explained


@pytest.mark.parametrize("filename", WHEELS)
def test_packed_anew_without_a_change_it_is_the_same_content(
    wheels: dict[str, Path], tmp_path: Path, filename: str
) -> None:
    """So that what differs above is the change, and not how these tests pack."""
    packed = changed_wheel(wheels[filename], lambda _: {}, tmp_path / "packed")
    (result,) = compare_files(wheels[filename], packed, required=Verdict.SAME_CONTENT).results
    assert result.verdict in {Verdict.IDENTICAL, Verdict.SAME_CONTENT, Verdict.EXPLAINED}, result.reason
