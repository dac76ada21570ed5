import re
from pathlib import Path

import pytest

import scan_words

UNFINISHED = "# TO" + "DO: later"
NAME = "FIX" + "ME"
# Each is put together here, so that this file does not hold it either.
PLANTED = [
    "see https://py" + "pi.org/project/six",
    "files.python" + "hosted.org",
    "upload.py" + "pi.org",
    "py" + "pi.python.org",
    "registry.npm" + "js.org",
    "deb http://deb.deb" + "ian.org/debian trixie main",
    "http://archive.ub" + "untu.com/ubuntu",
    "it lies in /wo" + "rk/main",
    "--cache=/ro" + "ot/.cache",
    "cd /ho" + "me/somebody",
    UNFINISHED,
    NAME,
    "XX" + "X",
    "read ../sha" + "red/notes.md",
    "as .libr" + "ary/README says",
    "what bri" + "ef.md says",
    "a sub" + "-agent wrote it",
    "in another helper ses" + "sion",
    "a language mo" + "del wrote it",
    "Clau" + "de",
    "Co-Authored-" + "By: a tool",
]
HARMLESS = [
    "http://snapshot.debian.org/archive/debian",
    "HOME=/build/home",
    "with Session(settings) as session:",
    "docker.io",
    "os.environ['WORK']",
    "_shipped/work/x",
    "mktemp /tmp/demo.XXXXXX",
    "lib/python3/site-packages",
    "the library reads it",
    "https://index.example/simple/",
]


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_word_is_found_with_its_line(text: str) -> None:
    (hit, *_) = scan_words.scan_text("a.txt", f"first\n{text}\n")
    assert hit.place == "a.txt:2"
    assert hit.word in text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_like_one_is_left_alone(text: str) -> None:
    assert list(scan_words.scan_text("a.txt", text)) == []


@pytest.mark.parametrize("pattern", [pattern for _, pattern in scan_words.RULES])
def test_every_rule_has_something_planted_for_it(pattern: str) -> None:
    assert any(re.search(pattern, text) for text in PLANTED)


def test_a_folder_without_git_is_scanned_by_name_and_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.txt").write_text("nothing\n")
    (tmp_path / "image.bin").write_bytes(b"\0" + PLANTED[0].encode())
    assert scan_words.main(tmp_path) == 0
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "bad.txt").write_text(f"\n\n{UNFINISHED}\n")
    (tmp_path / f"{NAME}.txt").write_text("")
    assert scan_words.main(tmp_path) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in printed] == [f"{NAME}.txt", "deep/bad.txt:3"]


def test_messages_of_the_history_are_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "ls-files": "",
        "log": f"abc1234\0Say something\n\n{UNFINISHED}\n\x01\nabc1235\0Say more\n\x01\n",
    }
    monkeypatch.setattr(scan_words, "_git", lambda _root, command, *_rest: answers[command])
    (hit,) = scan_words.scan_project(tmp_path)
    assert hit.place == "commit abc1234:3"
