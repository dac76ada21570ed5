"""Text from an index, an archive or a build, made safe to show on a terminal."""

import unicodedata

# Control, format (bidirectional overrides among them), surrogate, private, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: str, *, limit: int = 400, keep: str = "") -> str:
    r"""Show text of unknown origin: what a terminal would obey becomes ``\x1b``-style escapes.

    Args:
        text: anything.
        limit: the most characters of the text that are shown; what was cut is counted.
        keep: characters left as they are, such as a line feed.
    """
    cut = text[:limit]
    shown = "".join(
        char if char in keep or unicodedata.category(char) not in _HIDDEN else ascii(char)[1:-1]
        for char in cut
    )
    return shown if len(text) <= limit else f"{shown}… ({len(text) - limit} characters more)"
