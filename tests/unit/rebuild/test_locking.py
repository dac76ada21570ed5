import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.core.errors import NotCheckedError
from wheelproof.core.identity import Digest
from wheelproof.fetch.address import Address
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.rebuild.locking import newest_sdist, surroundings
from wheelproof.recipe.lock import LockedFile
from wheelproof.source.sdist import read_sdist

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sdist(
    version: str, *, year: int = 2025, yanked: bool = False, kind: FileKind = FileKind.SDIST
) -> IndexFile:
    name = f"demo-{version}.tar.gz"
    return IndexFile(
        filename=name,
        address=Address.parse(f"https://index.example/{name}"),
        digest=Digest("a" * 64),
        size_bytes=1,
        upload_time=datetime(year, 1, 1, tzinfo=UTC),
        yanked=yanked,
        yanked_reason=None,
        requires_python=None,
        kind=kind,
        project=canonicalize_name("demo"),
        version=Version(version),
    )


def chosen(*files: IndexFile, specifier: str = "") -> str | None:
    found = newest_sdist(files, SpecifierSet(specifier), NOW)
    return None if found is None else str(found.version)


def test_the_newest_sdist_of_its_time_is_taken() -> None:
    assert chosen(sdist("1"), sdist("10"), sdist("9")) == "10"
    assert chosen(sdist("1"), sdist("2", year=2026), sdist("3", year=2027)) == "2"
    assert chosen(sdist("1"), sdist("2"), specifier="<2") == "1"
    assert chosen(sdist("1"), sdist("2rc1")) == "1"
    assert chosen(sdist("2rc1")) == "2rc1"
    assert chosen(sdist("1", kind=FileKind.WHEEL)) is None
    assert chosen(sdist("1"), specifier=">=2") is None


def test_a_yanked_sdist_is_taken_only_where_pinned() -> None:
    assert chosen(sdist("1"), sdist("2", yanked=True)) == "1"
    assert chosen(sdist("1"), sdist("2", yanked=True), specifier="==2") == "2"


def test_a_tree_that_would_hide_the_sandbox_s_own_folders_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "env-1.tar.gz"
    for root, fits in (("env", False), ("home", False), ("env-1", True)):
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo(f"{root}/setup.py"))
        source = LockedFile(filename=path.name, sha256="a" * 64, size_bytes=1)
        if fits:
            assert surroundings("/usr/bin/python3", read_sdist(path), source).top == root
        else:
            with pytest.raises(NotCheckedError, match="as one of the sandbox's own"):
                surroundings("/usr/bin/python3", read_sdist(path), source)
