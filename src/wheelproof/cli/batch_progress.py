"""Progress of a run over a list: a bar with the verdicts so far on a terminal, elsewhere a line a wheel."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator

from wheelproof.batch.run import Done
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict

# A wheel takes from seconds to many minutes: the rate is that of this long.
_RATE_OVER_S = 1800.0


@contextlib.contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Callable[[Done], None]]:
    """Who hears of each wheel that is done, while the block runs.

    Args:
        total: how many targets there are.
        quiet: say nothing.
    """
    if quiet:
        yield lambda _done: None
    elif sys.stderr.isatty():
        with _bar(total) as show:
            yield show
    else:
        count = 0

        def tell(done: Done) -> None:
            nonlocal count
            count += 1
            fresh = "" if done.fresh else "  (unchanged)"
            sys.stderr.write(
                f"{count:>5} of {total}  {done.stored.result.verdict.value:<12} "
                f"{printable(done.stored.name)}{fresh}\n"
            )
            sys.stderr.flush()

        yield tell


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Callable[[Done], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    verdicts: Counter[Verdict] = Counter()
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, console=console, speed_estimate_period=_RATE_OVER_S) as shown:
        task = shown.add_task("", total=total, rate="")

        def tell(done: Done) -> None:
            verdicts[done.stored.result.verdict] += 1
            counts = ", ".join(f"{verdicts[item]} {item.value}" for item in Verdict if verdicts[item])
            speed = shown.tasks[0].speed
            rate = f"{speed * 3600:.0f} an hour" if speed else ""
            shown.update(task, advance=1, description=counts, rate=rate)

        yield tell
