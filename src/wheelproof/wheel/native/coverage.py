"""Every byte of an image belongs to a section, to a header, or to the rest."""

import hashlib
from collections.abc import Iterable, Iterator

from wheelproof.core.identity import Digest
from wheelproof.wheel.native.facts import Section, SectionKind
from wheelproof.wheel.native.window import Problems, UnreadableError, Window


def digest_section(window: Window, problems: Problems, name: str, offset: int, size: int) -> Digest | None:
    """The digest of a stretch, or None and a problem noted."""
    return problems.attempt(name, lambda: window.digest(offset, size), None)


def read_tables(
    window: Window,
    problems: Problems,
    tables: Iterable[tuple[str, int, int]],
    kind: SectionKind = SectionKind.HEADERS,
) -> tuple[Section, ...]:
    """Tables outside sections, as sections with names in brackets; each is a name, an offset and a size."""
    return tuple(
        Section(
            name=f"({name})",
            kind=kind,
            offset=offset,
            size_bytes=size,
            digest=digest_section(window, problems, name, offset, size),
        )
        for name, offset, size in tables
        if size
    )


def read_outside(window: Window, problems: Problems, known: Iterable[Section]) -> tuple[Section, ...]:
    """What no section or header claims: the zero bytes between them as one section, the rest as another."""
    try:
        return tuple(_outside(window, tuple(known)))
    except UnreadableError as error:
        problems.note(f"bytes outside sections: {error}")
        return ()


def _outside(window: Window, known: tuple[Section, ...]) -> Iterator[Section]:
    states = {True: hashlib.sha256(), False: hashlib.sha256()}
    sizes = {True: 0, False: 0}
    for offset, size in _gaps(window.size, known):
        for chunk in window.chunks(offset, size):
            blank = not chunk.strip(b"\0")
            states[blank].update(chunk)
            sizes[blank] += len(chunk)
    for blank, kind, name in (
        (True, SectionKind.PADDING, "(zero bytes between sections)"),
        (False, SectionKind.OUTSIDE, "(bytes outside sections)"),
    ):
        if sizes[blank]:
            yield Section(
                name=name,
                kind=kind,
                size_bytes=sizes[blank],
                digest=Digest(states[blank].hexdigest()),
            )


def _gaps(size: int, known: tuple[Section, ...]) -> Iterator[tuple[int, int]]:
    at = 0
    for section in sorted(known, key=lambda section: section.offset):
        if section.digest is None:
            continue
        if section.offset > at:
            yield at, section.offset - at
        at = max(at, section.offset + section.size_bytes)
    if at < size:
        yield at, size - at
