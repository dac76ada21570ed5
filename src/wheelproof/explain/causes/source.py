"""Causes that the source itself shows: what one wheel took from it as it stands, and the other did not."""

from wheelproof.explain.causes.cause import Cause, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.lines import quoted

_SOUGHT_BYTES = 4096


def _extended(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    """One of the two is the other and more."""
    if published.kind is not Kind.LICENSE or published.data is None or rebuilt.data is None:
        return None
    (short, shorter), (long, longer) = sorted(
        (("published", published.data), ("rebuilt", rebuilt.data)), key=lambda side: len(side[1])
    )
    if not shorter or not longer.startswith(shorter):
        return None
    line, text = _first_words(longer, len(shorter))
    begun, more = f"{len(shorter):,}", f"{len(longer) - len(shorter):,}"
    return Evidence(
        text=f"the {long} file begins with the {short} one, all {begun} bytes of it, and has {more} more; "
        f"line {line}: {quoted(text)}"
    )


def _first_words(data: bytes, start: int) -> tuple[int, str]:
    """The first line from a place on that has a letter in it, by number; else the line of that place."""
    first = data.count(b"\n", 0, start) + 1
    lines = data[start : start + _SOUGHT_BYTES].decode("utf-8", "backslashreplace").split("\n")
    found = next((place for place, line in enumerate(lines) if any(map(str.isalpha, line))), 0)
    return first + found, lines[found].strip()


def _patched(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    if _extended(published, rebuilt):
        return None
    one, other = published.source, rebuilt.source
    if not one.known or one.path is not None or other.path is None:
        return None
    return Evidence(text=f"rebuilt as {quoted(other.path)} of the source; no file of it is as published")


SOURCE: tuple[Cause, ...] = (
    Naming(
        id="license-extended",
        family=Family.SOURCE,
        title="one wheel's licence file is the other's with more text after it",
        why="A release build adds the licences of the libraries that it bundles to the project's own licence "
        "file, and a build from the source alone does not.",
        tools="Seen in scikit-learn 1.9.1, whose Linux wheels bundle libgomp.",
        mend="Keep the texts in the source as files of their own and name them in license-files (PEP 639): "
        "then every build has them.",
        link="https://peps.python.org/pep-0639/",
        kinds=frozenset({Kind.LICENSE}),
        recognise=_extended,
    ),
    Naming(
        id="patched-source",
        family=Family.SOURCE,
        title="the published file is not the source's, the rebuilt one is",
        why="The rebuilt wheel took the file from the source as it stands. The published wheel was built "
        "from a tree that held another version of it, or the file was changed after the build.",
        tools="Wheels built in a working tree or from another commit than the sdist; patches that a "
        "distributor lays over a source; compromised releases.",
        mend="Build every wheel from the sdist, as `python -m build` does, and compare before you upload.",
        link="https://packaging.python.org/en/latest/specifications/source-distribution-format/",
        recognise=_patched,
    ),
)
