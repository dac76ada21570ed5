import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheel_builder import DIST_INFO, FILES, complete, put, zipped
from wheelproof.wheel.facts import read_wheel
from wheelproof.wheel.repair import RepairMarks, parse_repair_sbom, read_repair_marks, vendored_name

LIBRARY = "demo.libs/libffi-922024ec.so.8.1.4"
PLACE = hashlib.sha256(b"/usr/lib/x86_64-linux-gnu/libffi.so.8.1.4").hexdigest()


def sbom(*packages: tuple[str, str, str], tool: str = "6.8.2") -> bytes:
    """An SBOM as auditwheel writes it: the wheel itself, then the packages with the places of their files."""
    components = [{"name": "demo", "version": "1", "bom-ref": "pkg:pypi/demo@1"}]
    components += [
        {"name": name, "version": version, "bom-ref": f"pkg:deb/debian/{name}@{version}#{place}"}
        for name, version, place in packages
    ]
    document = {
        "bomFormat": "CycloneDX",
        "metadata": {"tools": [{"name": "auditwheel", "version": tool}]},
        "components": components,
    }
    return json.dumps(document).encode()


def marks_of(folder: Path, files: dict[str, str | bytes]) -> RepairMarks:
    return read_repair_marks(read_wheel(put(folder, zipped(complete({**FILES, **files})))))


def test_an_sbom_names_the_tool_and_the_packages() -> None:
    found = parse_repair_sbom(sbom(("libffi8", "3.4.8-2", PLACE)))
    assert found is not None
    assert found.auditwheel == "6.8.2"
    assert [str(package) for package in found.packages] == ["libffi8 3.4.8-2"]


def test_a_library_is_of_the_package_that_has_its_place() -> None:
    other = hashlib.sha256(b"/opt/other").hexdigest()
    found = parse_repair_sbom(sbom(("other", "1", other), ("libffi8", "3.4.8-2", PLACE)))
    assert found is not None
    assert str(found.package_of(LIBRARY)) == "libffi8 3.4.8-2"
    assert found.package_of("demo.libs/libsalt-2327a190.so.1") is None
    assert found.package_of("demo/__init__.py") is None


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (LIBRARY, "libffi.so.8.1.4"),
        ("demo.libs/libgomp-a34b3233.so.1", "libgomp.so.1"),
        ("demo.libs/libfoo-1.2-0123abcd.so", "libfoo-1.2.so"),
        ("demo.libs/plain-0123abcd", "plain"),
        ("demo.libs/libfoo.so.1", None),
        ("demo/libffi-922024ec.so.8", None),
        ("demo.libs/deeper/libffi-922024ec.so.8", None),
    ],
)
def test_a_vendored_library_had_another_name(member: str, name: str | None) -> None:
    assert vendored_name(member) == name


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        sbom().replace(b"CycloneDX", b"SPDX"),
        sbom().replace(b'"auditwheel"', b'"other"'),
        sbom(tool="1" * 500),
        sbom(("x" * 500, "1", "")),
    ],
)
def test_what_is_no_sbom_of_auditwheel_is_none(text: bytes) -> None:
    assert parse_repair_sbom(text) is None


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["bomFormat", "metadata", "tools", "components", "name", "version", "bom-ref"]
                ),
                inner,
            )
        ),
    )
)
def test_any_document_gives_an_sbom_or_none(document: object) -> None:
    parse_repair_sbom(json.dumps(document).encode())


@given(st.binary())
def test_any_bytes_give_an_sbom_or_none(text: bytes) -> None:
    parse_repair_sbom(text)


def test_a_wheel_has_marks_of_its_repair(tmp_path: Path) -> None:
    assert not marks_of(tmp_path, {})
    assert marks_of(tmp_path, {LIBRARY: b"x"}).libraries == (LIBRARY,)
    repaired = marks_of(tmp_path, {f"{DIST_INFO}/sboms/auditwheel.cdx.json": sbom()})
    assert repaired.sbom is not None
    record = complete()[f"{DIST_INFO}/RECORD"].replace(b"\n", b"\r\n")
    path = put(tmp_path, zipped(complete() | {f"{DIST_INFO}/RECORD": record}))
    assert read_repair_marks(read_wheel(path)).record_lines
