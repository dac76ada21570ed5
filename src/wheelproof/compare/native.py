"""Two executable files compared by what they say: sections, symbols, libraries, and how they were made."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from wheelproof.wheel.native.facts import Format, Image, Names, NativeFacts, Section, SectionKind

# What follows from a difference elsewhere: offsets, sizes, the room between sections.
FRAME = frozenset({SectionKind.HEADERS, SectionKind.PADDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesDifference:
    """Names on one side only; not safe to print.

    Attributes:
        reordered: the names that are on both sides stand in another order.
        complete: nothing was left out of either side, so that empty lists mean equal sets.
    """

    only_published: tuple[str, ...] = ()
    only_rebuilt: tuple[str, ...] = ()
    reordered: bool = False
    complete: bool = True

    def __bool__(self) -> bool:
        return bool(self.only_published or self.only_rebuilt)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDifference:
    """A section that is in one file only, or has other bytes or another size."""

    published: Section | None
    rebuilt: Section | None

    @property
    def either(self) -> Section:
        """One of the two, to name it by."""
        found = self.published or self.rebuilt
        if found is None:
            raise ValueError("a section of neither file")
        return found

    @property
    def name(self) -> str:
        """Its name, not safe to print."""
        return self.either.name

    @property
    def kind(self) -> SectionKind:
        """What it is for."""
        return self.either.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDifference:
    """One program image on both sides, and every set of names in which they differ."""

    published: Image
    rebuilt: Image
    sections: tuple[SectionDifference, ...]
    libraries: NamesDifference
    search_paths: NamesDifference
    imports: NamesDifference
    exports: NamesDifference
    required_versions: NamesDifference
    compilers: NamesDifference
    linkers: NamesDifference
    producers: NamesDifference
    debug_paths: NamesDifference
    source_names: NamesDifference
    cpu_features: NamesDifference
    strings: NamesDifference

    @property
    def kinds(self) -> frozenset[SectionKind]:
        """The kinds of the sections that differ."""
        return frozenset(section.kind for section in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeDifference:
    """Two executable files.

    Attributes:
        format: the published file's.
        images: the images that are for the same processor on both sides.
        only_published: the processors for which only the published file has an image.
        only_rebuilt: the same of the rebuilt file.
        obstacle: why they can't be compared, safe to print; empty where they were.
    """

    format: Format
    images: tuple[ImageDifference, ...] = ()
    only_published: tuple[str, ...] = ()
    only_rebuilt: tuple[str, ...] = ()
    obstacle: str = ""


def compare_native(published: NativeFacts, rebuilt: NativeFacts) -> NativeDifference:
    """Compare two executable files that were read, image by image."""
    if published.format is not rebuilt.format:
        obstacle = f"the published file is {published.format}, the rebuilt one {rebuilt.format}"
        return NativeDifference(format=published.format, obstacle=obstacle)
    if published.unread or rebuilt.unread:
        sides = (("published", published.unread), ("rebuilt", rebuilt.unread))
        obstacle = ", ".join(f"the {side} file {reason}" for side, reason in sides if reason)
        return NativeDifference(format=published.format, obstacle=obstacle)
    own, others = _by_architecture(published.images), _by_architecture(rebuilt.images)
    return NativeDifference(
        format=published.format,
        images=tuple(_compare_images(image, others[name]) for name, image in own.items() if name in others),
        only_published=tuple(name for name in own if name not in others),
        only_rebuilt=tuple(name for name in others if name not in own),
    )


def _by_architecture(images: Sequence[Image]) -> dict[str, Image]:
    """Images by processor; a second one for the same processor has its number behind."""
    found: dict[str, Image] = {}
    for image in images:
        count = sum(name.partition(" #")[0] == image.architecture for name in found)
        found[f"{image.architecture} #{count + 1}" if count else image.architecture] = image
    return found


def _compare_images(published: Image, rebuilt: Image) -> ImageDifference:
    left, right = published.linkage, rebuilt.linkage
    made, remade = published.origin, rebuilt.origin
    return ImageDifference(
        published=published,
        rebuilt=rebuilt,
        sections=_compare_sections(published.sections, rebuilt.sections),
        libraries=compare_names(left.libraries, right.libraries),
        search_paths=compare_names(Names(names=left.search_paths), Names(names=right.search_paths)),
        imports=compare_names(left.imports, right.imports),
        exports=compare_names(left.exports, right.exports),
        required_versions=compare_names(left.required_versions, right.required_versions),
        compilers=compare_names(made.compilers, remade.compilers),
        linkers=compare_names(made.linkers, remade.linkers),
        producers=compare_names(made.producers, remade.producers),
        debug_paths=compare_names(made.debug_paths, remade.debug_paths),
        source_names=compare_names(made.source_names, remade.source_names),
        cpu_features=compare_names(made.cpu_features, remade.cpu_features),
        strings=compare_names(published.strings, rebuilt.strings),
    )


def compare_names(published: Names, rebuilt: Names) -> NamesDifference:
    """What is on one side only, in the order of that side.

    Where one side left names out, a name that only the other kept may be among those: it is not listed.
    """
    left, right = frozenset(published.names), frozenset(rebuilt.names)
    common = (
        [name for name in published.names if name in right],
        [name for name in rebuilt.names if name in left],
    )
    return NamesDifference(
        only_published=tuple(name for name in published.names if name not in right)
        if rebuilt.complete
        else (),
        only_rebuilt=tuple(name for name in rebuilt.names if name not in left) if published.complete else (),
        reordered=common[0] != common[1],
        complete=published.complete and rebuilt.complete,
    )


def _compare_sections(
    published: Sequence[Section], rebuilt: Sequence[Section]
) -> tuple[SectionDifference, ...]:
    """Pair sections by name, those of one name in turn; where they lie does not count."""
    waiting: defaultdict[str, list[Section]] = defaultdict(list)
    for section in reversed(rebuilt):
        waiting[section.name].append(section)
    found: list[SectionDifference] = []
    for section in published:
        other = waiting[section.name].pop() if waiting[section.name] else None
        if other is None or _content(section) != _content(other):
            found.append(SectionDifference(published=section, rebuilt=other))
    left = {id(section) for sections in waiting.values() for section in sections}
    found += [
        SectionDifference(published=None, rebuilt=section) for section in rebuilt if id(section) in left
    ]
    return tuple(found)


def _content(section: Section) -> tuple[object, ...]:
    """What a section is to the program; its place in the file and in memory is not part of it."""
    return section.kind, section.flags, section.size_bytes, section.digest
