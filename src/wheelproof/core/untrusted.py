"""Text from an index, an archive or a build, made safe to show on a terminal."""


def printable(text: str, *, limit: int = 400, keep: str = "") -> str:
    r"""Show text of unknown origin: what a terminal would obey or none would see is escaped (``\x1b``).

    Args:
        text: anything.
        limit: the most characters of the text that are shown; what was cut is counted.
        keep: characters left as they are, such as a line feed.
    """
    shown = "".join(
        char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text[:limit]
    )
    return shown if len(text) <= limit else f"{shown}… ({len(text) - limit} characters more)"
