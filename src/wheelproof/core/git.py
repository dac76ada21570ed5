"""How a user names a commit of a git repository: ``PATH@REV`` or ``URL@REV``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from wheelproof.core.errors import UsageError
from wheelproof.core.untrusted import printable

SCHEMES = ("https", "http", "ssh", "git", "file")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(/.*)?")
# Git would run a program of its own, or of the user's, for these.
_HELPER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)::")
# As ssh and scp have it: ``user@host:path``. A single letter before the colon is a drive.
_SCP = re.compile(r"((?:[^/:@]+@)?[^/:@]{2,}):(?!:)(.*)")
# What git refuses in a reference's name, and what would be an expression over commits.
_NO_REV = re.compile(r"^[-./]|[\x00-\x20\x7f~^:?*{}\[\\]|\.\.|//|(?:\.lock|[./])$")
_REV_CHARS = 250
_HINT = "Write PATH@REV or URL@REV, where REV is a tag, a branch or a commit."


@dataclass(frozen=True, slots=True, kw_only=True)
class GitReference:
    """A commit as it was named.

    Attributes:
        place: what git is given: a URL, ``user@host:path``, or a local path.
        rev: a tag, a branch or a commit's full id; None for the HEAD of a local repository.
        scheme: how the place is reached, one of ``SCHEMES``.
        url: the place without a password, as a report shows it; None for a repository of this machine.
    """

    place: str
    rev: str | None
    scheme: str
    url: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``PATH|URL@REV``; REV follows the last ``@`` that is not part of ``user@host``.

        Raises:
            UsageError: it is none, or a URL without a REV.
        """
        text = text.removeprefix("git+")
        if not text or text.startswith("-") or not text.isprintable():
            raise UsageError(f"{printable(text)!r} names no git repository", hint=_HINT)
        if (helper := _HELPER.match(text)) and not _is_there(text):
            raise _unknown_scheme(helper[1])
        if url := _URL.fullmatch(text):
            return cls._of_url(url[1].lower(), url[2], url[3] or "")
        scp = _SCP.fullmatch(text)
        if scp and not _is_there(text):
            path, rev = _split(scp[2])
            return cls._remote(f"{scp[1]}:{path}", rev, "ssh", f"{scp[1]}:{path}", host=scp[1])
        place, rev = (text, None) if _is_there(text) else _split(text)
        return cls(place=place, rev=None if rev is None else _checked(rev), scheme="file", url=None)

    @classmethod
    def _of_url(cls, scheme: str, authority: str, rest: str) -> Self:
        if scheme not in SCHEMES:
            raise _unknown_scheme(scheme)
        path, rev = _split(rest)
        if scheme == "file":
            if authority not in {"", "localhost"}:
                raise UsageError("A file: URL names a path of this machine", hint=_HINT)
            return cls(place=path, rev=None if rev is None else _checked(rev), scheme=scheme, url=None)
        user, at, host = authority.rpartition("@")
        kept = user.partition(":")[0] + at if scheme == "ssh" else ""
        return cls._remote(
            f"{scheme}://{authority}{path}", rev, scheme, f"{scheme}://{kept}{host}{path}", host=host
        )

    @classmethod
    def _remote(cls, place: str, rev: str | None, scheme: str, url: str, *, host: str) -> Self:
        if not host or host.startswith("-"):
            raise UsageError(f"{printable(url)!r} names no host", hint=_HINT)
        if rev is None:
            raise UsageError(f"{printable(url)} comes without a commit", hint="Add @ and a tag or a commit.")
        return cls(place=place, rev=_checked(rev), scheme=scheme, url=url)

    @property
    def local(self) -> bool:
        """The repository is on this machine."""
        return self.url is None

    @property
    def commit(self) -> str | None:
        """The commit's full id, where it was named by that."""
        return self.rev if self.rev is not None and COMMIT.fullmatch(self.rev) else None

    @property
    def shown(self) -> str:
        """The URL without a password, or the local path; safe to show."""
        return printable(self.place if self.url is None else self.url)

    def __str__(self) -> str:
        return self.shown if self.rev is None else f"{self.shown}@{self.rev}"


def pinned(text: str) -> GitReference:
    """Read ``URL@COMMIT`` as a recipe or a lock has it: no local path, no tag, no branch, no credentials.

    Raises:
        UsageError: it is something else.
    """
    reference = GitReference.parse(text)
    if reference.url is None or reference.commit is None:
        raise UsageError(
            f"{printable(text)!r} is not URL@COMMIT", hint="Name a URL and a commit by its full id."
        )
    if reference.url != reference.place or urlsplit(reference.url).password:
        raise UsageError("A URL in a recipe holds no credentials", hint="Leave them to git or to .netrc.")
    return reference


def _is_there(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # longer than a path can be
        return False


def _unknown_scheme(scheme: str) -> UsageError:
    return UsageError(
        f"A git repository can't be fetched by {printable(scheme)}",
        hint=f"Use one of {', '.join(SCHEMES)}, or a local path.",
    )


def _split(text: str) -> tuple[str, str | None]:
    path, at, rev = text.rpartition("@")
    return (path, rev) if at else (text, None)


def _checked(rev: str) -> str:
    if not rev or len(rev) > _REV_CHARS or _NO_REV.search(rev) or not rev.isprintable():
        raise UsageError(
            f"{printable(rev, limit=80)!r} is no tag, branch or commit",
            hint="Name one as it is called; expressions such as HEAD~1 are not read.",
        )
    return rev
