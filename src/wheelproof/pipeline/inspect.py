"""The evidence of one file on this machine, as plain values for a terminal or for JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from wheelproof.core.identity import Digest
from wheelproof.infer.candidate import Value
from wheelproof.infer.evidence import gather_evidence
from wheelproof.infer.rules import infer
from wheelproof.pipeline.publisher import with_publisher
from wheelproof.source.sdist import read_sdist
from wheelproof.wheel.facts import read_wheel

Facts = dict[str, str | Sequence[str | dict[str, str]]]
_SHOWN = 12


def inspect_wheel(path: Path) -> Facts:
    """What a wheel says about how it was built, and what inference makes of it; raises MalformedError."""
    wheel = read_wheel(path)
    evidence = with_publisher(gather_evidence(wheel, upload_time=None))
    modes = Counter(entry.mode for entry in evidence.entries)
    return {
        "file": wheel.filename,
        "sha256": wheel.digest.hex,
        "members": str(len(wheel.archive.members)),
        "tags": sorted(str(tag) for tag in wheel.name.tags),
        "generator": wheel.wheel_file.generator,
        "metadata-version": wheel.metadata.metadata_version,
        "requires-python": wheel.metadata.requires_python or "any",
        "times": _times(evidence.times()),
        "modes": [
            f"{'none' if mode is None else f'{mode:04o}'} on {count}"
            for mode, count in modes.most_common(_SHOWN)
        ],
        "findings": [
            {"id": item.kind.value, "member": item.member, "detail": item.detail} for item in wheel.anomalies
        ],
        "inferred": [
            {
                "field": found.place,
                "value": _shown(found.value),
                "origin": found.origin,
                "evidence": found.evidence,
            }
            for found in infer(evidence)
        ],
    }


def inspect_sdist(path: Path) -> Facts:
    """What an sdist says about how it wants to be built; raises MalformedError."""
    sdist = read_sdist(path)
    info, system = sdist.package_info, sdist.build_system
    newest = sdist.newest_mtime
    return {
        "file": sdist.filename,
        "sha256": Digest.of_file(path).hex,
        "format": sdist.format.value,
        "root": sdist.root,
        "members": str(len(sdist.members)),
        "metadata-version": (info.metadata_version if info else None) or "none",
        "requires-python": (info.requires_python if info else None) or "any",
        "build-backend": system.build_backend
        + ("" if system.declared else " (not declared: PEP 517's default)"),
        "backend-path": list(system.backend_path),
        "build-requires": list(system.requires),
        "setup.py": "yes" if sdist.has_setup_py else "no",
        "newest file": "none"
        if newest is None
        else f"{datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M:%S} UTC",
        "notes": list(sdist.notes),
    }


def _times(times: Sequence[datetime]) -> list[str]:
    shown = [f"{time:%Y-%m-%d %H:%M:%S}" for time in times[:_SHOWN]]
    return shown if len(times) <= _SHOWN else [*shown, f"and {len(times) - _SHOWN} more"]


def _shown(value: Value) -> str:
    return "unset" if value is None else " ".join(value) if isinstance(value, tuple) else str(value)
