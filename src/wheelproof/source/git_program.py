"""The git program, run so that nothing in a repository decides what it does.

No configuration is read but our own and the repository's, and what the latter could say is overruled by the
environment or by the command line: no hooks, no filters, no submodules, no other transport than the one asked
for. It never checks a tree out.
"""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelproof.core.child import ChildResult, run_child
from wheelproof.core.errors import FetchError
from wheelproof.core.git import GitReference
from wheelproof.core.untrusted import printable

TIMEOUT_S = 900.0
_OUTPUT_BYTES = 128 << 20
MEMORY_BYTES = 8 << 30
FILE_BYTES = 4 << 30
# What a transport may need of the user's own environment: a way out, and keys that an agent holds.
_KEPT = (
    "PATH", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
)  # fmt: skip
# Where git before 2.32 looks for it, too.
_CONFIG_NAME = ".gitconfig"
_CONFIG = """\
[core]
    hooksPath = /dev/null
    fsmonitor = false
    attributesFile = /dev/null
    bigFileThreshold = 32m
    packedGitWindowSize = 32m
    packedGitLimit = 512m
[safe]
    directory = *
[gc]
    auto = 0
[maintenance]
    auto = false
[credential]
    helper =
[fetch]
    recurseSubmodules = false
    showForcedUpdates = false
[uploadpack]
    allowFilter = true
    allowAnySHA1InWant = true
[advice]
    detachedHead = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Runs git for one repository.

    Attributes:
        folder: a temporary folder of ours.
        transport: the only one that it may use.
    """

    folder: Path
    transport: str

    @classmethod
    def of(cls, reference: GitReference, folder: Path) -> "Git":
        """What fetches from a repository, with a home in the folder: our configuration, the user's .netrc."""
        (folder / _CONFIG_NAME).write_text(_CONFIG)
        with contextlib.suppress(RuntimeError, OSError):
            (folder / ".netrc").symlink_to(Path.home() / ".netrc")
        return cls(folder=folder, transport=reference.scheme)

    def local(self) -> "Git":
        """The same, for repositories in the folder."""
        return Git(folder=self.folder, transport="file")

    def run(self, *arguments: str | Path, settings: Sequence[str] = ()) -> ChildResult:
        """Run a command of git.

        Args:
            arguments: the command and its arguments.
            settings: ``name=value``, as ``-c`` takes them.

        Raises:
            FetchError: there is no git program, or it met a limit.
        """
        options = [part for setting in settings for part in ("-c", setting)]
        try:
            ended = run_child(
                ["git", "--no-pager", "--no-replace-objects", *options, *arguments],
                timeout_s=TIMEOUT_S,
                output_limit_bytes=_OUTPUT_BYTES,
                memory_bytes=MEMORY_BYTES,
                file_bytes=FILE_BYTES,
                environment=self.environment(),
                folder=self.folder,
            )
        except OSError:
            raise FetchError(
                "The git program can't be run",
                hint="Install git (on Debian and Ubuntu: apt-get install git), or give an sdist.",
            ) from None
        if ended.stopped == "time":
            raise FetchError(f"git did not end within {TIMEOUT_S:g} s", hint="Give a local clone with --git.")
        if ended.stopped == "output":
            raise FetchError(
                f"git printed more than {_OUTPUT_BYTES >> 20} MiB",
                hint="A repository of this size is not read.",
            )
        return ended

    def environment(self, own: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The whole environment of git."""
        return {
            **{name: own[name] for name in _KEPT if name in own},
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "GIT_ALLOW_PROTOCOL": self.transport,
            "GIT_ASKPASS": "true",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.folder / _CONFIG_NAME),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes",
            "GIT_TERMINAL_PROMPT": "0",
            "SSH_ASKPASS": "true",
        }


def said(ended: ChildResult) -> str:
    """The last line that tells what went wrong; safe to show."""
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))] or lines
    return printable(telling[0], limit=200) if telling else f"git ended with exit code {ended.returncode}"
