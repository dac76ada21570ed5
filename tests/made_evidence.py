"""Evidence, candidates and residues for the tests of inference: everything has a usual value."""

from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from wheel_builder import DIST_INFO, FILENAME, FILES, complete, put, zipped
from wheelproof.compare.wheels import Comparison, compare_wheels
from wheelproof.infer.candidate import Candidate
from wheelproof.infer.evidence import EntryFacts, Evidence, SourceEvidence
from wheelproof.infer.residue import Failure, Residue
from wheelproof.infer.rules import infer_candidate
from wheelproof.source.build_system import BuildSystem
from wheelproof.wheel.facts import Wheel, read_wheel
from wheelproof.wheel.repair import RepairMarks

IMAGES = {
    (python, compilers): f"py{python}{'-cc' if compilers else ''}"
    for python in ("2.7", "3.9", "3.11", "3.13", "3.14")
    for compilers in (False, True)
}


def moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def entries(copied: datetime, generated: datetime | None = None, mode: int = 0o644) -> tuple[EntryFacts, ...]:
    return (
        EntryFacts(name="demo/__init__.py", time=copied, mode=mode),
        EntryFacts(name=f"{DIST_INFO}/licenses/LICENSE", time=copied, mode=mode),
        EntryFacts(name=f"{DIST_INFO}/WHEEL", time=generated or copied, mode=mode),
        EntryFacts(name=f"{DIST_INFO}/RECORD", time=generated or copied, mode=0o664),
    )


def source(**changes: object) -> SourceEvidence:
    """A source with a ``setup.py`` and nothing declared."""
    values: dict[str, object] = {
        "build_system": BuildSystem(),
        "has_setup_py": True,
        "setup_py": "from setuptools import setup\nsetup()\n",
        "files": frozenset({"setup.py"}),
        "names_licences": False,
        "universal": False,
        "declares_python": False,
    }
    return SourceEvidence(**(values | changes))  # type: ignore[arg-type]


def declared(*requires: str, backend: str = "setuptools.build_meta", **changes: object) -> SourceEvidence:
    """A source with a ``[build-system]`` table."""
    system = BuildSystem(requires=requires, build_backend=backend, declared=True)
    return source(build_system=system, **changes)


def evidence(**changes: object) -> Evidence:
    values: dict[str, object] = {
        "filename": FILENAME,
        "project": "demo",
        "interpreters": frozenset({"py3"}),
        "platforms": ("any",),
        "pure": True,
        "generator": "setuptools (80.9.0)",
        "metadata_version": "2.4",
        "requires_python": ">=3.8",
        "scripts": (),
        "entries": entries(moment(2025, 1, 2, 3, 4, 6)),
        "dist_info": DIST_INFO,
        "upload_time": moment(2025, 1, 2),
        "version": "1",
        "windows_text": False,
        "marks": {},
        "named_pythons": (),
        "cibuildwheel": (),
        "repair": RepairMarks(sbom=None, libraries=(), record_lines=False),
        "source": source(),
    }
    return Evidence(**(values | changes))  # type: ignore[arg-type]


def candidate(subject: Evidence | None = None) -> Candidate:
    return infer_candidate(subject or evidence(), IMAGES)


def wheel(
    folder: Path,
    files: dict[str, str] | None = None,
    *,
    filename: str = FILENAME,
    mode: int = 0o100644,
) -> Wheel:
    """The demo wheel, with these files over its own."""
    return read_wheel(put(folder, zipped(complete({**FILES, **(files or {})}), mode=mode), filename))


def compared(folder: Path, published: dict[str, str], rebuilt: dict[str, str]) -> Comparison:
    """Two demo wheels, each with some files over its own."""
    return compare_wheels(wheel(folder / "published", published), wheel(folder / "rebuilt", rebuilt))


def differs(comparison: Comparison, **used: str) -> Residue:
    """What is left where something was built."""
    versions = {project: Version(version) for project, version in used.items()}
    return Residue(comparison=comparison, failure=None, used=versions)


def failed(log: str = "", *, phase: str = "build", reason: str = "It ended with exit code 1") -> Residue:
    """What is left where nothing was built."""
    return Residue(comparison=None, failure=Failure(phase=phase, reason=reason, log=log), used={})
