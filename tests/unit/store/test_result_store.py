import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sample_reports
from sample_reports import HOSTILE, NOON, WHEEL, made_result
from wheelproof.core.errors import UsageError
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.check import Before
from wheelproof.report.document import PublishedFacts, Result
from wheelproof.store.results import FILES_NAME, INDEX_NAME, ResultStore, Stored, _Document, _file_of

KEY, OTHER_KEY = "f" * 64, "e" * 64
FILE = "demo-1.0-py3-none-any.json"
HOUR_S = 3600


def result_named(name: str) -> Result:
    return made_result(published=PublishedFacts(filename=name), target=name or "demo==1.0")


def put(folder: Path, result: Result | None = None, key: str | None = KEY) -> Stored:
    with ResultStore(folder) as store:
        return store.put(result or made_result(), key=key, duration_s=1.5)


def keys(folder: Path) -> dict[str, Before | None]:
    with ResultStore(folder) as store:
        return {stored.name: stored.before for stored in store.of_target("demo==1.0")}


def history(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / INDEX_NAME) as connection:
        rows = connection.execute("SELECT name, verdict FROM history ORDER BY rowid").fetchall()
    connection.close()
    return rows


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    result = made_result()
    was = put(tmp_path, result)
    assert (was.name, was.result, was.key, was.duration_s) == (WHEEL, result, KEY, 1.5)
    with ResultStore(tmp_path) as store:
        assert store.get(WHEEL) == was
        assert store.of_target("demo==1.0") == store.of_target(WHEEL) == (was,)
        assert store.of_target("demo==2.0") == ()
    assert result.environment is not None
    image = result.environment.image
    assert was.before == Before(key=KEY, image=image.name, image_id=image.image_id)
    document = json.loads((tmp_path / FILES_NAME / FILE).read_text())
    assert document["result"]["verdict"] == "different"


def test_the_index_is_there_to_be_asked_by_others(tmp_path: Path) -> None:
    put(tmp_path)
    connection = sqlite3.connect(tmp_path / INDEX_NAME)
    row = connection.execute("SELECT name, target, key, verdict, duration_s, file FROM results").fetchone()
    connection.close()
    assert row == (WHEEL, "demo==1.0", KEY, "different", 1.5, f"{FILES_NAME}/{FILE}")


def test_what_is_to_be_tried_again_is_not_known(tmp_path: Path) -> None:
    assert put(tmp_path, key=None).before is None
    assert keys(tmp_path) == {WHEEL: None}


def test_a_later_result_takes_the_place_and_the_history_has_both(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, made_result(verdict=Verdict.IDENTICAL), OTHER_KEY)
    with ResultStore(tmp_path) as store:
        stored = store.get(WHEEL)
    assert stored is not None
    assert (stored.result.verdict, stored.key) == (Verdict.IDENTICAL, OTHER_KEY)
    assert history(tmp_path) == [(WHEEL, "different"), (WHEEL, "identical")]


def test_what_is_discarded_is_gone_and_stays_in_the_history(tmp_path: Path) -> None:
    put(tmp_path)
    with ResultStore(tmp_path) as store:
        store.discard(WHEEL)
        store.discard("never==1.0")
        assert store.get(WHEEL) is None
    assert keys(tmp_path) == {}
    assert history(tmp_path) == [(WHEEL, "different")]


NAMES = [
    "../../evil-1.0-py3-none-any.whl",
    "/etc/passwd",
    "\0",
    "demo-1.0-1\0-py3-none-any.whl",
    "demo-1.0-1\x1b[2J-py3-none-any.whl",
    "x" * 300,
    f"{'x' * 300}-1.0-py3-none-any.whl",
    "a\nb",
    "..",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_stays_inside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "store"
    result = result_named(name)
    put(folder, result)
    with ResultStore(folder) as store:
        stored = store.get(name or "demo==1.0")
        assert stored is not None
        assert stored.result == result
        assert store.of_target(name or "demo==1.0") == (stored,)
    outside = [path for path in tmp_path.rglob("*") if folder not in (path, *path.parents)]
    assert outside == []
    (file,) = (folder / FILES_NAME).iterdir()
    assert file.name.isprintable()


@given(
    st.text()
    | st.sampled_from(HOSTILE)
    | st.from_regex(r"demo-1\.0(-1.*)?-py3-none-any\.whl", fullmatch=True)
)
def test_any_name_has_one_file_of_its_own(name: str) -> None:
    file = Path(_file_of(name))
    assert file.parent == Path(FILES_NAME)
    assert len(file.name) < 250
    assert file.name.isascii()
    assert file.name.isprintable()
    assert _file_of(f"x{name}") != str(file)


def test_a_file_whose_row_was_not_written_is_taken_in(tmp_path: Path) -> None:
    """However long ago: a crash is not always noticed at once."""
    put(tmp_path)
    connection = sqlite3.connect(tmp_path / INDEX_NAME)
    connection.execute("DELETE FROM results")
    connection.commit()
    connection.close()
    path = tmp_path / FILES_NAME / FILE
    os.utime(path, (time.time() - HOUR_S, time.time() - HOUR_S))
    assert list(keys(tmp_path)) == [WHEEL]


def test_a_file_that_is_newer_than_its_row_counts(tmp_path: Path) -> None:
    put(tmp_path, made_result(verdict=Verdict.IDENTICAL), OTHER_KEY)
    newer = (tmp_path / FILES_NAME / FILE).read_bytes()
    folder = tmp_path / "other"
    put(folder)
    path = folder / FILES_NAME / FILE
    path.write_bytes(newer.replace(b'"finished": "20', b'"finished": "21'))
    with ResultStore(folder):
        pass
    with ResultStore(folder) as store:
        assert [stored.key for stored in store.of_target("demo==1.0")] == [OTHER_KEY]
    assert history(folder) == [(WHEEL, "different"), (WHEEL, "identical")]


def test_an_index_that_is_gone_is_made_again(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, made_result(published=PublishedFacts(), target="demo==2.0"))
    for path in tmp_path.glob(f"{INDEX_NAME}*"):
        path.unlink()
    with ResultStore(tmp_path) as store:
        names = [stored.name for target in ("demo==1.0", "demo==2.0") for stored in store.of_target(target)]
    assert names == [WHEEL, "demo==2.0"]


def test_a_file_that_is_gone_is_not_known(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / FILES_NAME / FILE).unlink()
    assert keys(tmp_path) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"finished": "soon"},
        {"finished": "2026-01-01T00:00:00"},
        {"duration_s": "long"},
        {"key": 5},
        {"result": {}},
        {"more": 1},
        None,
    ],
)
def test_a_file_that_is_not_what_was_written_is_not_known(
    tmp_path: Path, change: dict[str, object] | None
) -> None:
    put(tmp_path)
    path = tmp_path / FILES_NAME / FILE
    document = json.loads(path.read_text())
    path.write_text("{" if change is None else json.dumps(document | change))
    assert keys(tmp_path) == {}
    with ResultStore(tmp_path) as store:
        assert store.get(WHEEL) is None


