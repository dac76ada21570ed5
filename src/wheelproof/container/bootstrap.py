"""Running mmdebstrap: on this machine where it can, else inside a Debian image in the engine."""

import contextlib
import functools
import os
import platform
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wheelproof.container.builder import run_in_builder
from wheelproof.container.debian import Bootstrap, plan_bootstrap, read_stages
from wheelproof.container.definition import ImageDefinition
from wheelproof.container.engine import Engine
from wheelproof.container.settings import ImageSettings
from wheelproof.core.child import run_child
from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable

_TIMEOUT_S = 3600
_REACH_S = 5
_LOG_LINES = 15
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_PASSED_ON = ("PATH", "http_proxy", "https_proxy", "no_proxy")
_ROOTFS = "rootfs.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where root file systems are made.

    Attributes:
        engine: whose architecture they are for, and where a builder image would run.
        settings: where packages come from.
        work: a folder of ours that goes away afterwards.
        on_progress: is told each stage.
    """

    engine: Engine
    settings: ImageSettings
    work: Path
    on_progress: Callable[[str], None]

    def make_rootfs(self, definition: ImageDefinition, mirror: str | None) -> tuple[Path, str]:
        """Make a root file system from a mirror (mmdebstrap's default where None).

        Returns:
            Its tar in ``work``, and words for what made it.

        Raises:
            EngineError: mmdebstrap can't be run, or failed; the message ends with its last lines.
        """
        rootfs = self.work / _ROOTFS
        architecture = self.engine.facts.architecture
        if not self.settings.always_in_builder and can_run_here(architecture):
            here = plan_bootstrap(
                definition, architecture=architecture, mirror=mirror, target=str(rootfs), mode="auto"
            )
            self._run_here(here)
            return rootfs, "mmdebstrap on this machine"
        folder = "/work"
        inside = plan_bootstrap(
            definition, architecture=architecture, mirror=mirror, target=f"{folder}/{_ROOTFS}", mode="root"
        )
        failure = run_in_builder(self.engine, self.settings, inside, rootfs, self.on_progress)
        if failure is not None:
            raise _failed("in the builder image failed", failure)
        return rootfs, f"mmdebstrap in {self.settings.builder}"

    def _run_here(self, plan: Bootstrap) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # In a user namespace root is another user here, who has to pass through.
        self.work.chmod(0o711)
        result = run_child(
            plan.argv,
            timeout_s=_TIMEOUT_S,
            environment={**environment, **plan.environment, "TMPDIR": str(self.work)},
            folder=self.work,
            on_output=read_stages(self.on_progress),
        )
        if not result.ok:
            how = f"was stopped at its limit of {result.stopped}" if result.stopped else "failed"
            raise _failed(how, (result.stdout + result.stderr).decode("utf-8", "replace"))


def can_run_here(architecture: str) -> bool:
    """This machine has mmdebstrap, may use it, and is of the engine's architecture."""
    if _ARCHITECTURES.get(platform.machine()) != architecture or not shutil.which("mmdebstrap"):
        return False
    return os.geteuid() == 0 or bool(shutil.which("unshare") and shutil.which("newuidmap"))


@functools.cache
def is_reachable(address: str) -> bool:
    """Whether a server takes connections, asked once in a process and for a few seconds at most.

    Where a proxy stands between, the answer is yes: only the proxy could tell.
    """
    parts = urlsplit(address)
    if os.environ.get(f"{parts.scheme}_proxy"):
        return True
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    reached = threading.Event()

    def ask() -> None:
        with contextlib.suppress(OSError), socket.create_connection((parts.hostname, port), _REACH_S):
            reached.set()

    # Looking a name up has no time limit of its own, so that the wait stands outside.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_REACH_S)
    return reached.is_set()


def _failed(how: str, log: str) -> EngineError:
    last = "\n".join(log.splitlines()[-_LOG_LINES:])
    return EngineError(
        f"mmdebstrap {how}; its last lines:\n{printable(last, limit=4000, keep=chr(10))}",
        hint="Where the mirror can't be reached, set WHEELPROOF_DEBIAN_MIRROR to one that can.",
    )
