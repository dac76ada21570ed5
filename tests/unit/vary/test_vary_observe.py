"""What is not the same in two builds, and whether entries' times follow the clock; with real wheels."""

import calendar
from pathlib import Path

import pytest

from made_project import MOMENT, MadeProject, Moment
from wheelproof.core.identity import Digest
from wheelproof.rebuild.record import Built, NotBuilt, Phase
from wheelproof.vary.clock import follows_clock
from wheelproof.vary.observe import MODIFICATION_TIME, Seen, differing, member_names, see
from wheelproof.vary.search import FAILS, NOTHING

DEMO = MadeProject()
RECORD = f"{DEMO.dist_info}/RECORD"
LATER: Moment = (2024, 5, 6, 7, 9, 10)


class Bench:
    """Makes observations of wheels."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def __call__(
        self,
        changes: dict[str, bytes] | None = None,
        moment: Moment = MOMENT,
        *,
        began: float = 0.0,
        data: bytes | None = None,
        filename: str = DEMO.wheel_name,
    ) -> Seen:
        self.count += 1
        path = self.folder / f"{self.count}.whl"
        path.write_bytes(DEMO.wheel(changes, moment) if data is None else data)
        built = Built(
            path=path, filename=filename, digest=Digest.of_file(path), log=b"log", duration_s=1, build_s=1
        )
        return see(NOTHING, built, began, began + 10)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_same_bytes_are_the_same(bench: Bench) -> None:
    assert differing(bench(), bench()) == frozenset()


def test_a_member_that_changes_and_the_record_that_follows(bench: Bench) -> None:
    keys = differing(bench(), bench({"demo/__init__.py": b"other"}))
    assert member_names(keys) == {"demo/__init__.py", RECORD}
    assert MODIFICATION_TIME not in keys


def test_a_member_that_is_only_in_one(bench: Bench) -> None:
    assert "demo/more.py" in member_names(differing(bench(), bench({"demo/more.py": b""})))


def test_times_of_entries_are_a_field_of_the_archive(bench: Bench) -> None:
    assert differing(bench(), bench(moment=LATER)) == {MODIFICATION_TIME}


def test_bytes_that_belong_to_nothing_are_not_the_same(bench: Bench) -> None:
    data = DEMO.wheel()
    assert differing(bench(), bench(data=data + b"\n"))


def test_another_file_name_is_not_the_same(bench: Bench) -> None:
    assert differing(bench(), bench(filename="demo-1.0-py2.py3-none-any.whl")) == {"archive file name"}


def test_a_build_without_a_wheel_differs_from_one_with_and_not_from_another_without(bench: Bench) -> None:
    without = [see(NOTHING, NotBuilt(phase=Phase.BUILD, reason=text), 0, 1) for text in ("one", "other")]
    assert differing(without[0], bench()) == differing(bench(), without[1]) == {FAILS}
    assert differing(*without) == frozenset()


def test_a_file_that_is_no_wheel_is_a_build_without_one(bench: Bench) -> None:
    seen = bench(data=b"PK")
    assert seen.wheel is None
    assert isinstance(seen.outcome, NotBuilt)
    assert (seen.outcome.phase, seen.outcome.log) == (Phase.COLLECT, b"log")


def test_times_follow_the_clock_where_each_build_has_those_of_its_own_run(bench: Bench) -> None:
    begun = [float(calendar.timegm((*moment, 0, 0, 0))) - 5 for moment in (MOMENT, LATER)]
    one, other = bench(began=begun[0]), bench(moment=LATER, began=begun[1])
    assert follows_clock(one, other)
    assert not follows_clock(one, one)
    assert not follows_clock(bench(began=begun[1]), other)
    assert not follows_clock(one, bench(moment=LATER, began=begun[0]))
