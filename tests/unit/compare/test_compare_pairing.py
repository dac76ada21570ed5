"""Members paired by name, and what their modes mean to an installer."""

from pathlib import Path

import pytest

from wheel_builder import DIST_INFO, FILES, Entry, complete, entries_of, put, raw_zip, zipped
from wheelproof.compare.pairing import ModeDifference, PairState, compare_modes, pair_members
from wheelproof.compare.wheels import compare_wheels
from wheelproof.wheel.facts import read_wheel
from wheelproof.wheel.reader import read_archive

UNIX, DOS = 3 << 8 | 20, 20


def test_every_member_has_its_state(tmp_path: Path) -> None:
    published = complete({**FILES, "demo/only_here.py": "x"})
    rebuilt = complete({**FILES, "demo/numbers.py": "N = 1\n", "demo/only_there.py": "x"})
    pairs = pair_members(
        read_wheel(put(tmp_path / "p", zipped(published))), read_wheel(put(tmp_path / "r", zipped(rebuilt)))
    )
    states = {pair.name: pair.state for pair in pairs}
    assert states == {
        "demo/__init__.py": PairState.SAME,
        "demo/numbers.py": PairState.CHANGED,
        "demo/py.typed": PairState.SAME,
        "demo/only_here.py": PairState.ONLY_PUBLISHED,
        "demo/only_there.py": PairState.ONLY_REBUILT,
        f"{DIST_INFO}/METADATA": PairState.SAME,
        f"{DIST_INFO}/WHEEL": PairState.SAME,
        f"{DIST_INFO}/RECORD": PairState.CHANGED,
    }


def test_duplicates_pair_in_turn(tmp_path: Path) -> None:
    entries = entries_of(complete())
    twice = [*entries, Entry(name=b"demo/py.typed", content=b"more")]
    published = read_wheel(put(tmp_path / "p", raw_zip(twice)))
    rebuilt = read_wheel(put(tmp_path / "r", raw_zip(entries)))
    states = [pair.state for pair in pair_members(published, rebuilt) if pair.name == "demo/py.typed"]
    assert states == [PairState.SAME, PairState.ONLY_PUBLISHED]


def test_identical_files(tmp_path: Path) -> None:
    wheel = read_wheel(put(tmp_path, zipped(complete())))
    comparison = compare_wheels(wheel, wheel)
    assert comparison.identical
    assert comparison.same_members
    assert comparison.envelope == ()
    assert list(comparison.in_state(PairState.CHANGED)) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((0o100644, UNIX), (0o100644, UNIX), ModeDifference.NONE),
        ((0o100664, UNIX), (0o100600, UNIX), ModeDifference.HARMLESS),
        ((0o644, UNIX), (0o100644, UNIX), ModeDifference.HARMLESS),
        ((0o100755, UNIX), (0o100711, UNIX), ModeDifference.HARMLESS),
        ((0o100755, UNIX), (0o100644, UNIX), ModeDifference.EXECUTABLE),
        ((0o100645, UNIX), (0o100644, UNIX), ModeDifference.EXECUTABLE),
        # pip asks for the type bits of a regular file, uv for an entry made on Unix.
        ((0o755, UNIX), (0o100755, UNIX), ModeDifference.EXECUTABLE),
        ((0o100755, DOS), (0o100755, UNIX), ModeDifference.EXECUTABLE),
        ((0o104755, UNIX), (0o100755, UNIX), ModeDifference.EXECUTABLE),
        ((0o120777, UNIX), (0o100777, UNIX), ModeDifference.TYPE),
        ((0o010644, UNIX), (0o100644, UNIX), ModeDifference.TYPE),
    ],
)
def test_modes(
    tmp_path: Path, left: tuple[int, int], right: tuple[int, int], expected: ModeDifference
) -> None:
    members = [
        read_archive(put(tmp_path, raw_zip([Entry(name=b"a", mode=mode, made_by=made_by)]))).members[0]
        for mode, made_by in (left, right)
    ]
    assert compare_modes(members[0], members[1]) is expected
    assert compare_modes(members[1], members[0]) is expected


def test_folders_install_the_same_whatever_their_bits(tmp_path: Path) -> None:
    members = [
        read_archive(put(tmp_path, raw_zip([Entry(name=b"a/", mode=mode)]))).members[0]
        for mode in (0o040755, 0o040700, 0)
    ]
    assert compare_modes(members[0], members[1]) is ModeDifference.HARMLESS
    assert compare_modes(members[0], members[2]) is ModeDifference.HARMLESS
