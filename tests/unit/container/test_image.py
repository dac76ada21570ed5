"""Which image is taken, decided against an engine that is a dictionary."""

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docker.errors
import pytest

from wheelproof.container import image as taking
from wheelproof.container.archive import LABEL
from wheelproof.container.definition import ImageDefinition, load_definitions
from wheelproof.container.engine import Engine, EngineFacts
from wheelproof.container.image import ensure_image, ensure_locked_image
from wheelproof.container.inspection import find_image, inspect_made
from wheelproof.container.making import one_at_a_time
from wheelproof.container.records import ImageRecord, write_record
from wheelproof.container.settings import ImageSettings, read_settings
from wheelproof.container.verify import Verification
from wheelproof.core.errors import EngineError, UsageError
from wheelproof.core.identity import Digest

NAME = "debian-bookworm-py3.11"
DEFINITION = load_definitions()[NAME]
PINNED = DEFINITION.digests["amd64"]
OTHER = Digest.of_bytes(b"made from a mirror")
LAYER = Digest.of_bytes(b"layer")
FACTS = EngineFacts(
    name="Docker",
    version="20.10",
    api_version="1.41",
    os="linux",
    architecture="amd64",
    rootless=False,
    address="unix:///there",
)


@dataclass
class Images:
    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, name: str) -> SimpleNamespace:
        if name not in self.held:
            raise docker.errors.ImageNotFound("no such image")
        return SimpleNamespace(attrs=self.held[name], id=name)

    def add(self, image_id: Digest, name: str = NAME) -> None:
        label = {"name": name, "packages": [["python3", "3.11.2"]], "snapshot": "x"}
        self.held[str(image_id)] = {
            "Id": str(image_id),
            "Os": "linux",
            "Architecture": "amd64",
            "RootFS": {"Layers": [str(LAYER)]},
            "Config": {"Labels": {LABEL: json.dumps(label)}},
        }


@pytest.fixture
def images() -> Images:
    return Images()


@pytest.fixture
def engine(images: Images) -> Engine:
    return Engine(cast("docker.DockerClient", SimpleNamespace(images=images)), FACTS)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageSettings:
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path))
    return read_settings(offline=True)


def remember(settings: ImageSettings, image_id: Digest, definition: ImageDefinition = DEFINITION) -> None:
    record = ImageRecord(
        image_id=str(image_id),
        name=definition.name,
        fingerprint=str(definition.fingerprint("amd64")),
        origin="mirror",
        note="",
        python=definition.python,
        interpreter=definition.interpreter,
        made_at="2026-01-01T00:00:00Z",
    )
    write_record(settings.folder, image_id, record)


def test_the_pinned_image_is_taken_first(engine: Engine, images: Images, settings: ImageSettings) -> None:
    images.add(OTHER)
    images.add(PINNED)
    remember(settings, OTHER)
    image = ensure_image(engine, NAME, require_pinned=True, settings=settings)

    assert image.image_id == PINNED
    assert image.rootfs == (LAYER,)
    assert image.packages == (("python3", "3.11.2"),)
    assert (image.python, image.interpreter) == ("3.11", "/usr/bin/python3.11")
    assert image.pin.met
    assert image.pin.expected == PINNED


def test_one_made_from_the_mirror_serves_and_says_so(
    engine: Engine, images: Images, settings: ImageSettings
) -> None:
    images.add(OTHER)
    remember(settings, OTHER)
    image = ensure_image(engine, NAME, settings=settings)

    assert image.image_id == OTHER
    assert not image.pin.met
    assert image.pin.origin == "mirror"
    assert image.pin.reason.startswith("it was made from a current mirror, and is not what is pinned")
    assert image.pin.snapshot == DEFINITION.snapshot


def test_one_made_from_the_mirror_does_not_serve_where_the_pinned_one_has_to(
    engine: Engine, images: Images, settings: ImageSettings
) -> None:
    images.add(OTHER)
    remember(settings, OTHER)
    with pytest.raises(EngineError, match="is not in the engine, and without a network"):
        ensure_image(engine, NAME, require_pinned=True, settings=settings)


def test_an_image_that_nothing_is_remembered_of_is_not_taken_by_its_label(
    engine: Engine, images: Images, settings: ImageSettings
) -> None:
    images.add(OTHER)
    assert inspect_made(engine, DEFINITION, settings) is None


def test_what_is_remembered_and_gone_is_not_there(engine: Engine, settings: ImageSettings) -> None:
    remember(settings, OTHER)
    assert inspect_made(engine, DEFINITION, settings) is None


