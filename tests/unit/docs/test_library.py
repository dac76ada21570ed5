import ast
import json
import os
import sys
from pathlib import Path

import pytest

import wheelproof
from wheelproof.core.child import run_child

INIT = Path(wheelproof.__file__)
HEAVY = ("pydantic", "docker", "requests", "rich", "typer", "pypi_simple", "packaging", "yaml")


def run(code: str) -> str:
    result = run_child([sys.executable, "-c", code], timeout_s=60, environment=dict(os.environ))
    assert result.ok, result.stderr.decode()
    return result.stdout.decode()


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = json.loads(run("import json, sys, wheelproof; print(json.dumps(sorted(sys.modules)))"))
    assert "wheelproof" in loaded
    assert not [name for name in loaded if name.startswith("wheelproof.")]
    assert not [name for name in HEAVY if name in loaded]


def test_reading_a_wheel_needs_no_engine_and_no_http() -> None:
    loaded = json.loads(
        run("import json, sys; from wheelproof import read_wheel; print(json.dumps(sorted(sys.modules)))")
    )
    assert not [name for name in ("docker", "requests", "pydantic", "pypi_simple") if name in loaded]


@pytest.mark.parametrize("name", wheelproof.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(wheelproof, name) is not None
    assert name in dir(wheelproof)


def test_type_checkers_see_the_names_that_are_imported_on_use() -> None:
    tree = ast.parse(INIT.read_text("utf-8"))
    seen = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wheelproof.")
        for alias in node.names
    }
    held = {(f"wheelproof.{home}", name) for name, home in vars(wheelproof)["_HOME_OF"].items()}
    assert seen == held
    assert {name for _, name in held} == set(wheelproof.__all__) - {"__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        vars(wheelproof)["__getattr__"]("no_such_name")
