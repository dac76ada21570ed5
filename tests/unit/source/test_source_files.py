"""Each file of a source by its digest, from archives that nobody vouches for."""

import contextlib
import gzip
from pathlib import Path

import made_archives
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import Digest
from wheelproof.source.files import digest_files

TEXTS = {"demo-1.0/PKG-INFO": "x", "demo-1.0/src/a.py": "same", "demo-1.0/b.py": "same", "demo-1.0/c": ""}
WHOLE = gzip.compress(made_archives.tar(made_archives.members(TEXTS)), 1)


@pytest.mark.parametrize("pack", [made_archives.tar_gz, made_archives.tar_bz2, made_archives.zipped])
def test_files_are_found_by_what_they_hold(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    assert digest_files(pack(tmp_path, TEXTS)) == {
        Digest.of_bytes(b"x"): "PKG-INFO",
        Digest.of_bytes(b"same"): "src/a.py",
        Digest.of_bytes(b""): "c",
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255), cut=st.booleans())
def test_any_damage_is_an_error_or_none(tmp_path: Path, place: int, value: int, cut: bool) -> None:
    data = bytearray(WHOLE)
    data[place] = value
    path = tmp_path / "demo-1.0.tar.gz"
    path.write_bytes(data[:place] if cut else data)
    with contextlib.suppress(MalformedError):
        digest_files(path)
