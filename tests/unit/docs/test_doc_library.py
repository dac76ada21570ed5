import ast
import re
from pathlib import Path

import pytest

import made_project
import wheelproof
from doc_pages import blocks, page, rows, section

TEXT = page("docs/library.md")
COMPARING, JUDGING, READING, CHECKING = blocks(TEXT, "python")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the examples read, in the working directory."""
    project = made_project.MadeProject()
    for side, moment in (("published", (2024, 5, 6, 7, 8, 10)), ("rebuilt", (2024, 5, 6, 7, 8, 12))):
        (tmp_path / side).mkdir()
        (tmp_path / side / project.wheel_name).write_bytes(project.wheel(moment=moment))
    (tmp_path / project.sdist_name).write_bytes(project.sdist())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made_lock() -> wheelproof.Lock:
    file = {"filename": "demo-1.0.tar.gz", "sha256": "0" * 64, "size_bytes": 1}
    values: dict[str, object] = {
        "tool": "wheelproof 0",
        "target": "demo==1.0",
        "project": "demo",
        "version": "1.0",
        "published": file,
        "source": file,
        "requirements": (),
        "as_of": "2026-01-02T03:04:05Z",
        "frontend": (),
        "runner": "9" * 64,
        "image": {
            "name": "demo",
            "image_id": f"sha256:{'0' * 64}",
            "rootfs": (),
            "python": "3.13",
            "interpreter": "/usr/bin/python3",
            "packages": {},
            "pin_met": True,
            "pin": "it is pinned",
        },
        "build": {"backend": "demo", "environment": {}, "umask": "0022", "folder": "/build", "steps": ()},
        "recipe": {"python": "3.13", "image": "demo"},
        "choices": (),
    }
    return wheelproof.Lock.model_validate(values)


def run(example: str) -> None:
    exec(compile(example, "docs/library.md", "exec"), {"__name__": "example"})


def test_the_example_that_compares_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(COMPARING)
    assert capsys.readouterr().out.startswith("same-content - ")
    assert "same-content" in (folder / "report.md").read_text("utf-8")


@pytest.mark.usefixtures("folder")
def test_the_example_that_judges_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run(JUDGING)
    assert capsys.readouterr().out == "same-content\n"


def test_the_example_that_reads_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recipe, *_) = blocks(page("docs/recipes.md"), "yaml")
    (folder / "recipe.yaml").write_text(recipe)
    (folder / "pylock.toml").write_text(wheelproof.render_lock(made_lock()))
    run(READING)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "six==1.17.0 six-1.17.0-py2.py3-none-any.whl"


def test_the_example_that_checks_uses_names_and_settings_that_are_there() -> None:
    tree = ast.parse(CHECKING)
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "wheelproof"
        for alias in node.names
    ]
    assert set(imported) <= set(wheelproof.__all__)
    assert wheelproof.Settings(require_pinned=True).require_pinned


def test_every_name_of_the_library_is_listed() -> None:
    listed = {name for row in rows(section(TEXT, "Names")) for name in re.findall(r"`(\w+)`", row[0])}
    assert listed == set(wheelproof.__all__)


def test_every_setting_is_named() -> None:
    (item,) = [part for part in TEXT.split("\n- ") if part.startswith("`Settings`")]
    assert set(re.findall(r"`([a-z_]+)`", item)) == set(wheelproof.Settings.__dataclass_fields__)
