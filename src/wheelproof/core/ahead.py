"""Work that is begun in a thread before its result is needed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def ahead(call: Callable[[], T]) -> Future[T]:
    """Begin a call; the future gives what it returns and raises what it raises.

    The thread keeps no program from ending.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
