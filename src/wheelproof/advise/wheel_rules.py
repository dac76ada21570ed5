"""Advice on a wheel: what of it shows that another build gives another one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from wheelproof.advise.advice import Place, Seen, Severity, WheelAdvice
from wheelproof.advise.built import BuiltWheel
from wheelproof.advise.versions import UNSORTED, UNSTABLE, span_at, unstable_as
from wheelproof.infer.knowledge import default_time, measured_projects

_SHOWN = 3
_OTHERS_WRITE = 0o022
_TIME = "%Y-%m-%d %H:%M:%S"
_DAYS = {day for project in measured_projects() if (day := default_time(project))}
_FIXED = {datetime(day.year, day.month, day.day, tzinfo=UTC) for day in _DAYS} | {
    datetime(1980, 1, 1, tzinfo=UTC)
}


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _times(wheel: BuiltWheel) -> Iterator[Seen]:
    """Entries of several times, where what the backend generated has no fixed date."""
    times = wheel.evidence.times()
    generated = set(wheel.evidence.generated_times())
    if len(times) > 1 and generated - _FIXED:
        yield Seen(
            place=Place(file=wheel.evidence.filename),
            what=f"The entries have {len(times)} times, from {times[0]:{_TIME}} to {times[-1]:{_TIME}}",
            mend="Set SOURCE_DATE_EPOCH to the time of the commit where the wheel is built and repaired.",
        )


def _modes(wheel: BuiltWheel) -> Iterator[Seen]:
    """Files that the group or others may write, outside what backends generate with such modes."""
    if wheel.for_windows or wheel.evidence.windows_text:
        return
    found = [
        entry.name
        for entry in wheel.evidence.entries
        if entry.mode
        and entry.mode & _OTHERS_WRITE
        and not entry.name.startswith(f"{wheel.evidence.dist_info}/")
    ]
    if found:
        yield Seen(
            place=Place(file=found[0]),
            what=f"The group or others may write {_listed(found)}",
            mend="Run umask 022 in the step that checks out and in the one that builds.",
        )


def _unstable(wheel: BuiltWheel) -> Iterator[Seen]:
    """A Generator line that names an unstable version."""
    if wheel.backend_version is None:
        return
    row = unstable_as(UNSTABLE, wheel.backend, span_at(wheel.backend_version))
    if row is not None:
        yield Seen(
            place=Place(file=f"{wheel.evidence.dist_info}/WHEEL", key="Generator"),
            what=f"{row.project} {wheel.backend_version} {row.what}",
            mend=f"Build with {row.project}>={row.stable}.",
        )


def _unsorted(wheel: BuiltWheel) -> Iterator[Seen]:
    """A version that does not sort wrote the wheel, and its RECORD is not sorted."""
    if wheel.backend_version is None:
        return
    row = unstable_as(UNSORTED, wheel.backend, span_at(wheel.backend_version))
    at = _first_unsorted(wheel.rows, wheel.evidence.dist_info)
    if row is not None and at is not None:
        yield Seen(
            place=Place(file=f"{wheel.evidence.dist_info}/RECORD", line=at),
            what=f"{row.project} {wheel.backend_version} {row.what}, and they are not sorted",
            mend=f"Build with {row.project}>={row.stable}.",
        )


def _first_unsorted(rows: tuple[str, ...], dist_info: str) -> int | None:
    """The first row that comes before the one above it, of two in one folder; ``.dist-info`` left aside."""
    numbered = [(number, path) for number, path in enumerate(rows, 1) if not path.startswith(f"{dist_info}/")]
    for (_, above), (number, path) in pairwise(numbered):
        if above.rpartition("/")[0] == path.rpartition("/")[0] and path < above:
            return number
    return None


def _windows(wheel: BuiltWheel) -> Iterator[Seen]:
    """A pure wheel whose WHEEL has the line ends of Windows."""
    if wheel.evidence.pure and wheel.evidence.windows_text:
        yield Seen(
            place=Place(file=f"{wheel.evidence.dist_info}/WHEEL"),
            what="Its lines end in CRLF, as Python writes them on Windows",
            mend="Build pure wheels on Linux, and put * text=auto eol=lf into .gitattributes.",
        )


def _random(wheel: BuiltWheel) -> Iterator[Seen]:
    """Native code that holds a name which was drawn for this build."""
    for member, name in wheel.random_names[:20]:
        yield Seen(
            place=Place(file=member),
            what=f"It holds the random name {name}",
            mend="Build in a fixed folder, strip with -s, or compile with -ffile-prefix-map.",
        )


def _missing(wheel: BuiltWheel) -> Iterator[Seen]:
    """Members that are copied into a wheel, and that the sdist beside it lacks."""
    found = list(wheel.missing or ())
    if found:
        yield Seen(
            place=Place(file=found[0]),
            what=f"The sdist has neither the name nor the content of {_listed(found)}",
            mend="Put what is written by hand into the sdist, or build the wheel from the sdist.",
        )


WHEEL = (
    WheelAdvice(
        id="wheel-times-differ",
        severity=Severity.BREAKS,
        title="The entries do not have one time",
        why="Times of files and of the build went into the wheel, and the next build has others.",
        link="https://reproducible-builds.org/docs/source-date-epoch/",
        look=_times,
    ),
    WheelAdvice(
        id="wheel-modes-writable",
        severity=Severity.MAY,
        title="The modes show an unusual umask",
        why="Modes were copied from the machine that built, and a build under umask 022 gives others.",
        link="https://github.com/pypa/wheel/issues/362",
        look=_modes,
    ),
    WheelAdvice(
        id="wheel-backend-unstable",
        severity=Severity.BREAKS,
        title="The wheel was written by a version that writes something else each time",
        why="Two builds with this version and the same settings give two wheels.",
        link="https://reproducible-builds.org/docs/stable-outputs/",
        look=_unstable,
    ),
    WheelAdvice(
        id="wheel-record-unsorted",
        severity=Severity.MAY,
        title="RECORD has the order of a folder or a hash table",
        why="The order of files in a folder is another on another file system.",
        link="record-order",
        look=_unsorted,
    ),
    WheelAdvice(
        id="wheel-built-on-windows",
        severity=Severity.MAY,
        title="A pure wheel was built on Windows",
        why="A build on another system writes LF, and keeps executable bits.",
        link="text-line-endings",
        look=_windows,
    ),
    WheelAdvice(
        id="wheel-random-name",
        severity=Severity.BREAKS,
        title="Native code holds a random name",
        why="The name was drawn for one build, and the next one draws another.",
        link="native-temporary-names",
        look=_random,
    ),
    WheelAdvice(
        id="wheel-member-not-in-sdist",
        severity=Severity.MAY,
        title="The sdist lacks members of the wheel",
        why="What no tool generates during the build can't be in a wheel that is rebuilt from the sdist.",
        link="file-list",
        look=_missing,
    ),
)
