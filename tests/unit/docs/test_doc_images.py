"""The page about images tells what the table of manylinux images holds."""

import json
import re
from importlib import resources

from doc_pages import page, section
from wheelproof.container.definition import load_definitions
from wheelproof.container.manylinux import image_for, known_pins

TEXT = page("docs/images.md")
MANYLINUX = " ".join(section(TEXT, "manylinux and musllinux").split())


def test_every_defined_image_is_listed_with_its_snapshot() -> None:
    table = section(TEXT, "The Debian images")
    for name, image in load_definitions().items():
        day = f"{image.snapshot[:4]}-{image.snapshot[4:6]}-{image.snapshot[6:8]}"
        assert name.endswith("-cc") or re.search(
            rf"^\| `{name}` .* {image.python} \| {day} \|$", table, re.MULTILINE
        )


def test_the_compilers_are_those_of_the_definitions() -> None:
    table = section(TEXT, "Where the publisher's image can't be had")
    for name, image in load_definitions().items():
        if image.compiler:
            suite = f"`debian-{image.suite}-…-cc`"
            assert f"| {suite} | {image.compiler} |" in table, name


def test_what_the_table_of_manylinux_images_holds_is_told() -> None:
    pins = known_pins()
    by_digest = [pin for pin in pins if pin.digest]
    assert f"It has {len(pins)} images, {len(by_digest)} of them by digest." in MANYLINUX
    first = min((pin.since for pin in by_digest), key=lambda release: release.uploaded)
    assert f"since {first.version} ({first.uploaded.date()}) by digest" in MANYLINUX
    data = resources.files("wheelproof.container").joinpath("manylinux.json").read_text("utf-8")
    releases = [
        f"{version} ({row['uploaded'][:10]})" for version, row in json.loads(data)["releases"].items()
    ]
    assert f"{len(releases)} releases of cibuildwheel, {releases[0]} to {releases[-1]}:" in MANYLINUX


def test_the_example_of_the_page_is_what_the_code_chooses() -> None:
    (tag,) = re.findall(r"`(manylinux_2_17_x86_64\.\w+)` leads to manylinux_2_28", MANYLINUX)
    choice = image_for(tag, known_pins()[-1].since.uploaded, "x86_64")
    assert choice.pin is not None
    assert choice.pin.policy == "manylinux_2_28"
