"""What a build is made to believe, in a process of its own as in the sandbox."""

import subprocess
import sys
from pathlib import Path

import pytest

from wheelproof.rebuild import inside

RUNNER = Path(inside.__path__[0])
TEXT = "a\nä\n"


def told(code: str, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import runner\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"PYTHONPATH": str(RUNNER), "LC_ALL": "C.UTF-8", **variables},
    )
    return done.stdout


def test_another_version_is_what_every_question_is_answered_with(tmp_path: Path) -> None:
    asked = (
        "import sys, platform; print(sys.version_info[:3], sys.hexversion >> 16, platform.python_version())"
    )
    assert told(f"runner.present(3, 7)\n{asked}", tmp_path) == f"(3, 7, 0) {0x0307} 3.7.0\n"


def test_the_standard_library_stays_where_it_is(tmp_path: Path) -> None:
    asked = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    assert told(f"runner.present(3, 7)\n{asked}", tmp_path) == told(asked, tmp_path)


def test_an_older_version_has_what_it_had(tmp_path: Path) -> None:
    asked = "import html.parser; print(html.parser.HTMLParser().unescape('&lt;'))"
    assert told(f"runner.present(3, 7)\n{asked}", tmp_path) == "<\n"


@pytest.mark.parametrize(
    ("variables", "encoding"), [({}, "cp1252"), ({"PYTHONUTF8": "1"}, "utf-8")], ids=["plain", "utf-8"]
)
@pytest.mark.parametrize(
    "write",
    [
        "open('t', 'w').write({!r})",
        "__import__('io').open('t', mode='w').write({!r})",
        "__import__('pathlib').Path('t').write_text({!r})",
    ],
)
def test_text_is_written_as_on_windows(
    tmp_path: Path, write: str, variables: dict[str, str], encoding: str
) -> None:
    told(f"runner.open_as_windows()\n{write.format(TEXT)}", tmp_path, **variables)
    assert (tmp_path / "t").read_bytes() == TEXT.replace("\n", "\r\n").encode(encoding)


@pytest.mark.parametrize(
    "write",
    [
        "open('t', 'wb').write({!r}.encode())",
        "open('t', 'w', encoding='utf-8', newline='').write({!r})",
        "open('t', 'w', encoding='utf-8', newline='\\n').write({!r})",
    ],
)
def test_what_a_program_says_itself_is_done(tmp_path: Path, write: str) -> None:
    told(f"runner.open_as_windows()\n{write.format(TEXT)}", tmp_path)
    assert (tmp_path / "t").read_bytes() == TEXT.encode()


def test_text_is_read_as_on_windows(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"\xe4\r\n\xe4\n")
    assert (
        told("runner.open_as_windows()\nprint(ascii(open('t').read()))", tmp_path) == "'\\xe4\\n\\xe4\\n'\n"
    )


def test_debians_setuptools_sorts_requirements_and_names_no_python(tmp_path: Path) -> None:
    folders = {"setuptools/command": "", "setuptools": ""}
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "setuptools/command/egg_info.py").write_text(
        "def yield_lines(lines):\n    return iter(lines)\n"
        "def _write_requirements(stream, reqs):\n    stream.extend(yield_lines(reqs or ()))\n"
    )
    (tmp_path / "pkg_resources.py").write_text(
        "PY_MAJOR = '3.9'\nclass Distribution:\n    def egg_name(self):\n        return 'demo-1-py3.9'\n"
    )
    asked = (
        "from setuptools.command import egg_info\nimport pkg_resources\nlines = []\n"
        "egg_info._write_requirements(lines, ['b', 'a'])\n"
        "print(lines, pkg_resources.Distribution().egg_name())"
    )
    found = told(f"runner.patch_as_debian()\n{asked}", tmp_path, PYTHONPATH=f"{RUNNER}:{tmp_path}")
    assert found == "['a', 'b'] demo-1\n"
