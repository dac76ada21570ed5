from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.definition import find_definition, load_definitions, load_sources
from wheelproof.core.errors import RecipeError, UsageError
from wheelproof.core.identity import Digest

DIGEST = "sha256:" + "a1" * 32
DOCUMENT = f"""\
suite: bookworm
snapshot: 20260712T000000Z
python: "3.11"
interpreter: /usr/bin/python3.11
slim:
  packages: [python3, xz-utils]
  digests:
    amd64: {DIGEST}
cc:
  packages: [g++]
  digests: {{}}
"""


def load(folder: Path, text: str) -> None:
    (folder / "debian-test.yaml").write_text(text)
    load_definitions(folder)


def test_a_document_gives_a_slim_image_and_one_with_compilers(tmp_path: Path) -> None:
    (tmp_path / "debian-test.yaml").write_text(DOCUMENT)
    slim, compilers = load_definitions(tmp_path).values()

    assert slim.name == "debian-test"
    assert slim.packages == ("python3", "xz-utils")
    assert slim.digests == {"amd64": Digest.parse(DIGEST)}
    assert slim.epoch_s == 1783814400
    assert slim.created == "2026-07-12T00:00:00Z"
    assert compilers.name == "debian-test-cc"
    assert compilers.packages == ("python3", "xz-utils", "g++")
    assert compilers.digests == {}


def test_the_fingerprint_tells_definitions_and_pins_apart(tmp_path: Path) -> None:
    (tmp_path / "debian-test.yaml").write_text(DOCUMENT)
    slim, compilers = load_definitions(tmp_path).values()
    (tmp_path / "debian-test.yaml").write_text(DOCUMENT.replace("a1a1", "b2b2"))
    pinned_anew = load_definitions(tmp_path)["debian-test"]

    prints = {image.fingerprint("amd64") for image in (slim, compilers, pinned_anew)}
    assert len(prints) == 3
    assert slim.fingerprint("arm64") not in prints
    assert slim.fingerprint("arm64") == pinned_anew.fingerprint("arm64")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("suite:", "siute:", "siute"),
        ("20260712T000000Z", "20261399T000000Z", "snapshot"),
        ("20260712T000000Z", "2026-07-12", "snapshot"),
        ('"3.11"', "3.11", "python"),
        ("xz-utils", "xz utils", "slim.packages.1"),
        ("xz-utils", "--variant=x", "slim.packages.1"),
        (DIGEST, DIGEST[:-1], "slim.digests.amd64"),
        ("[g++]", "[]", "cc.packages"),
        ("/usr/bin/python3.11", "python3", "interpreter"),
    ],
)
def test_a_typo_is_named_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(RecipeError) as caught:
        load(tmp_path, DOCUMENT.replace(old, new))
    assert f"debian-test.yaml: {place}: " in caught.value.message or f"; {place}: " in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "a: [", "\x07: 1", "&a [*a]"])
def test_what_is_no_definition_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecipeError, match=r"debian-test\.yaml"):
        load(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "debian-test.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(RecipeError, match="can't be read"):
        load_definitions(tmp_path)


def test_packages_beside_those_of_a_definition(tmp_path: Path) -> None:
    (tmp_path / "debian-test.yaml").write_text(DOCUMENT)
    plain = find_definition("debian-test-cc", tmp_path)
    more = find_definition("debian-test-cc+zlib1g-dev,libsigc++-2.0-dev,xz-utils,zlib1g-dev", tmp_path)
    assert plain is not None
    assert more is not None
    assert more.name == "debian-test-cc+libsigc++-2.0-dev,zlib1g-dev"
    assert more.packages == (*plain.packages, "libsigc++-2.0-dev", "zlib1g-dev")
    assert (more.digests, more.python) == ({}, plain.python)
    assert find_definition(more.name, tmp_path) == more
    assert more.fingerprint("amd64") != plain.fingerprint("amd64")
    assert find_definition("debian-test-cc+xz-utils", tmp_path) == plain
    assert find_definition("debian-none+xz-utils", tmp_path) is None


@given(text=st.text() | st.text(alphabet="ab,+-. =/\n"))
def test_no_text_becomes_an_option(text: str) -> None:
    try:
        found = find_definition(f"debian-trixie-py3.13+{text}")
    except UsageError:
        return
    assert found is not None
    assert all(package[0].isalnum() and "," not in package for package in found.packages)


def test_the_shipped_images_cover_the_pythons_and_are_pinned() -> None:
    definitions = load_definitions()

    slim = {image.python for name, image in definitions.items() if not name.endswith("-cc")}
    assert slim == {"2.7", "3.9", "3.11", "3.13", "3.14"}
    assert {image.python for name, image in definitions.items() if name.endswith("-cc")} == slim
    assert all("amd64" in image.digests for image in definitions.values())
    assert len({image.digests["amd64"] for image in definitions.values()}) == len(definitions)
    for name, image in definitions.items():
        assert name.removesuffix("-cc") == f"debian-{image.suite}-py{image.python}"
        assert ("gcc" in image.packages) == name.endswith("-cc")


def test_the_shipped_sources_name_the_builder_by_digest() -> None:
    assert "@sha256:" in load_sources().builder
