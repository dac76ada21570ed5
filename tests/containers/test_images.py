"""Images in the real engine: made, made again elsewhere, pushed to a loopback registry, pulled by digest."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loopback_registry import pushed_image, serving
from wheelproof.cli.image import app
from wheelproof.container.definition import load_definitions
from wheelproof.container.engine import Engine, connect
from wheelproof.container.image import ensure_image, ensure_locked_image
from wheelproof.container.inspection import find_image
from wheelproof.container.making import load_image, make_image, workshop
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.reference import parse_reference
from wheelproof.container.settings import ImageSettings, read_settings
from wheelproof.container.verify import verify_image
from wheelproof.core.errors import EngineError, UsageError

NAME = "debian-bookworm-py3.11"
NOT_THERE = "sha256:" + "0f" * 32


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


@pytest.fixture(scope="module")
def slim(engine: Engine) -> PinnedImage:
    return ensure_image(engine, NAME)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on loopback, which the engine takes without TLS."""
    with serving(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageSettings:
    """What is remembered of images starts empty."""
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path))
    return read_settings()


@pytest.fixture
def pushed(engine: Engine, slim: PinnedImage, registry: str) -> Iterator[str]:
    """The slim image in the registry, by digest, and under that name no longer in the engine."""
    repository = f"{registry}/builds/slim"
    with pushed_image(engine, slim.image_id, repository) as name:
        yield name


def test_an_image_is_made_as_its_definition_says(engine: Engine, slim: PinnedImage) -> None:
    definition = load_definitions()[NAME]

    assert slim.name == NAME
    assert len(slim.rootfs) == 1
    assert slim.architecture == engine.facts.architecture
    assert slim.pin.expected == definition.digests.get(engine.facts.architecture)
    assert slim.pin.met == (slim.image_id == slim.pin.expected)
    assert {"python3", "xz-utils"} <= {name for name, _ in slim.packages}
    assert not {"gcc", "cpp", "make"} & {name for name, _ in slim.packages}
    assert ensure_image(engine, NAME) == slim
    assert ensure_locked_image(engine, NAME, slim.image_id, offline=True) == slim


def test_the_slim_image_runs_python_with_its_whole_standard_library(
    engine: Engine, slim: PinnedImage
) -> None:
    script = (
        "import bz2, ctypes, curses, lzma, readline, sqlite3, ssl, venv, zoneinfo, sys, os, shutil\n"
        "zoneinfo.ZoneInfo('Europe/Berlin')\n"
        "venv.create('/tmp/venv', with_pip=False)\n"
        "assert not [name for name in ('cc', 'gcc', 'make') if shutil.which(name)]\n"
        "assert not os.path.exists('/etc/apt/sources.list')\n"
        "print('python', '%d.%d' % sys.version_info[:2])\n"
    )
    output = engine.client.containers.run(
        str(slim.image_id),
        [slim.interpreter, "-c", script],
        remove=True,
        network_mode="none",
        read_only=True,
        user="1000:1000",
        tmpfs={"/tmp": "mode=1777"},
    )
    assert output.decode() == "python 3.11\n"


def test_another_mmdebstrap_in_a_container_makes_the_same_image(
    engine: Engine, slim: PinnedImage, registry: str, settings: ImageSettings
) -> None:
    definitions = load_definitions()
    maker = dataclasses.replace(
        definitions["debian-trixie-py3.13"], name="builder", packages=("mmdebstrap",), digests={}
    )
    with workshop(engine, settings, lambda _: None) as shop:
        made = make_image(shop, maker)
        load_image(shop, maker, made)
    try:
        with pushed_image(engine, made.composed.image_id, f"{registry}/builder") as name:
            builder = dataclasses.replace(settings, builder=parse_reference(name), always_in_builder=True)
            result = verify_image(engine, definitions[NAME], builder)
    finally:
        engine.client.images.remove(str(made.composed.image_id), force=True)

    assert result.note == f"mmdebstrap in {name}"
    assert result.made == slim.image_id
    assert result.rootfs == slim.rootfs[0]
    assert result.packages == slim.packages
    assert not engine.client.containers.list(all=True, filters={"label": "wheelproof.builder"})


