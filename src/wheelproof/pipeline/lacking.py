"""What an image lacked, as the end of a failed build says it, and what to do about it."""

import re

from wheelproof.core.untrusted import printable

_NAME = r"[A-Za-z0-9_./+-]{1,100}"
_IMAGE = "in the recipe or with --image"
_LACKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"fatal error: (?P<name>{_NAME}\.h(?:pp)?): No such file or directory"),
        "The image lacks the header {name}: name an image that has it, " + _IMAGE + ".",
    ),
    (
        re.compile(
            r"cargo(?:: command|: not found| is not installed)|Cargo, the Rust package manager, is not"
            r"|can't find Rust compiler",
            re.IGNORECASE,
        ),
        "The image has no Rust: name an image that has rustc and cargo, " + _IMAGE + ".",
    ),
    (
        re.compile(
            rf"(?:unable to execute|command|No such file or directory:) '?(?:{_NAME})?(?:gcc|g\+\+|cc|clang)'"
            r"(?: failed)?(?:: No such file|$)"
            r"|No CMAKE_C(?:XX)?_COMPILER could be found|Unknown compiler\(s\)"
            r"|no acceptable C compiler found",
            re.MULTILINE,
        ),
        "The image has no compiler: name one whose name ends in -cc (`wheelproof image list`), "
        + _IMAGE
        + ".",
    ),
)


def what_is_lacking(log: str) -> str:
    """A sentence about what a build's log says that the image lacks; empty where it says no such thing."""
    for pattern, sentence in _LACKS:
        if found := pattern.search(log):
            return sentence.format(name=printable(found.groupdict().get("name") or "", limit=100))
    return ""
