"""What a run ends with: the whole table of ``docs/verdicts.md``."""

import pytest
from made_reports import failed, report, result

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import exit_code

FAILURES = [code for code in ExitCode if code not in {ExitCode.REACHED, ExitCode.NOT_REACHED}]


@pytest.mark.parametrize(
    ("verdict", "codes"),
    [
        (Verdict.IDENTICAL, (0, 0, 0)),
        (Verdict.SAME_CONTENT, (1, 0, 0)),
        (Verdict.EXPLAINED, (1, 1, 0)),
        (Verdict.DIFFERENT, (1, 1, 1)),
    ],
)
def test_compared(verdict: Verdict, codes: tuple[int, ...]) -> None:
    found = tuple(int(exit_code(report(result(verdict), required=level))) for level in LEVELS)
    assert found == codes


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("level", LEVELS)
def test_not_compared(code: ExitCode, level: Verdict) -> None:
    assert exit_code(report(failed(code), required=level)) is code


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), ExitCode.REACHED),
        ((ExitCode.NOT_BUILT,), ExitCode.NOT_REACHED),
        ((ExitCode.NOT_CHECKED,), ExitCode.NOT_REACHED),
        ((ExitCode.MALFORMED,), ExitCode.NOT_REACHED),
        ((ExitCode.RECIPE,), ExitCode.RECIPE),
        ((ExitCode.RECIPE, ExitCode.FETCH), ExitCode.FETCH),
        ((ExitCode.ENGINE, ExitCode.FETCH, ExitCode.MALFORMED), ExitCode.ENGINE),
    ],
)
def test_many(codes: tuple[ExitCode, ...], expected: ExitCode) -> None:
    results = [result(), *(failed(code) for code in codes), result()]
    assert exit_code(report(*results)) is expected
    assert exit_code(report(*reversed(results))) is expected


def test_many_of_which_one_differs() -> None:
    assert exit_code(report(result(), result(Verdict.DIFFERENT))) is ExitCode.NOT_REACHED
    assert exit_code(report(result(Verdict.DIFFERENT), failed(ExitCode.FETCH))) is ExitCode.FETCH


def test_nothing_checked_is_no_success() -> None:
    assert exit_code(report()) is ExitCode.NOT_CHECKED