def test_an_image_is_pulled_by_digest_and_asked_for_its_python(
    engine: Engine, slim: PinnedImage, pushed: str, settings: ImageSettings
) -> None:
    told: list[str] = []
    image = ensure_image(engine, pushed, settings=settings, on_progress=told.append)

    assert told == [f"pulling {pushed}"]
    assert image.name == pushed
    assert image.rootfs == slim.rootfs
    assert image.architecture == engine.facts.architecture
    assert image.python == "3.11"
    assert image.interpreter == "/usr/bin/python3"
    assert image.pin.met
    assert image.pin.expected == parse_reference(pushed).digest
    assert image.pin.origin == "registry"
    assert find_image(engine, pushed, image.image_id, settings) == image
    assert ensure_locked_image(engine, pushed, image.image_id, offline=True) == image

    chosen = dataclasses.replace(settings, interpreter="/usr/bin/python3.11")
    assert ensure_image(engine, pushed, settings=chosen).interpreter == "/usr/bin/python3.11"


def test_an_interpreter_that_is_not_there_is_named(
    engine: Engine, pushed: str, settings: ImageSettings
) -> None:
    chosen = dataclasses.replace(settings, interpreter="/opt/python/cp311-cp311/bin/python")
    with pytest.raises(EngineError, match="no Python that answers as /opt/python/cp311"):
        ensure_image(engine, pushed, settings=chosen)
    assert not engine.client.containers.list(all=True, filters={"label": "wheelproof.probe"})


def test_a_wrong_digest_is_refused(
    engine: Engine, registry: str, pushed: str, settings: ImageSettings
) -> None:
    assert pushed.startswith(f"{registry}/builds/slim@")
    with pytest.raises(EngineError, match="failed to pull") as caught:
        ensure_image(engine, f"{registry}/builds/slim@{NOT_THERE}", settings=settings)
    assert "digest" in caught.value.hint


def test_a_registry_that_is_not_there_is_one_sentence(engine: Engine, settings: ImageSettings) -> None:
    with pytest.raises(EngineError, match="failed to pull") as caught:
        ensure_image(engine, f"127.0.0.1:1/builds/slim@{NOT_THERE}", settings=settings)
    assert "\n" not in caught.value.message


def test_a_tag_is_refused_though_the_registry_has_it(engine: Engine, registry: str, pushed: str) -> None:
    assert pushed.startswith(registry)
    with pytest.raises(UsageError, match="a tag can move"):
        ensure_image(engine, f"{registry}/builds/slim:pushed")


def test_a_mirror_that_fails_is_told_with_the_last_lines(engine: Engine, settings: ImageSettings) -> None:
    nowhere = dataclasses.replace(settings, snapshot=None, mirror="http://127.0.0.1:1/debian")
    with pytest.raises(EngineError, match="mmdebstrap failed; its last lines") as caught:
        verify_image(engine, load_definitions()[NAME], nowhere)
    assert "127.0.0.1:1" in caught.value.message
    assert "WHEELPROOF_DEBIAN_MIRROR" in caught.value.hint


def test_the_command_lists_and_pulls(engine: Engine, slim: PinnedImage, pushed: str, tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["list"])
    pulled = runner.invoke(app, ["pull", pushed], env={"WHEELPROOF_CACHE": str(tmp_path)})

    assert listed.exit_code == 0
    assert re.search(rf"^{re.escape(slim.name)} +Python 3\.11 .*in the engine", listed.stdout, re.MULTILINE)
    assert pulled.exit_code == 0
    assert pushed in pulled.stdout
    assert f"for {engine.facts.architecture}" in pulled.stdout
