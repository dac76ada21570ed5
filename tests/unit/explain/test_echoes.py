"""What repeats a file name or a vendored library is closed only where that differs itself."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from wheel_builder import DIST_INFO, FILENAME, FILES, complete, entries_of, put, raw_zip
from wheelproof.core.verdict import Verdict
from wheelproof.explain.relaxation import Relaxation
from wheelproof.pipeline.compare import compare_files
from wheelproof.pipeline.judge import judge_pair
from wheelproof.report.document import Result
from wheelproof.wheel.facts import read_wheel

PUBLISHED = "demo-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"
REBUILT = "demo-1.0-cp313-cp313-manylinux_2_38_x86_64.whl"
SBOM = f"{DIST_INFO}/sboms/auditwheel.cdx.json"
LIBRARY = "demo.libs/libsalt-0123abcd.so.1"


def metadata(filename: str, platform: str = "", more: str = "") -> str:
    tag = filename.removesuffix(".whl").split("-", 2)[2]
    return f"Wheel-Version: 1.0\nGenerator: demo 1\nRoot-Is-Purelib: false\nTag: {platform or tag}\n{more}"


def sbom(filename: str, package: str = "1.0", **more: object) -> str:
    reference = f"pkg:pypi/demo@1.0?file_name={filename}"
    own = {"type": "library", "bom-ref": reference, "name": "demo", "version": "1.0"}
    document = {
        "bomFormat": "CycloneDX",
        "metadata": {"component": own, "tools": [{"name": "auditwheel", "version": "6.7.0"}]},
        "components": [own, {"bom-ref": f"pkg:deb/salt@{package}", "name": "salt", "version": package}],
        **more,
    }
    return json.dumps(document)


def wheel(filename: str, **files: str | bytes) -> bytes:
    names = {"wheel": f"{DIST_INFO}/WHEEL", "sbom": SBOM, "library": LIBRARY}
    return raw_zip(entries_of(complete(FILES | {names[key]: value for key, value in files.items()})))


def judged(folder: Path, both: Iterable[bytes], names: tuple[str, str] = (PUBLISHED, REBUILT)) -> Result:
    published, rebuilt = both
    sides = put(folder / "published", published, names[0]), put(folder / "rebuilt", rebuilt, names[1])
    (result,) = compare_files(*sides, required=Verdict.EXPLAINED).results
    return result


def explained(result: Result, name: str) -> bool:
    assert result.comparison is not None
    (found,) = (member.explained for member in result.comparison.members if member.name == name)
    return found


def test_another_platform_is_a_finding_and_no_second_difference(tmp_path: Path) -> None:
    both = (wheel(name, wheel=metadata(name)) for name in (PUBLISHED, REBUILT))
    result = judged(tmp_path, both)
    assert result.verdict is Verdict.EXPLAINED
    assert "filename-differs" in {finding.id for finding in result.findings}


@pytest.mark.parametrize(
    "names",
    [
        (PUBLISHED, REBUILT.replace("x86_64", "aarch64")),
        (PUBLISHED, REBUILT.replace("cp313-cp313", "cp312-cp312")),
        (PUBLISHED, REBUILT.replace("manylinux_2_38", "musllinux_1_2")),
        (PUBLISHED, "demo-1.0-cp313-cp313-win_amd64.whl"),
        (PUBLISHED, "demo-1.0-cp313-cp313-any.whl"),
    ],
)
def test_another_machine_interpreter_or_system_stays_open(tmp_path: Path, names: tuple[str, str]) -> None:
    both = (wheel(name, wheel=metadata(name)) for name in names)
    result = judged(tmp_path, both, names)
    assert not explained(result, f"{DIST_INFO}/WHEEL")
    assert result.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("platform", "more"),
    [
        ("cp313-cp313-manylinux_2_5_x86_64", ""),
        ("cp313-abi3-manylinux_2_38_x86_64", ""),
        ("", "Build: 1\n"),
        ("", "Tag: cp313-cp313-manylinux_2_39_x86_64\n"),
    ],
)
def test_what_does_not_repeat_the_file_name_stays_open(tmp_path: Path, platform: str, more: str) -> None:
    published = wheel(PUBLISHED, wheel=metadata(PUBLISHED))
    rebuilt = wheel(REBUILT, wheel=metadata(REBUILT, platform, more))
    assert not explained(judged(tmp_path, (published, rebuilt)), f"{DIST_INFO}/WHEEL")


def test_packages_of_libraries_that_differ_are_no_second_difference(tmp_path: Path) -> None:
    published = wheel(PUBLISHED, wheel=metadata(PUBLISHED), sbom=sbom(PUBLISHED), library=b"\x7fELF one")
    rebuilt = wheel(REBUILT, wheel=metadata(REBUILT), sbom=sbom(REBUILT, "2.0"), library=b"\x7fELF two")
    result = judged(tmp_path, (published, rebuilt))
    assert explained(result, SBOM)
    assert not explained(result, LIBRARY)
    assert result.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "other",
    [
        sbom(REBUILT, "2.0"),
        sbom(REBUILT, version=2),
        sbom(REBUILT) + "\n",
        sbom(REBUILT).replace('"auditwheel"', '"another"'),
        "[]",
    ],
)
def test_another_sbom_over_the_same_libraries_stays_open(tmp_path: Path, other: str) -> None:
    published = wheel(PUBLISHED, wheel=metadata(PUBLISHED), sbom=sbom(PUBLISHED), library=b"\x7fELF one")
    rebuilt = wheel(REBUILT, wheel=metadata(REBUILT), sbom=other, library=b"\x7fELF one")
    result = judged(tmp_path, (published, rebuilt))
    assert not explained(result, SBOM)
    assert result.verdict is Verdict.DIFFERENT


def test_what_a_recipe_can_leave_out_explains_no_sbom(tmp_path: Path) -> None:
    library = "demo.libs/libsalt-0123abcd.a"
    published, rebuilt = (
        read_wheel(put(tmp_path / package, archive(package, library), PUBLISHED))
        for package in ("1.0", "2.0")
    )
    judged = judge_pair(published, rebuilt, None, Relaxation(exclude=("demo.libs/*",)))
    assert judged.judgement.verdict is Verdict.DIFFERENT


def archive(package: str, library: str) -> bytes:
    own = {f"{DIST_INFO}/WHEEL": metadata(PUBLISHED), SBOM: sbom(PUBLISHED, package), library: package}
    return raw_zip(entries_of(complete(FILES | own)))


def test_a_serial_number_is_explained_in_the_wheels_own_sboms_alone(tmp_path: Path) -> None:
    for place, verdict in ((f"{DIST_INFO}/sboms", Verdict.EXPLAINED), ("demo", Verdict.DIFFERENT)):
        both = (
            raw_zip(entries_of(complete(FILES | {f"{place}/data.cdx.json": serial(number)})))
            for number in ("urn:uuid:1", "__import__('os').abort()")
        )
        result = judged(tmp_path / place, both, (FILENAME, FILENAME))
        assert result.verdict is verdict


def serial(number: str) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "serialNumber": number})


def test_an_sbom_of_something_else_stays_open(tmp_path: Path) -> None:
    names = (PUBLISHED, REBUILT)
    member = "demo/other.dist-info/sboms/auditwheel.cdx.json"
    both = (
        raw_zip(entries_of(complete(FILES | {f"{DIST_INFO}/WHEEL": metadata(name), member: sbom(name)})))
        for name in names
    )
    assert not explained(judged(tmp_path, both, names), member)
