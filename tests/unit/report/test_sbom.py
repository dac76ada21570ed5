"""The SBOM is held against the published JSON schema, and read back by another implementation."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

import made_locks
from sample_reports import HOSTILE
from wheelproof.core.errors import UsageError
from wheelproof.recipe.lock import (
    Lock,
    LockedFile,
    LockedGit,
    LockedSystem,
    LockedTool,
    parse_lock,
    render_lock,
)
from wheelproof.report.document import FileFacts
from wheelproof.report.sbom import render_sbom, write_sbom

INSTALLER = LockedFile(filename="installer-0.7.0-py3-none-any.whl", sha256="5" * 64, size_bytes=1)
REBUILT = FileFacts(filename="demo-1-py3-none-any.whl", sha256="8" * 64, size_bytes=5)
SYSTEM = LockedSystem(
    id="debian",
    version="13",
    codename="trixie",
    package_format="deb",
    architecture="amd64",
    architectures={"tzdata": "all"},
)
CC = LockedTool(path="/usr/bin/gcc-14", version="cc 14.2.0", package="gcc-14", sha256="6" * 64)
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def lock(*, source: LockedFile | None = None, **image: Any) -> Lock:
    plain = made_locks.lock()
    known = {
        "packages": {"gcc-14": "14.2.0-19", "libc6": "1:2.41+b1", "tzdata": "2025b"},
        "system": SYSTEM,
        "tools": {"cc": CC},
        "snapshot": "20260101T000000Z",
    }
    changed = plain.image.model_copy(update=known | image)
    return made_locks.lock(image=changed, frontend=(INSTALLER,), source=source or plain.source)


def made(lock: Lock, rebuilt: FileFacts | None = None) -> dict[str, Any]:
    """An SBOM that is valid, and that another reader takes for the same graph of components."""
    text = render_sbom(lock, rebuilt)
    assert VALIDATOR.validate_str(text) is None
    document: dict[str, Any] = json.loads(text)
    read = Bom.from_json(document)  # type: ignore[attr-defined]
    references = {component.bom_ref.value for component in read.components}
    assert references == {component["bom-ref"] for component in document["components"]}
    assert len(references) == len(document["components"])
    graph = {entry["ref"]: set(entry.get("dependsOn", ())) for entry in document["dependencies"]}
    assert {
        entry.ref.value: {needed.ref.value for needed in entry.dependencies} for entry in read.dependencies
    } == graph
    assert set(graph) | set().union(*graph.values()) <= {*references, "wheel"}
    return document


def component(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [item for item in document["components"] if item["name"] == name]
    return dict(found)


def needs(document: dict[str, Any], reference: str) -> list[str]:
    (found,) = [item for item in document["dependencies"] if item["ref"] == reference]
    return list(found["dependsOn"])


def test_it_is_the_environment_of_the_wheel() -> None:
    document = made(lock(), REBUILT)

    wheel = document["metadata"]["component"]
    assert wheel["hashes"] == [{"alg": "SHA-256", "content": "8" * 64}]
    assert wheel["purl"] == "pkg:pypi/demo@1?file_name=demo-1-py3-none-any.whl"
    assert needs(document, "wheel") == sorted(
        ["source", "image", "runner", *(f"sha256:{letter * 64}" for letter in "ab57")]
    )
    assert needs(document, f"sha256:{'b' * 64}") == [f"sha256:{'a' * 64}"]
    setuptools = component(document, "setuptools")
    assert setuptools["purl"] == "pkg:pypi/setuptools@80?file_name=setuptools-80-py3-none-any.whl"
    assert setuptools["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert component(document, "installer")["version"] == "0.7.0"
    assert component(document, "wheelproof-runner")["hashes"] == [{"alg": "SHA-256", "content": "9" * 64}]


def test_an_image_leads_to_its_packages_and_a_tool_to_the_package_that_it_is_of() -> None:
    document = made(lock())

    kinds = [item["type"] for item in document["components"] if item["name"] == "debian"]
    assert kinds == ["container", "operating-system"]
    assert needs(document, "image") == [
        "package:gcc-14",
        "package:libc6",
        "package:tzdata",
        "system",
        "tool:cc",
    ]
    assert needs(document, "tool:cc") == ["package:gcc-14"]
    purls = [component(document, name)["purl"] for name in ("gcc-14", "libc6", "tzdata")]
    assert purls == [
        "pkg:deb/debian/gcc-14@14.2.0-19?arch=amd64&distro=trixie",
        "pkg:deb/debian/libc6@1:2.41%2Bb1?arch=amd64&distro=trixie",
        "pkg:deb/debian/tzdata@2025b?arch=all&distro=trixie",
    ]
    assert component(document, "cc")["version"] == "cc 14.2.0"


@pytest.mark.parametrize(
    ("system", "packages", "purl"),
    [
        (
            LockedSystem(id="almalinux", version="8.10", package_format="rpm", architecture="x86_64"),
            {"gcc-c++": "1:8.5.0-22.el8"},
            "pkg:rpm/almalinux/gcc-c%2B%2B@8.5.0-22.el8?arch=x86_64&distro=almalinux-8.10&epoch=1",
        ),
        (
            LockedSystem(id="alpine", version="3.21.3", package_format="apk", architecture="x86_64"),
            {"gcc": "14.2.0-r4"},
            "pkg:apk/alpine/gcc@14.2.0-r4?arch=x86_64&distro=alpine-3.21.3",
        ),
        (
            LockedSystem(
                id="ubuntu", version="24.04", codename="noble", package_format="deb", architecture="amd64"
            ),
            {"gcc": "13.2-1"},
            "pkg:deb/ubuntu/gcc@13.2-1?arch=amd64&distro=ubuntu-24.04",
        ),
        (
            LockedSystem(package_format="deb", architecture="amd64", architectures={"gcc:i386": "i386"}),
            {"gcc:i386": "1"},
            "pkg:deb/gcc@1?arch=i386",
        ),
    ],
)
def test_packages_of_every_distribution_are_named_as_package_urls_have_them(
    system: LockedSystem, packages: dict[str, str], purl: str
) -> None:
    document = made(lock(system=system, packages=packages, tools={}))
    (found,) = [item["purl"] for item in document["components"] if item["bom-ref"].startswith("package:")]
    assert found == purl
    assert PackageURL.from_string(purl).to_string() == purl


def test_a_lock_that_does_not_say_what_an_image_holds_names_packages_without_an_origin() -> None:
    document = made(lock(system=None, tools={}, packages={"libc6": "2.41"}))
    assert "purl" not in component(document, "libc6")
    assert needs(document, "image") == ["package:libc6"]


def test_an_image_from_a_registry_is_named_by_its_digest() -> None:
    digest = f"sha256:{'3' * 64}"
    document = made(lock(name=f"registry.example/builds/manylinux@{digest}", snapshot=None))
    image = component(document, "registry.example/builds/manylinux")
    assert image["version"] == digest
    assert image["purl"] == (f"pkg:oci/manylinux@{digest}?repository_url=registry.example/builds/manylinux")


def test_an_image_of_ours_names_its_snapshot_and_its_pin() -> None:
    (image,) = [item for item in made(lock())["components"] if item["type"] == "container"]
    properties = {item["name"]: item["value"] for item in image["properties"]}
    assert properties["wheelproof:debian-snapshot"] == "20260101T000000Z"
    assert properties["wheelproof:pin-met"] == "false"
    assert properties["wheelproof:pin"] == "the mirror moved on"
    assert image["version"] == f"sha256:{'e' * 64}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://forge.example/demo.git", "https://forge.example/demo.git"),
        ("git@forge.example:some/demo.git", "ssh://git@forge.example/some/demo.git"),
        ("https://forge.example/a<b", "https://forge.example/a%3Cb"),
    ],
)
def test_a_commit_is_a_source_with_its_repository(url: str, shown: str) -> None:
    commit = "0123456789" * 4
    git = LockedGit(url=url, commit=commit)
    source = LockedFile(filename="demo.tar.gz", sha256="d" * 64, size_bytes=6, git=git)
    found = next(item for item in made(lock(source=source))["components"] if item["bom-ref"] == "source")

    purl = PackageURL.from_string(found["purl"])
    assert (purl.type, purl.name, purl.version) == ("generic", "demo", "1")
    assert purl.qualifiers == {"vcs_url": f"git+{shown}@{commit}"}
    assert found["externalReferences"] == [{"type": "vcs", "url": shown}]
    assert found["pedigree"] == {"commits": [{"uid": commit, "url": shown}]}


def test_a_commit_of_a_local_repository_names_no_place() -> None:
    git = LockedGit(commit="0123456789" * 4)
    source = LockedFile(filename="demo.tar.gz", sha256="d" * 64, size_bytes=6, git=git)
    found = next(item for item in made(lock(source=source))["components"] if item["bom-ref"] == "source")
    assert found["purl"] == "pkg:generic/demo@1"
    assert "externalReferences" not in found


def test_what_repairs_the_wheel_is_of_its_environment() -> None:
    plain = lock()
    (tool,) = plain.repair
    shown = made(plain)
    reference = f"sha256:{tool.file.sha256}"
    (component,) = (item for item in shown["components"] if item["bom-ref"] == reference)
    assert (component["name"], component["version"]) == (tool.name, tool.version)
    (needs,) = (item["dependsOn"] for item in shown["dependencies"] if item["ref"] == "wheel")
    assert reference in needs
    assert {"resource": {"ref": reference}} in shown["formulation"][0]["workflows"][0]["inputs"]


def test_the_commands_and_their_environment_are_the_formula() -> None:
    (formula,) = made(lock())["formulation"]
    (workflow,) = formula["workflows"]
    assert [step["commands"][0]["executed"] for step in workflow["steps"]] == ["a", "b c"]
    assert {"environmentVars": [{"name": "TZ", "value": "UTC"}]} in workflow["inputs"]
    assert workflow["outputs"] == [{"type": "artifact", "resource": {"ref": "wheel"}}]


def test_the_same_lock_gives_the_same_bytes_and_another_gives_another_serial_number() -> None:
    first, again = lock(), parse_lock(render_lock(lock()), place="again")
    assert render_sbom(first) == render_sbom(again)
    serials = [
        json.loads(render_sbom(*inputs))["serialNumber"]
        for inputs in ((first,), (first, REBUILT), (lock(snapshot="20260102T000000Z"),))
    ]
    assert len(set(serials)) == 3
    assert {UUID(serial).version for serial in serials} == {5}
    assert json.loads(render_sbom(first))["metadata"]["timestamp"] == made_locks.WHEN.isoformat()


def test_a_file_that_is_both_needed_and_drives_the_build_is_one_component() -> None:
    plain = lock()
    (needed,) = [item for item in plain.requirements if item.name == "setuptools"]
    document = made(plain.model_copy(update={"frontend": (needed.file,)}))
    assert component(document, "setuptools")["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


def test_what_drives_a_build_is_named_by_its_file_where_that_is_no_wheel() -> None:
    odd = LockedFile(filename="installer.zip", sha256="7" * 64, size_bytes=1)
    document = made(lock().model_copy(update={"frontend": (odd,)}))
    assert component(document, "installer.zip")["bom-ref"] == f"sha256:{'7' * 64}"


@settings(max_examples=25)
@given(st.sampled_from(HOSTILE) | st.text(min_size=1))
def test_whatever_a_lock_says_the_sbom_is_valid_and_obeyed_by_no_terminal(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    tool = CC.model_copy(update={"version": text, "path": text, "package": text})
    hostile = lock(name=text, packages={text: text}, tools={text: tool}, pin=text, system=SYSTEM.model_copy())
    rendered = render_sbom(hostile)
    assert VALIDATOR.validate_str(rendered) is None
    assert rendered.isascii()
    assert rendered.replace("\n", "").isprintable()


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written") as caught:
        write_sbom(tmp_path / "missing" / "sbom.json", lock())
    assert caught.value.hint
