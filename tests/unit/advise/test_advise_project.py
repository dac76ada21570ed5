import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sdist_builder
from advice_given import PUBLISH, SETUPTOOLS, project, said, workflow
from wheelproof.advise.advice import ProjectAdvice
from wheelproof.advise.commands import builds_of, publishing_line
from wheelproof.advise.project import read_archive, read_folder
from wheelproof.advise.rules import ADVICE
from wheelproof.advise.versions import is_pinned, requirement_of, span_of
from wheelproof.advise.workflow import parse_workflow
from wheelproof.core.errors import MalformedError

WORDS = [
    "jobs",
    "steps",
    "run",
    "uses",
    "with",
    "strategy",
    "matrix",
    "include",
    "runs-on",
    "${{ matrix.os }}",
    "os",
]
COMMANDS = [
    "python -m build",
    "cibuildwheel",
    "pypa/cibuildwheel@x",
    "twine upload",
    "uv build -w",
    "pip wheel x.tar.gz",
]
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.integers() | st.sampled_from(WORDS + COMMANDS) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_folder_and_its_sdist_say_the_same(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": SETUPTOOLS,
        "setup.cfg": "[options]\npackages = find:\n",
        "demo/__init__.py": "x = 1\n",
        "demo/fast.c": "int x;",
        PUBLISH: workflow("run: sh tools/build.sh"),
        "tools/build.sh": "python -m build",
        "requirements.txt": "a==1",
    }
    write(tmp_path / "tree", files)
    tree = read_folder(tmp_path / "tree")
    path = tmp_path / sdist_builder.FILENAME
    path.write_bytes(sdist_builder.tar_gz(sdist_builder.members(files)))
    packed = read_archive(path)
    assert (tree.files, tree.texts, tree.locks, tree.workflows) == (
        packed.files,
        packed.texts,
        packed.locks,
        packed.workflows,
    )
    assert (tree.is_sdist, packed.is_sdist) == (False, True)
    assert tree.is_compiled
    assert [build.tool for build in builds_of(tree.workflows[0])] == ["build"]


def test_links_and_what_is_no_file_are_not_read(tmp_path: Path) -> None:
    write(tmp_path / "out", {"setup.cfg": "[secret]\nx = 1\n", "workflows/w.yml": workflow("run: uv build")})
    tree = tmp_path / "tree"
    write(tree, {"pyproject.toml": SETUPTOOLS})
    (tree / "setup.cfg").symlink_to(tmp_path / "out" / "setup.cfg")
    (tree / ".github").symlink_to(tmp_path / "out")
    os.mkfifo(tree / "setup.py")
    found = read_folder(tree)
    assert set(found.texts) == {"pyproject.toml"}
    assert (found.setup_cfg, found.workflows) == ({}, ())
    assert [note.partition(":")[0] for note in found.notes] == [
        "setup.cfg was not read",
        "setup.py was not read",
    ]


def test_a_pyproject_that_is_a_link_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "out", {"pyproject.toml": SETUPTOOLS})
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "pyproject.toml").symlink_to(tmp_path / "out" / "pyproject.toml")
    with pytest.raises(MalformedError, match="is a link"):
        read_folder(tmp_path / "tree")


def test_nothing_is_said_of_pins_where_a_lock_was_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": SETUPTOOLS.replace("==80.9.0", "")})
    assert said("build-requirements-unpinned", read_folder(tmp_path))
    (tmp_path / "uv.lock").symlink_to(tmp_path / "pyproject.toml")
    assert said("build-requirements-unpinned", read_folder(tmp_path)) == []


def test_large_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"setup.py": "#" * (513 << 10), "setup.cfg": "[a]\nb = 1\n"})
    assert set(read_folder(tmp_path).texts) == {"setup.cfg"}


def test_folders_that_are_no_source_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"setup.py": "", ".venv/x.c": "", "build/y.c": "", "node_modules/z.c": "", "a/.hidden/b.c": ""},
    )
    assert read_folder(tmp_path).files == {"setup.py"}


def test_what_cannot_be_read_is_noted() -> None:
    found = project({"setup.cfg": "no section"}, workflow="a: [")
    assert set(found.notes) == {"setup.cfg can't be read", f"{PUBLISH} is not YAML"}


def test_a_pyproject_that_is_none() -> None:
    with pytest.raises(MalformedError, match="is not TOML"):
        project(pyproject="[")


@given(VALUES)
def test_any_yaml_is_a_workflow(value: object) -> None:
    found = parse_workflow("w.yml", json.dumps({"jobs": value}))
    builds_of(found)
    publishing_line(found)


@given(st.text(max_size=200) | st.text(alphabet="jobs:-{}[]&*!|>\n '\"", max_size=200))
def test_any_text_is_a_workflow_or_no_yaml(text: str) -> None:
    with contextlib.suppress(MalformedError):
        parse_workflow("w.yml", text)


def test_a_workflow_of_aliases_is_read_within_bounds() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    found = parse_workflow("w.yml", f"{text}jobs: {{one: {{steps: *i, runs-on: *i}}}}\n")
    assert len(found.jobs[0].steps) == 9


def test_a_workflow_that_is_nested_too_deeply_is_none() -> None:
    with pytest.raises(MalformedError):
        parse_workflow("w.yml", "[" * 20_000)


SOURCES = st.fixed_dictionaries(
    {},
    optional={
        name: st.text(max_size=100) | st.sampled_from(COMMANDS)
        for name in (
            "setup.cfg",
            "setup.py",
            "MANIFEST.in",
            "PKG-INFO",
            "requirements.txt",
            PUBLISH,
            "x.sh",
            "a/b.c",
        )
    },
)
TABLES = st.sampled_from(
    ["project", "tool.setuptools", "tool.scikit-build", "tool.cibuildwheel", "tool.setuptools_scm"]
)
SETTINGS = st.sampled_from(
    [
        "readme",
        "license",
        "license-files",
        "packages",
        "package-dir",
        "package-data",
        "wheel",
        "linux",
        "write_to",
        "build-dir",
    ]
)
TOML = st.sampled_from(
    ["1", '"x"', '["a", 1]', "{}", '{find = {where = [1, "."]}}', "{file = 3}", '{"" = 1, a = ["b"]}', "true"]
)


@given(
    SOURCES,
    st.lists(st.tuples(TABLES, SETTINGS, TOML), max_size=4, unique_by=lambda row: row[:2]),
    st.booleans(),
)
def test_every_rule_takes_any_project(
    files: dict[str, str], rows: list[tuple[str, str, str]], is_sdist: bool
) -> None:
    tables: dict[str, list[str]] = {}
    for table, key, value in rows:
        tables.setdefault(table, []).append(f"{key} = {value}")
    text = SETUPTOOLS + "".join(f"[{table}]\n" + "\n".join(lines) + "\n" for table, lines in tables.items())
    about = project(files, pyproject=text, is_sdist=is_sdist)
    for advice in ADVICE:
        if isinstance(advice, ProjectAdvice):
            assert all(found.what and found.mend for found in advice.look(about))


@given(st.text(alphabet="<>=!~.*0123456789abcrpostdev+, ", max_size=30))
def test_any_specifier_gives_a_span(text: str) -> None:
    requirement = requirement_of(f"demo{text}")
    if requirement is not None:
        is_pinned(requirement)
        span = span_of(requirement.specifier)
        assert span.lies_in(span)
