"""A browser without a window, spoken to in the Chrome DevTools Protocol over a pipe."""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # a container's root has no user namespaces of its own; the pages are ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
# The descriptors that the browser reads commands from and writes answers to.
_COMMANDS_FD, _ANSWERS_FD = 3, 4
_PATIENCE_S = 60
_FOLLOWS_S = 10


def find_browser() -> str:
    """The browser's program; a test that needs it fails where there is none."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    raise AssertionError("no browser: install chromium (on Debian: apt-get install chromium)")


class Browser:
    """One browser with one page.

    Attributes:
        events: what the page told of itself since it was opened, as pairs of a method and its parameters.
    """

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands_out, self._commands = os.pipe()
        self._answers, answers_in = os.pipe()
        for descriptor in (commands_out, answers_in):
            os.set_inheritable(descriptor, True)
        # The shell moves the pipes to where the browser looks for them.
        move = f'exec "$@" {_COMMANDS_FD}<&{commands_out} {_ANSWERS_FD}>&{answers_in}'
        self._process = subprocess.Popen(
            ["bash", "-c", move, "bash", find_browser(), *_FLAGS, f"--user-data-dir={self._profile.name}"],
            pass_fds=(commands_out, answers_in),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_out)
        os.close(answers_in)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None

    def __enter__(self) -> Self:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._answers)
        os.close(self._commands)
        self._profile.cleanup()

    def open(self, path: Path, *, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Show a page at a size and in a colour scheme, and wait until it is loaded."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        features: Sequence[dict[str, str]] = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        for url in ("about:blank", path.as_uri()):
            self.events.clear()
            self.call("Page.navigate", url=url)
            self._wait_for("Page.loadEventFired")

    def allow_scripts(self, allowed: bool) -> None:
        """Whether pages that are opened from now on may run scripts of their own."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def expect(self, expression: str, value: Any) -> None:
        """Wait until an expression has a value: what follows on a click does so in its own time."""
        end = time.monotonic() + _FOLLOWS_S
        while (found := self.evaluate(expression)) != value:
            assert time.monotonic() < end, (expression, found)
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """Click into the middle of an element, as a reader would."""
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def _wait_for(self, method: str) -> None:
        while method not in [name for name, _ in self.events]:
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], _PATIENCE_S)
            assert ready, "the browser says nothing"
            data = os.read(self._answers, 1 << 16)
            assert data, "the browser ended"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message
