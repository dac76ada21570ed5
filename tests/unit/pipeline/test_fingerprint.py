from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from index_pages import index_file
from wheelproof.container.definition import load_definitions
from wheelproof.container.policy import Policy
from wheelproof.core.errors import RecipeError
from wheelproof.core.identity import Digest, ReleaseTarget
from wheelproof.fetch.listing import IndexFile
from wheelproof.pipeline import fingerprint
from wheelproof.pipeline.fingerprint import definitions_digest, program_digest, release_key
from wheelproof.pipeline.select import Selection
from wheelproof.pipeline.session import Session, Settings
from wheelproof.pipeline.subject import Release

WHEEL, SDIST = index_file("demo-1.0-py3-none-any.whl"), index_file("demo-1.0.tar.gz")
OTHER_WHEEL = index_file("demo-1.0-cp311-cp311-win_amd64.whl")
TARGET = ReleaseTarget(project=canonicalize_name("demo"), version=Version("1.0"))
RECIPE = """
schema: 1
project: {project}
overrides:
- versions: "{versions}"
  wheel: "{wheel}"
  set: {{umask: "{umask}"}}
  reason: The maintainer says so.
"""
SETTINGS = Settings(index_url="https://index.example/simple/")


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "recipes").mkdir()
    yield
    program_digest.cache_clear()
    definitions_digest.cache_clear()


def key(
    folder: Path,
    *,
    files: tuple[IndexFile, ...] = (WHEEL, SDIST),
    wheel: IndexFile = WHEEL,
    target: ReleaseTarget = TARGET,
    notes: tuple[str, ...] = (),
    settings: Settings = SETTINGS,
) -> str | None:
    release = Release(
        target=target, files=files, selections=(Selection(wheel=wheel, refusal=None),), notes=notes
    )
    settings = replace(settings, cache=folder / "cache", recipes=folder / "recipes")
    with Session(settings) as session:
        return release_key(session, release, wheel)


def with_wheel(**changes: object) -> tuple[IndexFile, tuple[IndexFile, ...]]:
    wheel = replace(WHEEL, **changes)  # type: ignore[arg-type]
    return wheel, (wheel, SDIST)


def write_recipe(
    folder: Path, project: str = "demo", *, versions: str = "==1.0", wheel: str = "*.whl", umask: str = "0002"
) -> None:
    place = folder / "recipes" / project
    place.mkdir(exist_ok=True)
    text = RECIPE.format(project=project, versions=versions, wheel=wheel, umask=umask)
    (place / "demo.yaml").write_text(text, "utf-8")


def test_the_same_is_the_same_in_another_session(tmp_path: Path) -> None:
    first = key(tmp_path)
    assert first is not None
    assert len(first) == 64
    assert key(tmp_path) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": Digest("b" * 64)},
        {"filename": "demo-1.0-py2.py3-none-any.whl"},
        {"upload_time": datetime(2026, 1, 2, tzinfo=UTC)},
        {"yanked": True},
        {"yanked": True, "yanked_reason": "bad"},
    ],
)
def test_what_the_index_says_of_either_file_counts(tmp_path: Path, changes: dict[str, Any]) -> None:
    wheel, files = with_wheel(**changes)
    sdist = replace(SDIST, **(changes | ({"filename": "demo-1.0.zip"} if "filename" in changes else {})))
    found = {
        key(tmp_path),
        key(tmp_path, wheel=wheel, files=files),
        key(tmp_path, files=(WHEEL, sdist)),
    }
    assert len(found) == 3
    assert None not in found


def test_yanked_for_another_reason(tmp_path: Path) -> None:
    found = set()
    for reason in (None, "bad", "worse"):
        wheel, files = with_wheel(yanked=True, yanked_reason=reason)
        found.add(key(tmp_path, wheel=wheel, files=files))
    assert len(found) == 3


def test_what_nothing_depends_on_does_not_count(tmp_path: Path) -> None:
    first = key(tmp_path)
    wheel, files = with_wheel(size_bytes=2, requires_python=">=3")
    assert key(tmp_path, wheel=wheel, files=files) == first
    assert key(tmp_path, files=(SDIST, WHEEL)) == first
    assert key(tmp_path, files=(WHEEL, SDIST, replace(OTHER_WHEEL, digest=None))) == first
    assert key(tmp_path, target=replace(TARGET, wheel=WHEEL.filename)) == first
    for settings in (replace(SETTINGS, offline=True), replace(SETTINGS, cache=tmp_path / "elsewhere")):
        assert key(tmp_path, settings=settings) == first


