import threading

import pytest

from wheelproof.core.ahead import ahead


def test_a_call_goes_on_meanwhile() -> None:
    gate = threading.Event()
    future = ahead(lambda: gate.wait(30))
    assert not future.done()
    gate.set()
    assert future.result() is True


def test_what_goes_wrong_belongs_to_whoever_asks() -> None:
    def fail() -> None:
        raise SystemExit("no")

    with pytest.raises(SystemExit):
        ahead(fail).result()