def test_a_copy_of_a_file_is_no_result(tmp_path: Path) -> None:
    put(tmp_path)
    folder = tmp_path / FILES_NAME
    (folder / "copy.json").write_bytes((folder / FILE).read_bytes())
    put(tmp_path, key=OTHER_KEY)
    with ResultStore(tmp_path) as store:
        assert [stored.key for stored in store.of_target("demo==1.0")] == [OTHER_KEY]
    assert len(history(tmp_path)) == 2


def test_half_written_files_go_once_they_are_old(tmp_path: Path) -> None:
    put(tmp_path)
    old, new = (tmp_path / FILES_NAME / f"{name}.part" for name in ("old", "new"))
    old.write_text("{")
    new.write_text("{")
    os.utime(old, (time.time() - 2 * HOUR_S, time.time() - 2 * HOUR_S))
    with ResultStore(tmp_path):
        pass
    assert (old.exists(), new.exists()) == (False, True)


def test_what_can_hold_no_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't hold results"):
        ResultStore(tmp_path / "file")
    (tmp_path / INDEX_NAME).write_text("no database, but long enough to be taken for one" * 100)
    with pytest.raises(UsageError, match="can't hold results") as error:
        ResultStore(tmp_path)
    assert error.value.hint == f"Remove {INDEX_NAME} in it: it is made again from the results."


def test_an_index_that_is_damaged_in_the_middle_is_said(tmp_path: Path) -> None:
    with ResultStore(tmp_path) as store:
        for number in range(300):
            store._insert(
                _Document(key=KEY, finished=NOON, duration_s=1, result=result_named(f"n=={number}"))
            )
    path = tmp_path / INDEX_NAME
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(UsageError, match="can't hold results"):
        ResultStore(tmp_path)


def test_a_disk_that_is_full_is_said_and_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    was = put(tmp_path)
    with ResultStore(tmp_path) as store:
        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            with pytest.raises(UsageError, match=r"can't hold results: .* No space left on device"):
                store.put(made_result(verdict=Verdict.IDENTICAL), key=OTHER_KEY, duration_s=1)
        assert store.get(WHEEL) == was
        assert store.put(made_result(), key=OTHER_KEY, duration_s=1).key == OTHER_KEY
    assert [path.name for path in (tmp_path / FILES_NAME).iterdir()] == [FILE]


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    with ResultStore(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / INDEX_NAME)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(UsageError, match="another version"):
        ResultStore(tmp_path)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_result_store import write_many
write_many(Path(sys.argv[1]), 10_000)
"""


def write_many(folder: Path, count: int) -> None:
    """Keep a wheel's result of its own, and that of a wheel that other writers check too, over and over."""
    with ResultStore(folder) as store:
        for number in range(count):
            for name in (f"demo-{number}-py3-none-any.whl", "demo-shared-py3-none-any.whl"):
                result = made_result(published=PublishedFacts(filename=name))
                store.put(result, key=KEY, duration_s=1)
            print(number, flush=True)  # noqa: T201


def test_nothing_that_was_kept_is_lost_where_the_writer_is_killed(tmp_path: Path) -> None:
    folders = [Path(__file__).parent, Path(sample_reports.__file__).parent]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path, folders[0]],
        env=os.environ | {"PYTHONPATH": str(folders[1])},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(8)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    last = int((rest.split() or said)[-1])
    with ResultStore(tmp_path) as store:
        found = {stored.name for stored in store.of_target("demo==1.0")}
    assert {f"demo-{number}-py3-none-any.whl" for number in range(last + 1)} <= found
    assert len(found) <= last + 3
    connection = sqlite3.connect(tmp_path / INDEX_NAME)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_several_writers_from_the_first_moment(tmp_path: Path) -> None:
    folder, together = tmp_path / "store", threading.Barrier(4)

    def write() -> None:
        together.wait()
        write_many(folder, 3)

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(write) for _ in range(4)]:
            future.result()
    assert len(keys(folder)) == 4
    counts = Counter(name for name, _ in history(folder))
    assert counts == {"demo-shared-py3-none-any.whl": 12} | {
        f"demo-{number}-py3-none-any.whl": 4 for number in range(3)
    }
