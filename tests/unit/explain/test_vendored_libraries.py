"""A library that auditwheel took in is compared with the one of the same name, whatever hash is in it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from native_builder import Elf
from wheel_builder import FILES, complete, put, zipped
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.compare import compare_files
from wheelproof.report.document import Result

OURS, THEIRS = "demo.libs/libz-1a2b3c4d.so.1", "demo.libs/libz-5d2bc85e.so.1"
LIBRARY = Elf(soname="libz.so.1").build()
CHANGED = Elf(soname="libz.so.1", needed=("libc.so.6", "libm.so.6")).build()


def compared(folder: Path, published: Mapping[str, bytes], rebuilt: Mapping[str, bytes]) -> Result:
    sides = (
        put(folder / name, zipped(complete({**FILES, **files})))
        for name, files in (("published", published), ("rebuilt", rebuilt))
    )
    (result,) = compare_files(*sides, required=Verdict.EXPLAINED).results
    return result


def causes(result: Result) -> dict[str, dict[str, str]]:
    assert result.comparison is not None
    return {
        member.name: {use.id: use.evidence for use in member.causes}
        for member in result.comparison.members
        if member.name.startswith("demo.libs/")
    }


@pytest.mark.parametrize("content", [LIBRARY, CHANGED], ids=["the same bytes", "other bytes"])
def test_another_hash_in_its_name_is_another_library(tmp_path: Path, content: bytes) -> None:
    result = compared(tmp_path, {OURS: LIBRARY}, {THEIRS: content})
    assert result.verdict is Verdict.DIFFERENT
    found = causes(result)
    assert set(found) == {OURS, THEIRS}
    for named in found.values():
        assert named["vendored-library-other"] == f"{OURS!r} published, {THEIRS!r} rebuilt"
        assert ("native-libraries" in named) == (content is CHANGED)


def test_the_same_hash_in_its_name_says_that_the_copy_was_changed(tmp_path: Path) -> None:
    result = compared(tmp_path, {OURS: LIBRARY}, {OURS: CHANGED})
    assert result.verdict is Verdict.DIFFERENT
    assert "was the same file by the hash in its name" in causes(result)[OURS]["vendored-library-other"]


def test_a_library_without_a_like_is_alone(tmp_path: Path) -> None:
    result = compared(tmp_path, {OURS: LIBRARY}, {"demo.libs/liby-5d2bc85e.so.1": LIBRARY})
    assert result.verdict is Verdict.DIFFERENT
    assert all(set(named) == {"vendored-library"} for named in causes(result).values())


def test_libraries_pair_one_to_one(tmp_path: Path) -> None:
    more = "demo.libs/libz-00000000.so.1"
    found = causes(compared(tmp_path, {OURS: LIBRARY, more: LIBRARY}, {THEIRS: CHANGED}))
    alone = [name for name, named in found.items() if "vendored-library" in named]
    assert alone == [more]