def test_a_lock_takes_its_very_image(engine: Engine, images: Images, settings: ImageSettings) -> None:
    assert settings.offline
    images.add(PINNED)
    images.add(OTHER)
    image = ensure_locked_image(engine, NAME, OTHER, offline=True)

    assert image.image_id == OTHER
    assert not image.pin.met
    assert image.pin.origin == "engine"


def test_a_lock_asks_a_new_image_for_its_own_interpreter(
    engine: Engine, images: Images, settings: ImageSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probe(_engine: Engine, _image: Digest, interpreter: str | None, _wanted: object) -> tuple[str, str]:
        assert interpreter == "/opt/python/cp313-cp313/bin/python"
        return "3.13", interpreter

    monkeypatch.setattr(taking, "pull_image", lambda *_, **__: OTHER)
    monkeypatch.setattr(taking, "probe_python", probe)
    images.add(OTHER)
    name, asked = f"registry.example/many@{PINNED}", "/opt/python/cp313-cp313/bin/python"
    image = ensure_locked_image(engine, name, OTHER, interpreter=asked, offline=settings.offline)
    assert (image.python, image.interpreter) == ("3.13", asked)


def test_a_lock_takes_no_other_image(engine: Engine, images: Images, settings: ImageSettings) -> None:
    images.add(PINNED)
    with pytest.raises(EngineError, match="what can be had here is") as caught:
        ensure_locked_image(engine, NAME, OTHER, offline=settings.offline)
    assert "Load that image" in caught.value.hint


def test_an_image_of_another_name_is_not_found(
    engine: Engine, images: Images, settings: ImageSettings
) -> None:
    images.add(OTHER, name="debian-trixie-py3.13")
    assert find_image(engine, NAME, OTHER, settings) is None
    assert find_image(engine, "debian-trixie-py3.13", OTHER, settings) is not None


@pytest.mark.parametrize("label", ["", "{", "[]", "null", "7"])
def test_a_label_of_others_is_no_harm(
    engine: Engine, images: Images, settings: ImageSettings, label: str
) -> None:
    images.add(OTHER)
    images.held[str(OTHER)]["Config"]["Labels"][LABEL] = label
    assert find_image(engine, NAME, OTHER, settings) is None


def test_an_unknown_name_lists_the_known_ones(engine: Engine, settings: ImageSettings) -> None:
    with pytest.raises(UsageError, match="There is no image 'debian-nope'") as caught:
        ensure_image(engine, "debian-nope", settings=settings)
    assert NAME in caught.value.hint


def test_a_tag_is_refused(engine: Engine, settings: ImageSettings) -> None:
    with pytest.raises(UsageError, match="tag"):
        ensure_image(engine, "registry.example/debian:12", settings=settings)


def test_offline_a_registry_is_not_asked(engine: Engine, settings: ImageSettings) -> None:
    with pytest.raises(EngineError, match="without a network"):
        ensure_image(engine, f"registry.example/debian@{OTHER}", settings=settings)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"RepoDigests": [f"registry.example/debian@{PINNED}"]}, "gave another image"),
        ({"Architecture": "arm64"}, "is for linux/arm64, and the engine runs linux/amd64"),
    ],
)
def test_an_image_that_is_not_what_was_asked_for_is_refused(
    engine: Engine, images: Images, settings: ImageSettings, changed: dict[str, Any], message: str
) -> None:
    name = f"registry.example/debian@{OTHER}"
    images.add(OTHER)
    images.held[name] = images.held[str(OTHER)] | {"RepoDigests": [name]} | changed
    with pytest.raises(EngineError, match=message):
        ensure_image(engine, name, settings=settings)


def test_only_one_process_makes_an_image_at_a_time(tmp_path: Path) -> None:
    told: list[str] = []
    waiting, order = threading.Event(), []

    def say(line: str) -> None:
        told.append(line)
        waiting.set()

    def second() -> None:
        with one_at_a_time(tmp_path, NAME, say):
            order.append("second")

    with one_at_a_time(tmp_path, NAME, told.append):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(30)
        order.append("first")
    thread.join(30)

    assert order == ["first", "second"]
    assert told == [f"waiting for another process that makes {NAME}"]


@pytest.mark.parametrize(
    ("expected", "in_engine", "same"),
    [
        (PINNED, PINNED, True),
        (PINNED, None, True),
        (None, PINNED, True),
        (None, None, False),
        (OTHER, PINNED, False),
        (PINNED, OTHER, False),
        (OTHER, None, False),
    ],
)
def test_an_image_made_again_is_the_same_only_where_all_agree(
    expected: Digest | None, in_engine: Digest | None, *, same: bool
) -> None:
    result = Verification(
        name=NAME,
        made=PINNED,
        rootfs=LAYER,
        packages=(),
        expected=expected,
        in_engine=in_engine,
        origin="snapshot",
        note="",
    )
    assert result.same is same
