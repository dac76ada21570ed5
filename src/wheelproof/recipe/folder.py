"""Where a source tree may lie in the sandbox: a place of its own, and none that an image or a build needs."""

import re

from wheelproof.core.untrusted import printable

_LONGEST = 200
_PART = re.compile(r"[A-Za-z0-9_+~-][A-Za-z0-9_.+~-]{0,99}")
# The first part of what the image brings, and of what the kernel, the engine or the sandbox lays over it.
_OF_OTHERS = frozenset(
    {"bin", "boot", "dev", "etc", "in", "lib", "lib32", "lib64", "libx32", "out", "proc", "root", "run"}
    | {"sbin", "sys", "usr", "var"}
)
# Places that hold what a build needs: the tree may lie below some of them, and in none of them.
_TAKEN = frozenset({"/build", "/opt", "/tmp"})  # noqa: S108 - paths inside the sandbox
_OF_BUILDS = ("/build/env", "/build/home", "/build/repair", "/opt/_internal", "/opt/python")


def check_folder(text: str) -> str:
    """Give the path back where a source tree can lie there.

    Args:
        text: an absolute path, as the sandbox is to have it.

    Raises:
        ValueError: it is no plain absolute path, or what lies there is needed by others; says which.
    """
    shown = repr(printable(text, limit=_LONGEST))
    parts = text.split("/")[1:]
    if len(text) > _LONGEST or not text.startswith("/") or not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(
            f"{shown} is not a folder's absolute path of letters, digits and _.+~-, such as /project"
        )
    if parts[0] in _OF_OTHERS:
        raise ValueError(f"{shown} is below /{parts[0]}, which is the image's or the sandbox's own")
    if text in _TAKEN or any(text == place or text.startswith(f"{place}/") for place in _OF_BUILDS):
        raise ValueError(f"{shown} holds what a build needs beside its source")
    return text
