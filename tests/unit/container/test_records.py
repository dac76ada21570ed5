from pathlib import Path

import pytest

from wheelproof.container.records import ImageRecord, find_records, read_record, write_record
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest

FINGERPRINT = Digest.of_bytes(b"definition")


def record(
    key: Digest, made_at: str = "2026-01-01T00:00:00Z", fingerprint: Digest = FINGERPRINT
) -> ImageRecord:
    return ImageRecord(
        image_id=str(key),
        name="debian-test",
        fingerprint=str(fingerprint),
        origin="mirror",
        note="",
        python="3.11",
        interpreter="/usr/bin/python3.11",
        made_at=made_at,
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    key = Digest.of_bytes(b"image")
    write_record(tmp_path / "new", key, record(key))
    assert read_record(tmp_path / "new", key) == record(key)


def test_the_latest_image_of_a_definition_comes_first(tmp_path: Path) -> None:
    old, new, other = (Digest.of_bytes(name) for name in (b"old", b"new", b"other"))
    write_record(tmp_path, new, record(new, "2026-02-01T00:00:00Z"))
    write_record(tmp_path, old, record(old))
    write_record(tmp_path, other, record(other, fingerprint=Digest.of_bytes(b"another")))
    (tmp_path / "note.json").write_text("{}")

    assert [found.image_id for found in find_records(tmp_path, FINGERPRINT)] == [str(new), str(old)]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"image_id": "sha256:x"}', b"\xff"])
def test_a_damaged_record_is_none(tmp_path: Path, damage: bytes) -> None:
    key = Digest.of_bytes(b"image")
    (tmp_path / f"{key.hex}.json").write_bytes(damage)
    assert read_record(tmp_path, key) is None
    assert find_records(tmp_path, FINGERPRINT) == []


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    key = Digest.of_bytes(b"image")
    with pytest.raises(EngineError, match="can't be written"):
        write_record(tmp_path / "file", key, record(key))