def test_the_sdist_that_is_taken_counts(tmp_path: Path) -> None:
    """A second sdist only where it comes before the first."""
    first = key(tmp_path)
    assert key(tmp_path, files=(WHEEL, SDIST, index_file("demo-1.0.zip"))) == first
    assert key(tmp_path, files=(WHEEL, index_file("demo-1.0.zip"))) != first


def test_notes_on_the_project_and_the_release_count(tmp_path: Path) -> None:
    early = replace(OTHER_WHEEL, upload_time=datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=30))
    found = [
        key(tmp_path),
        key(tmp_path, notes=("The index marks the project as archived",)),
        key(tmp_path, files=(WHEEL, SDIST, early)),
    ]
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, index_url="https://other.example/simple/"),
        replace(SETTINGS, require_pinned=True),
        replace(SETTINGS, attempts=5),
        replace(SETTINGS, details=True),
        replace(SETTINGS, image="debian-bookworm-py3.11"),
        *(
            replace(SETTINGS, policy=replace(Policy(), **{field.name: getattr(Policy(), field.name) + 1}))
            for field in fields(Policy)
        ),
    ],
)
def test_each_setting_that_changes_a_result_counts(tmp_path: Path, settings: Settings) -> None:
    assert key(tmp_path, settings=settings) != key(tmp_path)


def test_every_setting_is_held_by_the_tests_above() -> None:
    counted = {"index_url", "require_pinned", "attempts", "details", "image", "policy"}
    others = {"offline", "cache", "recipes"}  # what is read from the last one counts
    assert {field.name for field in fields(Settings)} == counted | others


def test_the_recipes_that_apply_count_and_no_others(tmp_path: Path) -> None:
    bare = key(tmp_path)
    for name, changes in (("other", {}), ("demo", {"versions": "==2.0"}), ("demo", {"wheel": "*-win_*"})):
        write_recipe(tmp_path, name, **changes)
        assert key(tmp_path) == bare
    write_recipe(tmp_path)
    found = key(tmp_path)
    assert found != bare
    write_recipe(tmp_path, umask="0077")
    assert key(tmp_path) not in {bare, found}
    write_recipe(tmp_path)
    assert key(tmp_path) == found


def test_a_recipe_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    write_recipe(tmp_path, umask="nine")
    with pytest.raises(RecipeError):
        key(tmp_path)


@pytest.mark.parametrize(
    ("wheel", "files"),
    [
        (WHEEL, (WHEEL,)),
        with_wheel(digest=None),
        (WHEEL, (WHEEL, replace(SDIST, digest=None))),
        with_wheel(upload_time=None),
    ],
    ids=["no sdist", "no digest of the wheel", "no digest of the sdist", "no upload time"],
)
def test_what_can_come_out_otherwise_tomorrow_has_no_key(
    tmp_path: Path, wheel: IndexFile, files: tuple[IndexFile, ...]
) -> None:
    assert key(tmp_path, wheel=wheel, files=files) is None


def test_the_program_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {key(tmp_path)}
    for name, value in (("TOOL", "wheelproof 0"), ("program_digest", lambda: Digest("0" * 64))):
        with monkeypatch.context() as patched:
            patched.setattr(fingerprint, name, value)
            found.add(key(tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr("platform.machine", lambda: "riscv64")
        found.add(key(tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr(fingerprint, "definitions_digest", lambda: Digest("0" * 64))
        found.add(key(tmp_path))
    assert len(found) == 5


def test_the_program_is_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "wheelproof"
    (package / "_shipped" / "recipes").mkdir(parents=True)
    (package / "core").mkdir()
    (package / "core" / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(fingerprint, "_PACKAGE", package)

    def digest() -> Digest:
        program_digest.cache_clear()
        return program_digest()

    first = digest()
    (package / "core" / "a.pyc").write_text("compiled")
    (package / "_shipped" / "recipes" / "demo.yaml").write_text("schema: 1\n")
    assert digest() == first
    (package / "data.json").write_text("{}")
    second = digest()
    (package / "core" / "a.py").write_text("A = 2\n")
    third = digest()
    (package / "core" / "a.py").rename(package / "a.py")
    assert len({first, second, third, digest()}) == 4


def test_the_definition_of_any_image_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_definitions()
    first = definitions_digest()
    for name, definition in real.items():
        changed = real | {name: replace(definition, packages=(*definition.packages, "more"))}
        with monkeypatch.context() as patched:
            patched.setattr(fingerprint, "load_definitions", lambda changed=changed: changed)
            definitions_digest.cache_clear()
            assert definitions_digest() != first
