"""Wheels for one platform, rebuilt in an image laid out like manylinux's, from a registry on loopback."""

import platform
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from container_builds import Build
from fake_index import FakeIndex
from loopback_registry import pushed_image, serving
from made_project import NO_REQUIRES, sdist_of
from running import Ended, run_inside
from wheelproof.container.definition import load_definitions
from wheelproof.container.engine import Engine
from wheelproof.container.image import ensure_image
from wheelproof.container.manylinux import Choice, Pin, known_pins
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import Policy
from wheelproof.container.reference import parse_reference
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.pipeline import publisher
from wheelproof.rebuild.record import Built

NEAR = "debian-trixie-py3.13-cc"
TAG = f"manylinux_2_41_{platform.machine()}"
SDIST = "demo-1.0.tar.gz"
# The folders of manylinux's images, and a compiler that is found by the image's own PATH alone.
LAYOUT = """
mkdir -p /opt/_internal/cpython-3.13/bin /opt/python /opt/toolset/bin
ln -s /usr/bin/python3.13 /opt/_internal/cpython-3.13/bin/python
ln -s /usr/lib /opt/_internal/cpython-3.13/lib
ln -s /usr/include /opt/_internal/cpython-3.13/include
ln -s /opt/_internal/cpython-3.13 /opt/python/cp313-cp313
ln -s /usr/bin/gcc /opt/toolset/bin/toolset-cc
"""
# Compiles one file, by its whole path, which the file itself keeps.
BACKEND = """
import os, shutil, subprocess, sysconfig, zipfile

def build_wheel(out, config_settings=None, metadata_directory=None):
    made = "/tmp/_demo.so"
    compiler = shutil.which("toolset-cc") or "gcc"
    print("compiling with", compiler)
    include = "-I" + sysconfig.get_paths()["platinclude"]
    source = os.path.abspath("src/_demo.c")
    subprocess.run([compiler, "-O2", "-fPIC", "-shared", include, source, "-o", made], check=True)
    if @STRIPPED@:
        subprocess.run(["strip", "--remove-section=.comment", made], check=True)
    info = "demo-1.0.dist-info/"
    texts = {
        "demo/__init__.py": b"",
        "demo/_demo.so": open(made, "rb").read(),
        info + "METADATA": b"Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n",
        info + "WHEEL": b"Wheel-Version: 1.0\\nGenerator: made\\nRoot-Is-Purelib: false\\nTag: @TAG@\\n",
        info + "RECORD": b"",
    }
    name = "demo-1.0-@TAG@.whl"
    with zipfile.ZipFile(os.path.join(out, name), "w") as wheel:
        for path, content in texts.items():
            wheel.writestr(zipfile.ZipInfo(path, (2024, 1, 2, 4, 6, 8)), content)
    return name
"""
CODE = b"#include <Python.h>\nconst char *place(void) { return __FILE__; }\n"


def sdist(*, code: bytes = CODE, tag: str = f"cp313-cp313-{TAG}", stripped: bool = True) -> bytes:
    backend = BACKEND.replace("@TAG@", tag).replace("@STRIPPED@", str(stripped))
    files = {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "pyproject.toml": NO_REQUIRES.encode(),
        "backend.py": backend.encode(),
        "src/_demo.c": code,
    }
    return sdist_of("demo-1.0", files)


@pytest.fixture(scope="module")
def near(engine: Engine) -> PinnedImage:
    return ensure_image(engine, NEAR)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="module")
def manylinux(engine: Engine, near: PinnedImage, registry: str) -> Iterator[str]:
    """An image with manylinux's layout in the registry, by digest, which the engine does not have."""
    path = "/opt/toolset/bin:/usr/local/bin:/usr/bin:/bin"
    container = engine.client.containers.create(
        str(near.image_id), entrypoint=["sh", "-ec", LAYOUT], network_mode="none"
    )
    try:
        container.start()
        assert container.wait()["StatusCode"] == 0
        made = container.commit(changes=[f"ENV PATH={path}", "ENTRYPOINT []"])
    finally:
        container.remove(force=True)
    with pushed_image(engine, Digest.parse(str(made.id)), f"{registry}/pypa/manylinux") as name:
        yield name


