"""The evidence folder: what a third party needs to repeat a check, and nothing that names a place."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest
from wheelproof.recipe.lock import INPUTS, Lock, LockedFile, render_lock
from wheelproof.report.document import Report, Result
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import render_report

LOCK_NAME = "pylock.toml"
SBOM_NAME = "sbom.cdx.json"
_README = """\
What wheelproof found about {target}, and all that is needed to find it again.

  report.json   the result
  report.html   the same, to read in a browser
  {lock}   every input by hash, and the commands
  {sbom} the build environment (CycloneDX)
  published/    the wheel as published
  rebuilt/      the wheel as rebuilt from {source}
  build.log     what the build printed, as it came (it may hold terminal escapes)
  inputs/       {source}, the build requirements and the installer

To repeat it with the files of this folder and no network:

  wheelproof check --locked {lock} --offline

The build image is not in this folder. It is {image}
({image_id}), and wheelproof makes or pulls it where the engine lacks it
(leave --offline out for that).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a check leaves beside its result.

    Attributes:
        result: the result.
        lock: what the rebuild used; None where it was not locked.
        rebuilt: the rebuilt wheel's digest; None where there is none.
        log: what the build printed.
        cut_short: more would have been tried, had the index or the engine not failed.
    """

    result: Result
    lock: Lock | None = None
    rebuilt: Digest | None = None
    log: bytes = b""
    cut_short: bool = False


def open_folder(folder: Path) -> None:
    """Make an evidence folder, or take an empty one: files of another run would be taken for this one's.

    Raises:
        UsageError: it is not empty, or can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            taken = any(folder.iterdir())
    except OSError as error:
        raise _unwritable(folder, error) from None
    if taken:
        raise UsageError(
            f"{folder} is not empty, and an evidence folder holds one run", hint="Name a new folder with -o."
        )


def write_evidence(
    folder: Path, report: Report, evidence: Sequence[Evidence], path_of: Callable[[Digest], Path]
) -> None:
    """Write an evidence folder; with several results, one folder a wheel below it.

    Args:
        folder: one that ``open_folder`` gave.
        report: the whole report.
        evidence: one for each of its results.
        path_of: where a file lies, by digest.

    Raises:
        UsageError: it can't be written.
    """
    try:
        _write_report(folder, report)
        for item in evidence:
            name = item.result.published.filename
            if len(evidence) == 1:
                _write_one(folder, item, path_of)
            elif name is not None:
                place = folder / name.removesuffix(".whl")
                place.mkdir(exist_ok=True)
                _write_report(place, report.model_copy(update={"results": (item.result,)}))
                _write_one(place, item, path_of)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{error.filename or folder} can't be written: {error.strerror}", hint="Name another place with -o."
    )


def _write_report(folder: Path, report: Report) -> None:
    for name, form in (("report.json", ReportFormat.JSON), ("report.html", ReportFormat.HTML)):
        (folder / name).write_text(render_report(report, form), "utf-8")


def _write_one(folder: Path, item: Evidence, path_of: Callable[[Digest], Path]) -> None:
    from wheelproof.report.sbom import render_sbom  # noqa: PLC0415 - most runs leave no evidence

    (folder / "build.log").write_bytes(item.log)
    if item.lock is None:
        return
    lock = item.lock
    (folder / LOCK_NAME).write_text(render_lock(lock), "utf-8")
    (folder / SBOM_NAME).write_text(render_sbom(lock, item.result.rebuilt), "utf-8")
    _copy(lock.published, folder / "published", path_of)
    for file in lock.files()[1:]:
        _copy(file, folder / INPUTS, path_of)
    if item.rebuilt is not None and item.result.rebuilt is not None:
        _copy_as(folder / "rebuilt" / item.result.rebuilt.filename, path_of(item.rebuilt))
    text = _README.format(
        target=lock.target,
        lock=LOCK_NAME,
        sbom=SBOM_NAME,
        source=f"the tree of git commit {lock.source.git.commit}" if lock.source.git else "the sdist",
        image=lock.image.name,
        image_id=lock.image.image_id,
    )
    (folder / "README.txt").write_text(text, "utf-8")


def _copy(file: LockedFile, folder: Path, path_of: Callable[[Digest], Path]) -> None:
    _copy_as(folder / file.filename, path_of(Digest(file.sha256)))


def _copy_as(target: Path, source: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
