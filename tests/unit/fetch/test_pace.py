import pytest

from wheelproof.core.errors import FetchError
from wheelproof.fetch.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pace(clock: Clock) -> Pace:
    return Pace("index.example", patience_s=10, bytes_per_s=100, ceiling_bytes=5000, clock=clock)


def test_silence_uses_patience_up() -> None:
    clock = Clock()
    waiting = pace(clock)
    clock.now += 9.9
    waiting.check()
    clock.now += 0.1
    with pytest.raises(FetchError, match=r"index\.example is too slow: 0 bytes in 10 s"):
        waiting.check()


def test_bytes_earn_time() -> None:
    clock = Clock()
    waiting = pace(clock)
    waiting.receive(500)
    clock.now += 14
    assert waiting.left_s() == pytest.approx(1)


def test_a_drip_earns_next_to_nothing() -> None:
    clock = Clock()
    waiting = pace(clock)
    seconds = 0
    while waiting.left_s() > 0:
        waiting.receive(1)
        clock.now += 1
        seconds += 1
    assert seconds == 11


def test_bytes_end_too() -> None:
    waiting = pace(Clock())
    waiting.receive(5000)
    with pytest.raises(FetchError, match="without end"):
        waiting.receive(1)
