"""Causes that the source itself shows: what one wheel took from it as it stands, and the other did not."""

from wheelproof.explain.causes.cause import Cause, Evidence, Family, MemberSide, Naming
from wheelproof.explain.causes.lines import quoted


def _patched(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    one, other = published.source, rebuilt.source
    if not one.known or one.path is not None or other.path is None:
        return None
    return Evidence(text=f"rebuilt as {quoted(other.path)} of the source; no file of it is as published")


SOURCE: tuple[Cause, ...] = (
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
