"""A program that stands for diffoscope and misbehaves: what it did is said, and nothing of it is left."""

import os
import sys
import time
from pathlib import Path

import pytest

from wheel_builder import FILES, complete, put, zipped
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import Verdict
from wheelproof.explain.causes.cause import Kind, MemberSide
from wheelproof.explain.diffoscope import Details, Diffoscope, Limits, find_diffoscope
from wheelproof.pipeline.compare import compare_files

PYTHON = sys.executable
LIMITS = Limits(timeout_s=5, memory_bytes=1 << 30, output_bytes=20_000)


def side(content: bytes, name: str = "demo/a.py") -> MemberSide:
    return MemberSide(
        name=name,
        kind=Kind.PYTHON,
        dist_info="demo-1.0.dist-info",
        digest=Digest.of_bytes(content),
        size_bytes=len(content),
        mode=0o100644,
        data=None,
        chunks=lambda: iter([content]),
        record_is_true=True,
    )


def program(folder: Path, body: str) -> Path:
    path = folder / "diffoscope"
    path.write_text(
        f"#!{PYTHON}\nimport os, sys, time\n"
        "if '--version' in sys.argv:\n    print('diffoscope 999')\n    sys.exit()\n"
        f"published, rebuilt = sys.argv[-2:]\n{body}"
    )
    path.chmod(0o755)
    return path


def told(folder: Path, body: str, *, name: str = "demo/a.py", limits: Limits = LIMITS) -> Details:
    there = Diffoscope(program=program(folder, body), version="diffoscope 999")
    return there.compare(side(b"one", name), side(b"two", name), limits)


def test_what_it_prints_is_shown(tmp_path: Path) -> None:
    body = "print(open(published).read(), open(rebuilt).read(), published, rebuilt)\nsys.exit(1)"
    details = told(tmp_path, body)
    assert details == Details(lines=("one two published/a.py rebuilt/a.py",), lines_left_out=0, cut="")


def test_its_lines_are_bounded_and_harmless(tmp_path: Path) -> None:
    details = told(tmp_path, "print('\\x1b[2J' * 100)\nfor n in range(500): print(n)\nsys.exit(1)")
    assert len(details.lines) == 120
    assert details.lines_left_out == 381
    assert all(line.isprintable() and len(line) < 400 for line in details.lines)


@pytest.mark.parametrize(
    "name", ["../../evil", "-rf", ".hidden", "a\x1b[2Jb.so", "x" * 5000, "日本.py", "d/"]
)
def test_no_name_leaves_its_folder_or_is_an_option(tmp_path: Path, name: str) -> None:
    (line,) = told(tmp_path, "print(published)\nsys.exit(1)", name=name).lines
    folder, _, base = line.partition("/")
    assert folder == "published"
    assert base
    assert base[0] not in ".-"
    assert base.isascii()
    assert "/" not in base


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        ("while True: time.sleep(1)", "stopped after 2 s"),
        ("while True: print('x' * 500)", "stopped after 19 KiB of output"),
        ("sys.exit('no such library')", ""),
        (
            "print('Traceback', 'ValueError: bad\\x1b[2J', sep='\\n', file=sys.stderr)\nsys.exit(2)",
            "code 2: ",
        ),
        ("os.kill(os.getpid(), 11)", "exit code -11"),
    ],
)
def test_how_it_ends_is_said(tmp_path: Path, body: str, cut: str) -> None:
    details = told(tmp_path, body, limits=Limits(timeout_s=2, output_bytes=20_000))
    assert cut in details.cut
    assert bool(details.cut) is bool(cut)
    assert details.cut.isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process's memory")
def test_its_memory_is_limited(tmp_path: Path) -> None:
    details = told(tmp_path, "time.sleep(0.5)\nx = bytearray(2 << 30)\nsys.exit(1)")
    assert "exit code 1" not in details.cut
    assert details.lines == ()


def test_what_it_starts_ends_with_it(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    body = (
        f"if os.fork() == 0:\n    while True:\n        open({str(seen)!r}, 'w').write(str(time.time()))\n"
        "        time.sleep(0.05)\ntime.sleep(60)"
    )
    assert "stopped" in told(tmp_path, body, limits=Limits(timeout_s=2)).cut
    last = seen.read_text()
    time.sleep(0.3)
    assert seen.read_text() == last


def test_of_its_surroundings_it_gets_the_search_path_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "swordfish")
    details = told(tmp_path, "print(sorted(os.environ))\nsys.exit(1)")
    assert "SECRET" not in details.lines[0]
    assert "'PATH'" in details.lines[0]


def test_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    assert find_diffoscope() == "diffoscope is not installed"
    beside = program(tmp_path, "")
    assert find_diffoscope() == Diffoscope(program=beside, version="diffoscope 999")
    beside.write_text(f"#!{PYTHON}\nraise SystemExit('libmagic is missing')")
    assert find_diffoscope() == "diffoscope does not work: libmagic is missing"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    published = complete({**FILES, "demo/a.py": "x = 1\n", "demo/only.py": ""})
    rebuilt = complete({**FILES, "demo/a.py": "x = 2\n"})
    return put(tmp_path / "published", zipped(published)), put(tmp_path / "rebuilt", zipped(rebuilt))


@pytest.mark.parametrize("body", ["sys.exit(1)", "sys.exit(0)", "print('-old')\nsys.exit(2)", None])
def test_no_verdict_depends_on_it(
    tmp_path: Path, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, body: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", os.defpath if body is None else str(tmp_path))
    if body is not None:
        program(tmp_path, body)
    (plain,) = compare_files(*pair, required=Verdict.EXPLAINED).results
    (asked,) = compare_files(*pair, required=Verdict.EXPLAINED, details=True).results
    assert (asked.verdict, asked.reason, asked.findings) == (plain.verdict, plain.reason, plain.findings)
    (note,) = asked.notes
    assert asked.comparison is not None
    told_of = [member.name for member in asked.comparison.members if member.details is not None]
    if body is None:
        assert "not run: diffoscope is not installed" in note
        assert told_of == []
    else:
        assert "run on 1 of 1 members" in note
        assert told_of == ["demo/a.py"]
