import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.errors import MalformedError
from wheelproof.source.build_system import LEGACY_BACKEND, LEGACY_REQUIRES, BuildSystem, parse_build_system


def test_a_declared_system() -> None:
    text = b"""
    [build-system]
    requires = ["hatchling>=1.27", "hatch-vcs; python_version < '4'"]
    build-backend = "backend.api:main.object"
    backend-path = ["build/backend", "."]
    """
    assert parse_build_system(text) == BuildSystem(
        requires=("hatchling>=1.27", "hatch-vcs; python_version < '4'"),
        build_backend="backend.api:main.object",
        backend_path=("build/backend", "."),
        declared=True,
    )


@pytest.mark.parametrize("text", [b"", b"[project]\nname = 'demo'\n", b"[tool.x]\n"])
def test_without_the_table_the_defaults_hold(text: bytes) -> None:
    assert parse_build_system(text) == BuildSystem(
        requires=LEGACY_REQUIRES, build_backend=LEGACY_BACKEND, backend_path=(), declared=False
    )


def test_without_a_backend_the_legacy_one_builds() -> None:
    system = parse_build_system(b"[build-system]\nrequires = ['setuptools', 'cython']\n")
    assert (system.requires, system.build_backend, system.declared) == (
        ("setuptools", "cython"),
        LEGACY_BACKEND,
        True,
    )


def test_every_problem_is_named_with_its_place() -> None:
    text = b"""
    [build-system]
    requires = ["good", 3, "not a = requirement"]
    build-backend = "import os; os.system('x')"
    backend-path = ["ok", "/etc", "../out", 7]
    """
    with pytest.raises(MalformedError) as caught:
        parse_build_system(text)
    assert caught.value.message == (
        "pyproject.toml: build-system.requires[1]: is not a string; "
        "build-system.requires[2]: 'not a = requirement' is not a requirement (PEP 508); "
        "build-system.build-backend: \"import os; os.system('x')\" is not an object reference; "
        "build-system.backend-path[1]: '/etc' leads out of the tree; "
        "build-system.backend-path[2]: '../out' leads out of the tree; "
        "build-system.backend-path[3]: is not a path"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"build-system = 1", "build-system: is not a table"),
        (b"[build-system]", "build-system.requires: is missing"),
        (b"[build-system]\nrequires = 'x'", "build-system.requires: is not a list"),
        (b"[build-system]\nrequires = []\nbuild-backend = 1", "build-backend: is not a string"),
        (b"[build-system]\nrequires = []\nbuild-backend = ''", "is not an object reference"),
        (b"[build-system]\nrequires = []\nbackend-path = 'x'", "backend-path: is not a list"),
        (b"[build-system]\nrequires = []\nbackend-path = ['.']", "has no build-backend beside it"),
        (b"[build-system", "is not TOML"),
        (b"\xff", "is not TOML"),
        (b"x = " + b"[" * 50_000, "is not TOML"),
        (b"x." * 50_000 + b"y = 1", "a key with a hundred parts"),
        (b"[" + b"'x' . " * 50_000 + b"y]", "a key with a hundred parts"),
        (b"x = {" + b'"a=b".' * 50_000 + b"y = 1}", "a key with a hundred parts"),
        (b"x = {a = 1," + b"a." * 50_000 + b"y = 1}", "a key with a hundred parts"),
    ],
)
def test_what_no_frontend_could_use(text: bytes, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_build_system(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_problems_are_bounded() -> None:
    with pytest.raises(MalformedError, match="and 980 more") as caught:
        parse_build_system(tomli_w.dumps({"build-system": {"requires": ["?"] * 1000}}).encode())
    assert len(caught.value.message) < 2000


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_system_or_malformed(text: bytes) -> None:
    message = "pyproject.toml: "
    try:
        parse_build_system(text)
    except MalformedError as error:
        message = error.message
    assert message.startswith("pyproject.toml: ")


values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
texts = st.lists(st.sampled_from(["setuptools", "flit_core >=3,<4", "a[b]", ".", "src"]) | values, max_size=4)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "requires": texts | values,
            "build-backend": st.sampled_from(["a.b", "a:b"]) | values,
            "backend-path": texts | values,
        },
    )
    | values
)
def test_any_table_is_a_system_or_malformed(table: object) -> None:
    text = tomli_w.dumps({"build-system": table}).encode()
    try:
        system: BuildSystem | str = parse_build_system(text)
    except MalformedError as error:
        system = error.message
    if isinstance(system, str):
        assert system.startswith("pyproject.toml: build-system")
    else:
        assert isinstance(table, dict)
        assert list(system.requires) == table["requires"]
        assert system.declared
