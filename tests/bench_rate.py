"""``make bench-rate LISTS=…``: how much of a list of releases is rebuilt, how fast; writes docs/benchmark.md.

A list is run with no recipe for any of its wheels and a cache that is empty but for base images, then with
the shipped recipes, then with nothing changed. What is left is listed with its causes, and with
what a recipe does about it or what a person who looked at it says it needs (``tests/benchmark_notes.yaml``).
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from wheelproof.container.definition import load_definitions
from wheelproof.core.identity import TOOL
from wheelproof.core.places import CACHE_VARIABLE, cache_root
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import Report, Result
from wheelproof.report.statistics import CauseCount, share, statistics_of
from wheelproof.report.summary import name_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmark.md"
NOTES = ROOT / "tests" / "benchmark_notes.yaml"
# The part of a list that is run with one job and with two, to see what the second one brings.
SAMPLE = 60
_CAUSES_SHOWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of ``wheelproof batch``: its report, and the seconds of the whole process."""

    report: Report
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A list's runs: with no recipe, with the shipped ones, unchanged; and a part of it with 1 and 2 jobs."""

    name: str
    bare: Run
    shipped: Run
    again: Run
    sample: int
    one_job_s: float
    two_jobs_s: float


def main(paths: Sequence[str]) -> None:
    """Measure every list and write the page."""
    if not paths:
        sys.exit("make bench-rate LISTS='PATH…': the lists of targets to measure")
    measured = [measure(Path(path)) for path in paths]
    PAGE.write_text(page(measured, yaml.safe_load(NOTES.read_text("utf-8")) or {}), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


def measure(path: Path) -> Measured:
    """All runs over one list, in folders of their own."""
    with tempfile.TemporaryDirectory(prefix="wheelproof-rate-") as name:
        folder = Path(name)
        cache, none = folder / "cache", folder / "no-recipes"
        none.mkdir()
        cache.mkdir()
        _share_images(cache)
        store = folder / "results"
        bare = batch(path, cache, store, "--recipes", str(none))
        # Only what a recipe is for is built again.
        shipped = batch(path, cache, store)
        again = batch(path, cache, store)
        sample = folder / "sample.txt"
        targets = [result.target for result in bare.report.results]
        chosen = targets[:: max(1, len(targets) // SAMPLE)][:SAMPLE]
        sample.write_text("".join(f"{target}\n" for target in chosen), "utf-8")
        one, two = (
            batch(sample, cache, folder / f"jobs-{jobs}", "--jobs", str(jobs), "--recipes", str(none)).seconds
            for jobs in (1, 2)
        )
    return Measured(
        name=path.stem,
        bare=bare,
        shipped=shipped,
        again=again,
        sample=len(chosen),
        one_job_s=one,
        two_jobs_s=two,
    )


def batch(path: Path, cache: Path, store: Path, *options: str) -> Run:
    """Run the command as a user does; wheels that reach no level are no failure of the run."""
    command = [str(Path(sys.executable).parent / "wheelproof"), "batch", str(path), "--format", "json"]
    environment = {**os.environ, CACHE_VARIABLE: str(cache)}
    begun = time.monotonic()
    done = subprocess.run(
        [*command, "--store", str(store), *options],
        stdout=subprocess.PIPE,
        check=False,
        env=environment,
    )
    seconds = time.monotonic() - begun
    if not done.stdout:
        sys.exit(f"wheelproof batch ended with {done.returncode}")
    return Run(report=Report.model_validate_json(done.stdout), seconds=seconds)


def _share_images(cache: Path) -> None:
    """Base images are made once on a machine; all else is fetched and built anew."""
    images = cache_root() / "images"
    if images.is_dir():
        (cache / "images").symlink_to(images)


def page(measured: Sequence[Measured], notes: Mapping[str, str]) -> str:
    """The page, whole."""
    today = datetime.now(UTC).date()
    images = ", ".join(f"`{name}`" for name in sorted(load_definitions()))
    head = [
        "# Benchmark",
        "",
        f"Made by `make bench-rate` on {today} with {TOOL}, on {os.cpu_count()} processors.",
        "",
        "Every wheel of a list counts, also one whose release has no sdist, whose build fails, or that is",
        "for another platform. What the verdicts mean stands in [verdicts.md](verdicts.md).",
        f"Images: {images}.",
        "",
    ]
    return "\n".join([*head, *(line for item in measured for line in _section(item, notes))]).rstrip() + "\n"


def _section(item: Measured, notes: Mapping[str, str]) -> Iterator[str]:
    bare, shipped = statistics_of(item.bare.report), statistics_of(item.shipped.report)
    yield f"## {item.name}"
    yield ""
    yield f"{bare.wheels} wheels of {bare.projects} projects."
    yield ""
    yield "| reached | with no recipe: wheels | projects | with the shipped recipes: wheels | projects |"
    yield "|---|---|---|---|---|"
    for place, level in enumerate(LEVELS):
        cells = [level.value]
        for found in (bare, shipped):
            _, wheels, projects = found.levels[place]
            cells += [
                f"{wheels} ({share(wheels, found.wheels)})",
                f"{projects} ({share(projects, found.projects)})",
            ]
        yield _row(cells)
    yield ""
    yield "| verdict | with no recipe | with the shipped recipes |"
    yield "|---|---|---|"
    counts = [dict(found.verdicts) for found in (bare, shipped)]
    for verdict in Verdict:
        if any(verdict in count for count in counts):
            yield _row([verdict.value, *(str(count.get(verdict, 0)) for count in counts)])
    yield ""
    yield from _times(item)
    yield from _causes(bare.causes)
    yield from _left(item, notes)


def _times(item: Measured) -> Iterator[str]:
    builds = sum(max(1, len(result.attempts)) for result in item.bare.report.results if result.environment)
    yield (
        f"The first run took {item.bare.seconds / 60:.1f} minutes with 2 jobs and a cache that held nothing "
        f"but base images; {builds} rebuilds were tried in it. The command with the shipped recipes took "
        f"{item.again.seconds:.1f} s once nothing had changed. {item.sample} wheels of the list took "
        f"{item.one_job_s:.0f} s with one job and {item.two_jobs_s:.0f} s with two: "
        f"{item.one_job_s / item.two_jobs_s:.2f} times as fast."
    )
    yield ""


def _causes(causes: Sequence[CauseCount]) -> Iterator[str]:
    yield "What differed with no recipe, by the number of wheels:"
    yield ""
    yield "| cause | wheels | closes the difference |"
    yield "|---|---|---|"
    for cause in causes[:_CAUSES_SHOWN]:
        link = f"[`{cause.id}`](causes.md#{cause.id})"
        yield _row([link, str(cause.wheels), "yes" if cause.closes else "no"])
    yield ""


def _left(item: Measured, notes: Mapping[str, str]) -> Iterator[str]:
    """Every wheel that is not ``same-content`` with no recipe, and what became of it."""
    shipped = {name_of(result): result for result in item.shipped.report.results}
    left = [result for result in item.bare.report.results if not result.verdict.reaches(Verdict.SAME_CONTENT)]
    yield f"### What is left below `same-content` with no recipe: {len(left)}"
    yield ""
    yield "| wheel | no recipe | with recipes | causes | what it needs |"
    yield "|---|---|---|---|---|"
    for result in sorted(left, key=lambda result: name_of(result).lower()):
        now = shipped.get(name_of(result), result)
        yield _row(
            [
                name_of(result),
                result.verdict.value,
                now.verdict.value,
                _why(result),
                needs(name_of(result), now, notes),
            ]
        )
    yield ""


def _why(result: Result) -> str:
    if result.comparison is not None:
        ids = [cause.id for cause in result.comparison.causes if cause.id != "record-follows"]
        return ", ".join(f"`{id_}`" for id_ in ids)
    failure = result.failure
    return f"{failure.phase}: {_cell(result.reason)}" if failure else _cell(result.reason)


def needs(name: str, now: Result, notes: Mapping[str, str]) -> str:
    """What a recipe says, or a person who looked; nobody did where neither says anything."""
    if now.environment is not None:
        reasons = [choice.evidence for choice in now.environment.choices if choice.origin == "recipe"]
        if reasons:
            return "; ".join(f"recipe: {_cell(reason)}" for reason in dict.fromkeys(reasons))
    for pattern, note in notes.items():
        if Path(name).match(pattern):
            return _cell(note)
    return "not looked at"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    short = text if len(text) <= 160 else f"{text[:160]}…"
    return short.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main(sys.argv[1:])
