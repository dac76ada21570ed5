"""``wheelproof recipe``: with an index on loopback, and with no engine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from doc_pages import page
from fake_index import FakeIndex
from made_project import MadeProject
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.recipe.fields import FIELDS

DEMO = MadeProject()
REASON = "    reason: The release script sets another umask.\n"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache and a working directory of its own, and no engine."""
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.delenv("WHEELPROOF_INDEX_URL", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()})
        yield index


def recipe(command: str, index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("recipe", command, "--index-url", index.url, "-q", "demo==1.0", *arguments)


def local() -> tuple[str, ...]:
    Path(DEMO.wheel_name).write_bytes(DEMO.wheel())
    Path(DEMO.sdist_name).write_bytes(DEMO.sdist())
    return DEMO.wheel_name, "--sdist", DEMO.sdist_name


def write(text: str, name: str = "recipes/demo/demo.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class TestNew:
    def test_what_is_written_has_to_be_filled_in(self, index: FakeIndex) -> None:
        ended = recipe("new", index)
        assert (ended.exit_code, ended.out) == (ExitCode.REACHED, "")
        assert "recipes/demo/demo.yaml is written" in ended.err
        path = Path("recipes/demo/demo.yaml")
        text = path.read_text("utf-8")
        assert (
            "# inferred: 2024-05-06 07:08:10 UTC: every entry has it\n      #source-date-epoch: 1714979290"
            in text
        )
        assert "$schema" not in text
        checked = run_inside("recipe", "check")
        assert checked.exit_code == ExitCode.RECIPE
        assert [line.split(": ")[1] for line in checked.out.splitlines()[:-1]] == [
            "overrides.0.set",
            "overrides.0.reason",
        ]
        assert all("it is empty: fill it in" in line for line in checked.out.splitlines()[:-1])
        path.write_text(text.replace("#umask: '0022'", "umask: '0002'").replace("    reason:\n", REASON))
        assert run_inside("recipe", "check").exit_code == ExitCode.REACHED
        shown = json.loads(recipe("show", index, "--recipes", "recipes", "--format", "json").out)
        assert shown["recipe"]["umask"] == "0002"

    def test_a_file_that_is_there_is_kept(self, index: FakeIndex) -> None:
        path = write("mine")
        ended = recipe("new", index)
        assert ended.exit_code == ExitCode.USAGE
        assert "recipes/demo/demo.yaml is there already" in ended.err
        assert path.read_text() == "mine"
        assert recipe("new", index, "--force").exit_code == ExitCode.REACHED
        assert path.read_text().startswith("#")

    def test_other_places(self, index: FakeIndex) -> None:
        printed = recipe("new", index, "-o", "-")
        assert (printed.exit_code, printed.err) == (ExitCode.REACHED, "")
        assert not Path("recipes").exists()
        recipe("new", index, "-o", "a/b.yaml")
        recipe("new", index, "--recipes", "mine")
        assert Path("a/b.yaml").read_text() == Path("mine/demo/demo.yaml").read_text() == printed.out

    def test_an_editor_is_told_of_a_schema_that_lies_there(self, index: FakeIndex) -> None:
        run_inside("recipe", "schema", "-o", "recipes/recipe.schema.json")
        recipe("new", index)
        text = Path("recipes/demo/demo.yaml").read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=../recipe.schema.json\n")
        assert Path("recipes/demo/../recipe.schema.json").read_text("utf-8") == page(
            "docs/recipe.schema.json"
        )

    def test_local_files(self) -> None:
        ended = run_inside("recipe", "new", "-q", *local())
        assert ended.exit_code == ExitCode.REACHED
        assert yaml.safe_load(Path("recipes/demo/demo.yaml").read_text("utf-8"))["project"] == "demo"

    def test_a_local_wheel_whose_name_is_none(self) -> None:
        local()
        Path("x.whl").write_bytes(DEMO.wheel())
        ended = run_inside("recipe", "new", "x.whl", "--sdist", DEMO.sdist_name)
        assert ended.exit_code == ExitCode.USAGE

    def test_a_place_that_can_not_be_written(self, index: FakeIndex) -> None:
        write("", "recipes/demo")
        ended = recipe("new", index)
        assert ended.exit_code == ExitCode.USAGE
        assert "can't be written" in ended.err


class TestCheck:
    def test_places_are_those_that_editors_understand(self) -> None:
        write("schema: 1\nproject: demo\noverrides:\n  - set:\n      umsk: '0002'\n" + REASON)
        ended = run_inside("recipe", "check")
        assert ended.exit_code == ExitCode.RECIPE
        line, total = ended.out.splitlines()
        assert line.startswith(
            "recipes/demo/demo.yaml:5:7: overrides.0.set.umsk: there is no such field; did you mean umask?"
        )
        assert total == "1 recipe file, no overrides, 1 mistake"
        (found,) = json.loads(run_inside("recipe", "check", "--format", "json").out)["mistakes"]
        assert (found["line"], found["column"], found["path"]) == (5, 7, "overrides.0.set.umsk")

    def test_without_a_folder_the_shipped_recipes_are_checked(self) -> None:
        ended = run_inside("recipe", "check")
        assert ended.exit_code == ExitCode.REACHED
        assert ended.out.endswith("no mistakes\n")

    def test_what_is_not_there(self) -> None:
        assert run_inside("recipe", "check", "nowhere").exit_code == ExitCode.USAGE

    def test_nothing_that_a_terminal_obeys_is_printed(self) -> None:
        write('schema: 1\nproject: demo\noverrides: [{"\\e[2J": 1, set: {umask: "\\e[2J"}, reason: "x"}]\n')
        assert "\x1b" not in run_inside("recipe", "check").out


class TestShow:
    def test_every_value_has_its_origin(self, index: FakeIndex) -> None:
        write(
            "schema: 1\nproject: demo\noverrides:\n  - set: {umask: '0002', environment: {A: b}}\n" + REASON
        )
        ended = recipe("show", index, "--recipes", "recipes", "--image", "debian-trixie-py3.13")
        assert (ended.exit_code, ended.err) == (ExitCode.REACHED, "")
        lines = ended.out.splitlines()
        assert lines[0] == f"{DEMO.wheel_name} from {DEMO.sdist_name}"
        assert "  flag        image debian-trixie-py3.13: Asked for by --image" in lines
        assert "  recipe      umask 0002: The release script sets another umask." in lines
        assert "  recipe      environment.A b: The release script sets another umask." in lines
        assert (
            "  inferred    source-date-epoch 1714979290: 2024-05-06 07:08:10 UTC: every entry has it" in lines
        )
        assert any(line.startswith("  flag        python 3.13: ") for line in lines)

    def test_json_has_every_field(self, index: FakeIndex) -> None:
        shown = json.loads(recipe("show", index, "--format", "json").out)
        names = {field.name for field in FIELDS if field.part == "set"}
        assert set(shown["recipe"]) == names
        assert {item["field"].partition(".")[0] for item in shown["choices"]} == names
        assert {item["origin"] for item in shown["choices"]} == {"inferred", "default"}
        assert (shown["wheel"], shown["source"], shown["note"]) == (DEMO.wheel_name, DEMO.sdist_name, None)

    def test_yaml_is_what_a_recipe_sets(self, index: FakeIndex) -> None:
        text = recipe("show", index, "--format", "yaml").out
        indented = "".join(f"    {line}\n" for line in text.splitlines())
        write(f"schema: 1\nproject: demo\noverrides:\n  - versions: ''\n{indented}{REASON}")
        assert run_inside("recipe", "check").exit_code == ExitCode.REACHED
        again = json.loads(recipe("show", index, "--recipes", "recipes", "--format", "json").out)
        assert again["recipe"] == json.loads(recipe("show", index, "--format", "json").out)["recipe"]

    def test_local_files(self) -> None:
        shown = json.loads(run_inside("recipe", "show", "-q", "--format", "json", *local()).out)
        assert shown["recipe"]["source-date-epoch"] == 1714979290

    def test_an_image_of_others_brings_a_python_that_is_not_known_here(self, index: FakeIndex) -> None:
        ended = recipe("show", index, "--image", f"x.example/y@sha256:{'0' * 64}")
        assert "  note        The image is not one of wheelproof's own" in ended.out

    def test_a_recipe_that_contradicts_itself(self, index: FakeIndex) -> None:
        write("schema: 1\nproject: demo\noverrides:\n  - set: {python: '3.9'}\n" + REASON)
        ended = recipe("show", index, "--recipes", "recipes", "--image", "debian-trixie-py3.13")
        assert ended.exit_code == ExitCode.RECIPE

    def test_a_pattern_that_meets_several_wheels(self, index: FakeIndex) -> None:
        index.publish("demo", {"demo-1.0-py2-none-any.whl": DEMO.wheel()})
        ended = recipe("show", index, "--wheel", "*.whl")
        assert ended.exit_code == ExitCode.USAGE
        assert "*.whl meets 2 wheels, and one is wanted" in ended.err


class TestExplain:
    def test_the_list_has_every_field(self) -> None:
        lines = run_inside("recipe", "explain").out.splitlines()
        assert [line.split()[:2] for line in lines] == [[field.part, field.name] for field in FIELDS]

    @pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
    def test_a_field_is_told_in_full(self, field: object) -> None:
        (found,) = [item for item in FIELDS if item is field]
        out = run_inside("recipe", "explain", found.name).out
        words = " ".join(out.split())
        assert out.startswith(f"{found.name}  {found.kind}, in ")
        for text in (found.what, found.build, found.verdict, found.example):
            assert " ".join(text.split()) in words

    def test_what_a_recipe_relaxes_is_said_to_cap_the_verdict(self) -> None:
        for name in ("patches", "before", "exclude"):
            assert "verdict     At best `explained`" in run_inside("recipe", "explain", name).out

    def test_an_unknown_field(self) -> None:
        ended = run_inside("recipe", "explain", "constrants\x1b")
        assert ended.exit_code == ExitCode.USAGE
        assert ended.err.endswith("Did you mean constraints?\n")
        assert "\x1b" not in ended.err


def test_the_schema_is_the_published_one() -> None:
    assert run_inside("recipe", "schema").out == page("docs/recipe.schema.json")