@pytest.fixture(autouse=True)
def surroundings(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of images starts empty; the installer is in the cache."""
    folder = tmp_path / "cache"
    shutil.copytree(cache.root, folder, ignore=shutil.ignore_patterns("images"))
    monkeypatch.setenv("WHEELPROOF_CACHE", str(folder))


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        yield index


def publish(
    index: FakeIndex, build: Build, image: PinnedImage, source: bytes, *, tag: str = f"cp313-cp313-{TAG}"
) -> str:
    """Have the wheel on the index that an image makes of a source in /project; gives its name."""
    build.image = image
    made = build(source, recipe={"folder": "/project"}, policy=Policy())
    assert isinstance(made, Built), made
    name = f"demo-1.0-{tag}.whl"
    assert made.filename == name
    index.publish("demo", {name: made.path.read_bytes(), SDIST: source})
    return name


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def pin_to(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have the table of pins name an image of the registry."""
    reference = parse_reference(name)
    pin = Pin(
        policy="manylinux_2_41",
        architecture=platform.machine(),
        repository=reference.repository,
        tag="2024.01.01-1",
        digest=reference.digest,
        since=known_pins()[-1].since,
        dropped=None,
    )
    choice = Choice(pin=pin, reason="it was pinned that day")
    monkeypatch.setattr(publisher, "image_for", lambda *_: choice)


def choices(result: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {item["field"]: item for item in result["environment"]["choices"]}


def test_the_publishers_image_is_pulled_used_and_recorded(
    index: FakeIndex,
    build: Build,
    engine: Engine,
    near: PinnedImage,
    manylinux: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(index, build, near, sdist())
    pin_to(monkeypatch, manylinux)
    ended = check(index, "demo==1.0", "-o", tmp_path / "evidence", "--require", "identical")
    result = ended.result
    assert (ended.exit_code, result["verdict"]) == (ExitCode.REACHED, "identical"), result
    assert result["toolchain"] is None
    assert f"pulling {manylinux}" in ended.err
    image = result["environment"]["image"]
    assert (image["name"], image["python"], image["pin_met"]) == (manylinux, "3.13", True)
    assert choices(result)["image"]["origin"] == choices(result)["folder"]["origin"] == "inferred"
    assert choices(result)["folder"]["value"] == "/project"
    variables = result["environment"]["variables"]
    assert variables["PATH"].startswith("/build/env/bin:/opt/toolset/bin:")
    (lock,) = (tmp_path / "evidence").rglob("pylock*.toml")
    locked = tomllib.loads(lock.read_text())["tool"]["wheelproof"]
    assert locked["image"]["interpreter"] == "/opt/python/cp313-cp313/bin/python"
    assert locked["image"]["variables"]["PATH"].startswith("/opt/toolset/bin:")
    assert locked["build"]["folder"] == "/project"
    assert "publisher" not in locked["image"]
    (log,) = (tmp_path / "evidence").rglob("build.log")
    assert "compiling with /opt/toolset/bin/toolset-cc" in log.read_text()

    again = check(index, "--locked", lock, "--offline", "--require", "identical")
    assert again.exit_code == ExitCode.REACHED, again.out


def test_a_tag_is_refused_though_the_registry_has_the_image(
    index: FakeIndex, build: Build, near: PinnedImage, manylinux: str
) -> None:
    publish(index, build, near, sdist())
    ended = check(index, "demo==1.0", "--image", manylinux.partition("@")[0] + ":pushed")
    assert ended.exit_code == ExitCode.USAGE
    assert "a tag can move" in ended.err


def test_an_image_without_the_interpreter_is_told_with_the_next_step(
    index: FakeIndex, build: Build, near: PinnedImage, manylinux: str
) -> None:
    for tag in ("cp312-cp312", "cp313-cp313t"):
        name = publish(index, build, near, sdist(tag=f"{tag}-{TAG}"), tag=f"{tag}-{TAG}")
        ended = check(index, name, "--image", manylinux)
        failure = ended.result["failure"]
        assert (ended.exit_code, ended.result["verdict"]) == (ExitCode.NOT_CHECKED, "not-checked")
        assert f"answers as /opt/python/{tag}/bin/python" in failure["reason"]
        assert "wheelproof image pull" in failure["hint"]


def test_a_registry_that_cant_be_reached_leaves_it_unchecked_and_names_what_is_near(
    index: FakeIndex, build: Build, near: PinnedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = publish(index, build, near, sdist())
    pin_to(monkeypatch, f"127.0.0.1:1/pypa/manylinux@sha256:{'0f' * 32}")
    ended = check(index, "demo==1.0")
    assert (ended.exit_code, ended.result["verdict"]) == (ExitCode.NOT_CHECKED, "not-checked")
    failure = ended.result["failure"]
    assert failure["phase"] == "image"
    assert failure["reason"].startswith("The image that most likely built it can't be had: ")
    assert f"wheelproof check {name} --image {NEAR}" in failure["hint"]

    asked = check(index, name, "--image", NEAR)
    assert asked.exit_code == ExitCode.REACHED, asked.out
    assert asked.result["environment"]["image"]["name"] == NEAR


def test_another_compiler_stands_in_the_headline_of_every_form(
    index: FakeIndex, build: Build, engine: Engine
) -> None:
    older = ensure_image(engine, "debian-bookworm-py3.11-cc")
    name = publish(index, build, older, sdist(stripped=False))
    unknown = check(index, name)
    assert unknown.result["verdict"] == "not-checked"
    assert "Which image built it is not known" in unknown.result["reason"]

    arguments = ("check", "--index-url", index.url, name, "--image", NEAR)
    result = run_inside(*arguments, "--format", "json").result
    definitions = load_definitions()
    theirs, ours = definitions["debian-bookworm-py3.11-cc"].compiler, definitions[NEAR].compiler
    said = f"the toolchain was not the publisher's: {theirs} published, {ours} rebuilt"
    assert (result["verdict"], result["reason"].endswith(said)) == ("different", True), result["reason"]
    assert result["toolchain"]["compilers"] == [f"{theirs} published, {ours} rebuilt"]
    for form in ("text", "html", "markdown", "junit", "sarif"):
        shown = run_inside(*arguments, "--format", form).out
        plain = " ".join(shown.replace("&#x27;", "'").replace("&#39;", "'").replace("\\", "").split())
        assert "the toolchain was not the publisher's" in plain, form


def test_an_image_without_a_compiler_or_a_header_says_so(
    index: FakeIndex, build: Build, near: PinnedImage
) -> None:
    name = publish(index, build, near, sdist())
    slim = check(index, name, "--image", NEAR.removesuffix("-cc"), "--attempts", "1").result
    assert (slim["verdict"], slim["failure"]["phase"]) == ("not-built", "build")
    assert "The build needs a compiler, and the image has none" in slim["failure"]["reason"]
    assert "-cc" in slim["failure"]["hint"]

    asks = sdist(code=CODE + b"#include <nothere/deep.h>\n")
    index.publish("demo", {SDIST: asks})
    lacking = check(index, name, "--image", NEAR, "--attempts", "1").result
    assert lacking["verdict"] == "not-built"
    assert "The build needs the header nothere/deep.h" in lacking["failure"]["reason"]
