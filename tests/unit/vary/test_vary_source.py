"""What is taken for the source: a commit, a folder as it lies, an sdist; with no engine."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_repository import MadeRepository
from planted import DEMO, FAULT, NO_FAULT, planted, planted_sdist
from wheelproof.core.errors import UsageError
from wheelproof.pipeline.session import Session, Settings
from wheelproof.vary.source import VariedSource, open_source

SCM = (
    b'[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n'
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session(Settings(cache=tmp_path / "cache", offline=True)) as session:
        yield session


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def names(source: VariedSource) -> set[str]:
    with tarfile.open(source.path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()} - {""}


def test_a_folder_is_taken_as_it_lies(session: Session, tmp_path: Path) -> None:
    folder = put(
        tmp_path / "project", planted({FAULT: NO_FAULT}) | {"dist/old.whl": b"", "x/__pycache__/y": b""}
    )
    (folder / "out").symlink_to("/etc")
    source = open_source(session, folder)
    assert (source.file.filename, source.sdist.root, source.file.git) == ("project.tar.gz", "project", None)
    assert "backend.py" in names(source)
    assert not names(source) & {"dist", "out", "x/__pycache__"}
    assert source.notes == (
        "Left out of the source: __pycache__, dist",
        "Left out for leading out of the source, or being no file: out",
    )


@pytest.mark.parametrize("name", ["env", "home", "ein projekt"])
def test_a_folder_whose_name_can_not_be_the_sources_gets_another(
    session: Session, tmp_path: Path, name: str
) -> None:
    folder = put(tmp_path / name, planted({FAULT: NO_FAULT}))
    assert open_source(session, folder).sdist.root == "source"


def test_a_checkout_without_changes_is_its_commit(session: Session, tmp_path: Path) -> None:
    repository = MadeRepository.at(tmp_path / "project")
    commit = repository.commit(planted({FAULT: NO_FAULT}))
    put(tmp_path / "project", {"untracked.txt": b""})
    source = open_source(session, tmp_path / "project")
    assert source.file.git is not None
    assert source.file.git.commit == commit
    assert "untracked.txt" not in names(source)
    assert source.notes == ("What git does not track is not in the source",)


def test_a_checkout_with_changes_is_the_folder(session: Session, tmp_path: Path) -> None:
    repository = MadeRepository.at(tmp_path / "project")
    commit = repository.commit(planted({FAULT: NO_FAULT}))
    put(tmp_path / "project", {"untracked.txt": b"", "backend.py": b"changed"})
    source = open_source(session, tmp_path / "project")
    assert source.file.git is None
    assert "untracked.txt" in names(source)
    assert source.notes == (
        f"Not as in the commit {commit[:12]}, so the folder was taken: backend.py",
        "Left out of the source: .git",
    )


def test_tools_that_ask_git_are_told_a_version(session: Session, tmp_path: Path) -> None:
    source = open_source(session, put(tmp_path / "project", {"pyproject.toml": SCM}))
    assert source.environment == {"SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0"}
    assert source.notes == ("Build tools that ask git for the version were told 0.0.0",)


def test_an_sdist_is_taken_as_it_is_and_told_nothing(session: Session, tmp_path: Path) -> None:
    path = tmp_path / DEMO.sdist_name
    path.write_bytes(planted_sdist({FAULT: NO_FAULT}))
    source = open_source(session, path)
    assert (source.file.filename, source.sdist.root) == (DEMO.sdist_name, "demo-1.0")
    assert source.path.read_bytes() == path.read_bytes()
    assert (source.environment, source.notes) == ({}, ())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b'[project]\nname = "x"\nrequires-python = ">=3.9"\n', ">=3.9"),
        (b'[project]\nname = "x"\nrequires-python = 3\n', ""),
        (b"project = 3\n", ""),
        (b"", ""),
    ],
)
def test_the_interpreters_that_a_source_is_for(
    session: Session, tmp_path: Path, said: bytes, expected: str
) -> None:
    source = open_source(session, put(tmp_path / "project", {"pyproject.toml": said}))
    assert source.requires_python == expected


def test_a_file_that_is_not_there(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is nothing at"):
        open_source(session, tmp_path / "absent.tar.gz")
