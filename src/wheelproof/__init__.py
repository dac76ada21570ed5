"""Does the wheel on the index come from the source it claims, and from nothing else?

The names below are the library (``docs/library.md``). Each is imported when it is first asked for, so that
importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "Digest",
    "Evidence",
    "ExitCode",
    "GitReference",
    "Judged",
    "Judgement",
    "Listener",
    "LocalTarget",
    "Lock",
    "Policy",
    "ReleaseTarget",
    "Replay",
    "Report",
    "ReportFormat",
    "Result",
    "Sdist",
    "Session",
    "Settings",
    "Target",
    "Verdict",
    "Wheel",
    "WheelproofError",
    "__version__",
    "check_lock",
    "check_targets",
    "compare_files",
    "compare_wheels",
    "exit_code",
    "judge_pair",
    "load_lock",
    "load_recipe",
    "lock_target",
    "make_report",
    "open_folder",
    "parse_lock",
    "parse_recipe",
    "parse_target",
    "print_report",
    "read_sdist",
    "read_wheel",
    "render_lock",
    "render_report",
    "render_sbom",
    "replay",
    "write_evidence",
]

if TYPE_CHECKING:
    from wheelproof.compare.replay import Replay, replay
    from wheelproof.compare.wheels import Comparison, compare_wheels
    from wheelproof.container.policy import Policy
    from wheelproof.core.errors import ExitCode, WheelproofError
    from wheelproof.core.git import GitReference
    from wheelproof.core.identity import Digest, LocalTarget, ReleaseTarget, Target, parse_target
    from wheelproof.core.verdict import Verdict
    from wheelproof.explain.verdict import Judgement
    from wheelproof.pipeline.check import check_targets, make_report
    from wheelproof.pipeline.compare import compare_files
    from wheelproof.pipeline.judge import Judged, judge_pair
    from wheelproof.pipeline.locked import check_lock, lock_target
    from wheelproof.pipeline.session import Listener, Session, Settings
    from wheelproof.recipe.load import load_recipe, parse_recipe
    from wheelproof.recipe.lock import Lock, load_lock, parse_lock, render_lock
    from wheelproof.report.document import Report, Result, exit_code
    from wheelproof.report.evidence import Evidence, open_folder, write_evidence
    from wheelproof.report.formats import ReportFormat
    from wheelproof.report.render import render_report
    from wheelproof.report.sbom import render_sbom
    from wheelproof.report.terminal import print_report
    from wheelproof.source.sdist import Sdist, read_sdist
    from wheelproof.wheel.facts import Wheel, read_wheel
else:
    _HOMES = {
        "compare.replay": ("Replay", "replay"),
        "compare.wheels": ("Comparison", "compare_wheels"),
        "container.policy": ("Policy",),
        "core.errors": ("ExitCode", "WheelproofError"),
        "core.git": ("GitReference",),
        "core.identity": ("Digest", "LocalTarget", "ReleaseTarget", "Target", "parse_target"),
        "core.verdict": ("Verdict",),
        "explain.verdict": ("Judgement",),
        "pipeline.check": ("check_targets", "make_report"),
        "pipeline.compare": ("compare_files",),
        "pipeline.judge": ("Judged", "judge_pair"),
        "pipeline.locked": ("check_lock", "lock_target"),
        "pipeline.session": ("Listener", "Session", "Settings"),
        "recipe.load": ("load_recipe", "parse_recipe"),
        "recipe.lock": ("Lock", "load_lock", "parse_lock", "render_lock"),
        "report.document": ("Report", "Result", "exit_code"),
        "report.evidence": ("Evidence", "open_folder", "write_evidence"),
        "report.formats": ("ReportFormat",),
        "report.render": ("render_report",),
        "report.sbom": ("render_sbom",),
        "report.terminal": ("print_report",),
        "source.sdist": ("Sdist", "read_sdist"),
        "wheel.facts": ("Wheel", "read_wheel"),
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

    def __getattr__(name: str) -> object:
        """Import one of the names above from its room (PEP 562)."""
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """The library's names, whether imported yet or not."""
        return sorted({*globals(), *__all__})
