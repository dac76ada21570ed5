"""Findings stand beside every verdict, each under an id from the one list."""

from pathlib import Path

import pytest

from wheel_builder import DIST_INFO, FILENAME, FILES, Entry, complete, entries_of, put, raw_zip, zipped
from wheelproof.compare.replay import replay
from wheelproof.compare.wheels import compare_wheels
from wheelproof.core.verdict import Verdict
from wheelproof.explain.findings import FINDINGS, Finding, Side, find_all, find_in_wheel
from wheelproof.explain.runnable import runs_as, starts_with_python
from wheelproof.explain.verdict import judge
from wheelproof.wheel.anomaly import AnomalyKind
from wheelproof.wheel.facts import read_wheel

PLAIN = zipped(complete())


def findings_of(
    tmp_path: Path, published: bytes, rebuilt: bytes = PLAIN, rebuilt_name: str = FILENAME
) -> set[tuple[str, Side, str]]:
    left = read_wheel(put(tmp_path / "published", published))
    right = read_wheel(put(tmp_path / "rebuilt", rebuilt, rebuilt_name))
    found = find_all(compare_wheels(left, right))
    assert len(found) == len(set(found))
    assert all(finding.title and finding.detail.isprintable() for finding in found)
    return {(finding.id, finding.side, finding.member) for finding in found}


def with_file(name: str) -> bytes:
    return zipped(complete({**FILES, name: "import os\n"}))


def test_plain_wheels_have_none(tmp_path: Path) -> None:
    assert findings_of(tmp_path, zipped(complete(), level=9)) == set()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("demo.pth", "startup-file"),
        ("demo.start", "startup-file"),
        ("demo-1.0.data/purelib/demo.pth", "startup-file"),
        ("demo-1.0.data/platlib/demo.pth", "startup-file"),
        ("sitecustomize.py", "startup-file"),
        ("usercustomize/__init__.py", "startup-file"),
        ("sitecustomize.cpython-311-x86_64-linux-gnu.so", "startup-file"),
        ("demo/payload.py", "python"),
        ("demo/payload.pyc", "python"),
        ("demo/_fast.cpython-311-x86_64-linux-gnu.so", "extension"),
        ("demo/_fast.pyd", "extension"),
        ("demo.libs/libz.so.1.2", "extension"),
        ("demo-1.0.data/scripts/demo", "script"),
        ("demo-1.0.data/scripts/demo.py", "script"),
        (f"{DIST_INFO}/entry_points.txt", "entry-points"),
        ("demo-1.0.data/data/etc/demo.conf", "data"),
        ("demo-1.0.data/headers/demo.h", "data"),
        ("demo/page.html", None),
        ("demo/not_at_the_root.pth", None),
        ("demo-1.0.data/purelib/demo/page.html", None),
        (f"{DIST_INFO}/licenses/LICENSE", None),
        ("sitecustomize.txt", None),
    ],
)
def test_what_only_the_published_wheel_would_run(tmp_path: Path, name: str, what: str | None) -> None:
    assert runs_as(name, DIST_INFO) == what
    expected = {(f"published-only-{what}", Side.PUBLISHED, name)} if what else set()
    if what == "startup-file":
        expected.add(("startup-file", Side.PUBLISHED, name))
    assert findings_of(tmp_path, with_file(name)) == expected
    assert starts_with_python(name) == (what == "startup-file")


def test_a_startup_file_is_a_finding_although_the_rebuild_has_it_too(tmp_path: Path) -> None:
    data = with_file("demo.pth")
    wheel = read_wheel(put(tmp_path, data))
    comparison = compare_wheels(wheel, wheel)
    judgement = judge(comparison, None, find_all(comparison))
    assert judgement.verdict is Verdict.IDENTICAL
    assert judgement.findings == (Finding(id="startup-file", side=Side.BOTH, member="demo.pth"),)


def test_members_only_in_the_rebuilt_wheel_are_no_finding(tmp_path: Path) -> None:
    assert findings_of(tmp_path, PLAIN, with_file("demo/payload.py")) == set()


def test_modes_that_install_differently(tmp_path: Path) -> None:
    entries = entries_of(complete())
    entries[0].mode = 0o100755
    assert findings_of(tmp_path, raw_zip(entries)) == {
        ("executable-bit-differs", Side.BOTH, "demo/__init__.py")
    }
    entries[0].mode = 0o120777
    assert findings_of(tmp_path, raw_zip(entries)) == {
        ("file-type-differs", Side.BOTH, "demo/__init__.py"),
        ("symlink-member", Side.PUBLISHED, "demo/__init__.py"),
    }


def test_another_file_name(tmp_path: Path) -> None:
    files = complete(FILES | {f"{DIST_INFO}/WHEEL": FILES[f"{DIST_INFO}/WHEEL"].replace("py3", "py2")})
    found = findings_of(tmp_path, PLAIN, zipped(files), "demo-1.0-py2-none-any.whl")
    assert found == {("filename-differs", Side.BOTH, "")}


def test_a_lying_record_stands_beside_same_content(tmp_path: Path) -> None:
    files = complete() | {f"{DIST_INFO}/RECORD": b"demo/__init__.py,sha256=AAAA,1\n"}
    left = read_wheel(put(tmp_path / "published", zipped(files, level=9)))
    right = read_wheel(put(tmp_path / "rebuilt", zipped(files)))
    comparison = compare_wheels(left, right)
    judgement = judge(comparison, replay(comparison), find_all(comparison))
    assert judgement.verdict is Verdict.SAME_CONTENT
    assert {finding.side for finding in judgement.findings} == {Side.BOTH}
    assert "record-wrong-hash" in {finding.id for finding in judgement.findings}


def test_one_wheel_alone_has_findings_too(tmp_path: Path) -> None:
    wheel = read_wheel(put(tmp_path, raw_zip([*entries_of(complete()), Entry(name=b"../evil.pth")])))
    found = {finding.id for finding in find_in_wheel(wheel, Side.PUBLISHED)}
    assert found == {"unsafe-member-name", "record-unlisted-member"}


def test_every_anomaly_is_in_the_list() -> None:
    assert set(AnomalyKind) <= FINDINGS.keys()
    assert all(title and not title.endswith(".") for title in FINDINGS.values())
