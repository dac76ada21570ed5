"""A wheel's facts: what it says about itself, and what of it does not fit together."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.tags import Tag

from wheel_builder import DIST_INFO, FILENAME, FILES, complete, put, raw_zip, zipped
from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import Digest
from wheelproof.wheel.anomaly import AnomalyKind
from wheelproof.wheel.facts import read_wheel
from wheelproof.wheel.metadata import LINES_LIMIT, parse_name
from wheelproof.wheel.reference import ask_reference_reader


def kinds_of(tmp_path: Path, files: dict[str, bytes], filename: str = FILENAME) -> set[AnomalyKind]:
    return {anomaly.kind for anomaly in read_wheel(put(tmp_path, zipped(files), filename)).anomalies}


def test_facts_of_a_plain_wheel(tmp_path: Path) -> None:
    data = zipped(complete())
    wheel = read_wheel(put(tmp_path, data))
    assert wheel.digest == Digest.of_bytes(data)
    assert wheel.dist_info == DIST_INFO
    assert (wheel.name.project, str(wheel.name.version)) == ("demo", "1.0")
    assert wheel.name.tags == {Tag("py3", "none", "any")}
    assert wheel.wheel_file.generator == "demo 1"
    assert wheel.wheel_file.root_is_purelib
    assert wheel.wheel_file.tags == ("py3-none-any",)
    assert (wheel.metadata.metadata_version, wheel.metadata.requires_python) == ("2.4", ">=3.9")
    assert wheel.anomalies == ()
    contents = {member.name: wheel.digest_of(member) for member in wheel.archive.members}
    assert contents == {name: Digest.of_bytes(content) for name, content in complete().items()}


def test_the_file_may_have_another_name_than_the_wheel(tmp_path: Path) -> None:
    cached = put(tmp_path, zipped(complete()), "0123abcd")
    wheel = read_wheel(cached, filename=FILENAME)
    assert (wheel.filename, wheel.anomalies) == (FILENAME, ())
    with pytest.raises(MalformedError, match="not the file name of a wheel"):
        read_wheel(cached)


@pytest.mark.parametrize(
    "name",
    [
        "demo.whl",
        "demo-1.0.zip",
        "demo-x-py3-none-any.whl",
        "../demo-1.0-py3-none-any.whl",
        "demo-1.0-py3-none-any\0.whl",
        "demo-1.0-py3-none-any\n.whl",
        "démo-1.0-py3-none-any.whl",
        "d" * 300 + "-1.0-py3-none-any.whl",
        "",
    ],
)
def test_names_that_are_no_wheel(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_name(name)
    assert caught.value.message.isprintable()


def without(name: str) -> dict[str, bytes]:
    return complete({key: text for key, text in FILES.items() if key != name})


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"demo.py": b""}, "no .dist-info"),
        (complete({**FILES, "other-1.dist-info/METADATA": ""}), "2 .dist-info"),
        (complete({**FILES, "DEMO-1.0.DIST-INFO/RECORD": ""}), "2 .dist-info"),
        (without(f"{DIST_INFO}/WHEEL"), "no demo-1.0.dist-info/WHEEL"),
        (without(f"{DIST_INFO}/METADATA"), "no demo-1.0.dist-info/METADATA"),
        (complete({**FILES, f"{DIST_INFO}/WHEEL": "x" * (2 << 20)}), "the limit is"),
    ],
)
def test_what_no_installer_takes_is_malformed(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read_wheel(put(tmp_path, zipped(files)))


METADATA, WHEEL = FILES[f"{DIST_INFO}/METADATA"], FILES[f"{DIST_INFO}/WHEEL"]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({f"{DIST_INFO}/METADATA": METADATA.replace("demo", "other")}, AnomalyKind.NAME_MISMATCH),
        ({f"{DIST_INFO}/METADATA": METADATA.replace("1.0", "1.1")}, AnomalyKind.VERSION_MISMATCH),
        ({f"{DIST_INFO}/METADATA": METADATA.replace("1.0", "x")}, AnomalyKind.VERSION_MISMATCH),
        ({f"{DIST_INFO}/WHEEL": WHEEL.replace("py3", "cp311")}, AnomalyKind.TAGS_MISMATCH),
        ({f"{DIST_INFO}/WHEEL": WHEEL.replace("Tag: py3-none-any", "")}, AnomalyKind.TAGS_MISMATCH),
        ({f"{DIST_INFO}/WHEEL": WHEEL.replace("true", "false")}, AnomalyKind.PURELIB_MISMATCH),
    ],
)
def test_names_must_agree(tmp_path: Path, changed: dict[str, str], kind: AnomalyKind) -> None:
    assert kinds_of(tmp_path, complete({**FILES, **changed})) == {kind}


def test_a_folder_of_another_version(tmp_path: Path) -> None:
    kinds = kinds_of(tmp_path, complete(), "demo-2.0-py3-none-any.whl")
    assert kinds == {AnomalyKind.VERSION_MISMATCH, AnomalyKind.REFERENCE_READER_REFUSES}


def test_compressed_tags_are_expanded_within_bounds(tmp_path: Path) -> None:
    tags = "Tag: py2-none-any\nTag: py3-none-any\n"
    text = WHEEL.replace("Tag: py3-none-any\n", tags)
    files = complete({**FILES, f"{DIST_INFO}/WHEEL": text})
    assert kinds_of(tmp_path, files, "demo-1.0-py2.py3-none-any.whl") == set()
    many = ".".join(f"p{number}" for number in range(2000))
    hostile = complete({**FILES, f"{DIST_INFO}/WHEEL": WHEEL + f"Tag: {many}-{many}-{many}\n"})
    assert kinds_of(tmp_path, hostile) == set()


def test_the_reference_reader_has_its_say(tmp_path: Path) -> None:
    record = b"demo/__init__.py,md5=AAAA,1\n"
    files = {**complete(), f"{DIST_INFO}/RECORD": record}
    wheel = read_wheel(put(tmp_path, zipped(files)))
    details = [
        anomaly.detail for anomaly in wheel.anomalies if anomaly.kind is AnomalyKind.REFERENCE_READER_REFUSES
    ]
    assert details == ["WheelError: Weak hash algorithm (md5) is not permitted by PEP 427"]


@pytest.mark.parametrize(
    "files", [complete(), {**complete(), f"{DIST_INFO}/RECORD": b"demo/__init__.py,md5=AAAA,1\n"}, {"a": b""}]
)
def test_the_reference_reader_says_the_same_in_a_process_of_its_own(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    path = put(tmp_path, zipped(files))
    here, alone = (ask_reference_reader(path, FILENAME, alone=alone) for alone in (False, True))
    assert here == alone


def test_a_reference_reader_that_dies_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelproof.wheel.reference._SCRIPT", "import os\nos.abort()")
    (anomaly,) = ask_reference_reader(put(tmp_path, zipped(complete())), FILENAME, alone=True)
    assert anomaly.detail == "it ended with -6"


def test_lines_of_metadata_are_bounded(tmp_path: Path) -> None:
    files = {**complete(), f"{DIST_INFO}/METADATA": METADATA.encode() + b"\n" * (LINES_LIMIT + 1)}
    with pytest.raises(MalformedError, match=f"more than {LINES_LIMIT} lines"):
        read_wheel(put(tmp_path, zipped(files)))


def test_a_damaged_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped(complete(), method=0))
    data[data.index(b"GREETING")] ^= 1
    with pytest.raises(MalformedError, match="CRC-32"):
        read_wheel(put(tmp_path, bytes(data)))


def test_an_empty_archive_is_no_wheel(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="dist-info"):
        read_wheel(put(tmp_path, raw_zip([])))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    metadata=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("Name: " + text).encode()),
    wheel=st.binary(max_size=300),
)
def test_any_metadata_is_read(tmp_path: Path, metadata: bytes, wheel: bytes) -> None:
    files = complete() | {f"{DIST_INFO}/METADATA": metadata, f"{DIST_INFO}/WHEEL": wheel}
    found = read_wheel(put(tmp_path, zipped(files)))
    assert all(anomaly.detail.isprintable() for anomaly in found.anomalies)
