from dataclasses import replace
from datetime import UTC, datetime, timedelta

from index_pages import index_file
from wheelproof.pipeline.subject import release_notes

FIRST = datetime(2024, 6, 7, tzinfo=UTC)
WHEEL = replace(index_file("demo-1.0-py3-none-any.whl"), upload_time=FIRST)
SDIST = replace(index_file("demo-1.0.tar.gz"), upload_time=FIRST)


def notes(days: float, **changes: object) -> list[str]:
    wheel = replace(WHEEL, upload_time=FIRST + timedelta(days=days), **changes)  # type: ignore[arg-type]
    return list(release_notes((SDIST, wheel), wheel, SDIST))


def test_nothing_is_said_of_an_ordinary_release() -> None:
    assert notes(0.5) == notes(7) == []


def test_a_wheel_that_came_much_later_is_said() -> None:
    assert notes(40.5) == ["demo-1.0-py3-none-any.whl was uploaded 40 days after the release's first file"]


def test_a_withdrawn_file_is_said_with_its_reason() -> None:
    assert notes(0, yanked=True, yanked_reason="bad\x1b[2J") == [
        "demo-1.0-py3-none-any.whl is yanked: bad\\x1b[2J"
    ]


def test_a_wheel_without_a_time_is_said() -> None:
    wheel = replace(WHEEL, upload_time=None)
    (note,) = release_notes((SDIST, wheel), wheel, SDIST)
    assert "no upload time" in note
