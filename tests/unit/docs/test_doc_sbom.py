import json
import re

import made_locks
from doc_pages import blocks, page, rows, section
from wheelproof.recipe.lock import LockedSystem, LockedTool
from wheelproof.report.document import FileFacts
from wheelproof.report.evidence import SBOM_NAME
from wheelproof.report.sbom import render_sbom

TEXT = page("docs/sbom.md")
EXAMPLE = json.loads(blocks(TEXT, "json")[0])


def document() -> dict[str, object]:
    """The SBOM of an image that holds what the page's example shows."""
    package, tool = EXAMPLE
    system = LockedSystem(
        id="debian", version="13", codename="trixie", package_format="deb", architecture="amd64", unread=1
    )
    cc = LockedTool(
        path=tool["properties"][0]["value"],
        version=tool["version"],
        package=package["name"],
        sha256=tool["hashes"][0]["content"],
    )
    plain = made_locks.lock()
    changes = {
        "packages": {package["name"]: package["version"]},
        "system": system,
        "tools": {"cc": cc},
        "snapshot": "20260101T000000Z",
    }
    image = plain.image.model_copy(update=changes)
    rebuilt = FileFacts(filename="demo-1-py3-none-any.whl", sha256="8" * 64, size_bytes=5)
    made: dict[str, object] = json.loads(render_sbom(plain.model_copy(update={"image": image}), rebuilt))
    return made


def test_the_example_is_what_is_made() -> None:
    components = document()["components"]
    assert isinstance(components, list)
    assert [item for item in components if item in EXAMPLE] == EXAMPLE


def test_every_kind_of_component_has_its_row() -> None:
    text = json.dumps(document())
    references = set(re.findall(r'"bom-ref": "([a-z0-9]+)', text)) - {"workflow"}
    named = {
        reference.strip("`").removesuffix(":…") for _, reference, _ in rows(section(TEXT, "What is in it"))
    }
    assert named == references


def test_every_property_is_named() -> None:
    names = set(re.findall(r'"wheelproof:([a-z-]+)"', json.dumps(document())))
    (sentence,) = [part for part in TEXT.split("\n\n") if part.startswith("Properties whose")]
    assert set(re.findall(r"`([a-z-]+)`", sentence)) == names


def test_the_file_of_an_evidence_folder_is_called_as_it_is() -> None:
    assert f"evidence/{SBOM_NAME}" in TEXT
