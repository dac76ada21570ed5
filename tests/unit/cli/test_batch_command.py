"""``wheelproof batch`` where no engine answers: lists, options, progress, results and exit codes."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_index import FakeIndex
from made_project import MadeProject
from running import Ended, run_inside
from sample_reports import NOON, made_result
from wheelproof.batch.run import Done
from wheelproof.cli.batch_progress import progress
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import PublishedFacts
from wheelproof.store.results import ResultStore, Stored

DEMO = MadeProject()


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.delenv("WHEELPROOF_INDEX_URL", raising=False)


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()})
        yield index


def batch(folder: Path, text: str | bytes | None, *arguments: str | Path) -> Ended:
    path = folder / "list.txt"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run_inside("batch", path, "--store", folder / "store", *arguments)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "list.txt can't be read: "),
        (b"", "list.txt names nothing to check.\nOne name==version a line is a list."),
        (b"# later\n\n", "names nothing to check"),
        (b"\xff\xfe\x00", "list.txt can't be read: "),
        (
            b"six==1\nwhat is this\x1b[2J\nsix\n",
            r"is no list of targets: line 2: what is this\x1b[2J is not a target",
        ),
        (b"{", "is not JSON"),
        (b'{"Packages": [{"Name": "six"}]}', "shows every form of a list."),
        (b'lock-version = "9"\n', "is not a pylock.toml (PEP 751)"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: bytes | None, said: str) -> None:
    ended = batch(tmp_path, text)
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("wheelproof: ")
    assert said in ended.err
    assert "\x1b" not in ended.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "arguments",
    [("--jobs", "0"), ("--jobs", "65"), ("--timeout", "0"), ("--limit", "0"), ("--require", "different")],
)
def test_options_that_can_not_be_meant(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = batch(tmp_path, "six==1\n", *arguments)
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
    assert "Usage: wheelproof batch" in ended.err


def test_a_store_that_can_not_be_one(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    ended = batch(tmp_path, "six==1\n")
    assert ended.exit_code == ExitCode.USAGE
    assert "can't hold results" in ended.err
    assert "--store" in ended.err


def test_no_engine(tmp_path: Path, index: FakeIndex) -> None:
    """A failure of the tool, not of the wheels: it is kept, and to be tried again."""
    text = "demo==1.0\ndemo==9\nnosuch==1\ndemo>1\n"
    ended = batch(tmp_path, text, "--index-url", index.url, "-j", "1", "--format", "json")
    assert ended.exit_code == ExitCode.ENGINE
    assert [(item["target"], item["verdict"], item["failure"]["exit_code"]) for item in ended.results] == [
        ("demo==1.0", "not-checked", ExitCode.ENGINE),
        ("demo==9", "not-checked", ExitCode.FETCH),
        ("nosuch==1", "not-checked", ExitCode.FETCH),
        ("demo>1", "not-checked", ExitCode.NOT_CHECKED),
    ]
    assert ended.report["run"]["fresh"] == 3
    assert len(ended.err.splitlines()) == 3
    assert "    3 of 3  not-checked  " in ended.err
    with ResultStore(tmp_path / "store") as store:
        assert [item.key for item in store.of_target("demo==1.0")] == [None]


def test_limit_and_quiet(tmp_path: Path, index: FakeIndex) -> None:
    ended = batch(tmp_path, "demo==1.0\ndemo==9\n", "--index-url", index.url, "-j", "1", "--limit", "1", "-q")
    assert ended.err == ""
    assert "1 of 1 wheels" not in ended.out
    assert "0 of 1 wheels (0.0 %)" in ended.out


def test_pins_that_no_wheel_has(tmp_path: Path, index: FakeIndex) -> None:
    text = f"demo==1.0 --hash=sha256:{'0' * 64}\n"
    ended = batch(tmp_path, text, "--index-url", index.url, "-j", "1", "--format", "json")
    assert ended.exit_code == ExitCode.FETCH
    assert "has a sha256 that the list pins" in ended.result["reason"]


def test_nothing_that_can_be_checked(tmp_path: Path) -> None:
    ended = batch(tmp_path, "demo>1\n", "--format", "json")
    assert ended.exit_code == ExitCode.NOT_CHECKED
    assert ended.result["reason"] == f"It is not pinned to one version ({tmp_path / 'list.txt'}:1)"
    assert ended.result["failure"]["phase"] == "list"


def done(name: str, verdict: Verdict, *, fresh: bool = True) -> Done:
    result = made_result(published=PublishedFacts(filename=name), verdict=verdict)
    stored = Stored(name=name, key=None, finished=NOON, duration_s=1, result=result)
    return Done(stored=stored, fresh=fresh)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_elsewhere_is_a_line_a_wheel() -> None:
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream), progress(2, quiet=False) as show:
        show(done("a\x1b[2J.whl", Verdict.IDENTICAL))
        show(done("b.whl", Verdict.NOT_BUILT, fresh=False))
    assert stream.getvalue().splitlines() == [
        r"    1 of 2  identical    a\x1b[2J.whl",
        "    2 of 2  not-built    b.whl  (unchanged)",
    ]


def test_progress_on_a_terminal_has_verdicts_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow: a wheel can take many minutes."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    now = [0.0]
    monkeypatch.setattr("rich.console.monotonic", lambda: now[0])
    stream = Terminal()
    with contextlib.redirect_stderr(stream), progress(9, quiet=False) as show:
        for verdict in (Verdict.IDENTICAL, Verdict.IDENTICAL, Verdict.DIFFERENT, Verdict.IDENTICAL):
            now[0] += 120
            show(done("a.whl", verdict))
    last = stream.getvalue().rpartition("\r")[2]
    for part in ("4/9", "3 identical, 1 different", "30 an hour", "0:10:00"):
        assert part in last
