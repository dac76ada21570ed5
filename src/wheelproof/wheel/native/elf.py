"""An ELF file as an image (System V gABI)."""

from wheelproof.wheel.native.coverage import digest_section, read_outside, read_tables
from wheelproof.wheel.native.elf_dynamic import read_linkage
from wheelproof.wheel.native.elf_origin import read_origin
from wheelproof.wheel.native.elf_tables import (
    NOBITS,
    SHF_ALLOC,
    SHF_EXECUTE,
    SHF_WRITE,
    SectionHeader,
    read_layout,
)
from wheelproof.wheel.native.facts import Image, Section
from wheelproof.wheel.native.strings import read_strings
from wheelproof.wheel.native.window import Problems, Window

_NULL = 0


def read_elf(window: Window) -> Image:
    """Read an ELF file.

    Raises:
        UnreadableError: not even its header can be read.
    """
    problems = Problems()
    layout = read_layout(window, problems)
    headers = read_tables(window, problems, layout.tables)
    sections = tuple(_section(window, problems, header) for header in layout.sections if header.type != _NULL)
    return Image(
        architecture=f"{layout.machine}, {64 if layout.wide else 32}-bit "
        f"{'little' if layout.order == '<' else 'big'}-endian",
        type=layout.type,
        header=(("flags", f"{layout.flags:#x}"), ("OS ABI", str(layout.abi))),
        sections=(*headers, *sections, *read_outside(window, problems, (*headers, *sections))),
        linkage=read_linkage(window, layout, problems),
        origin=read_origin(window, layout, problems),
        strings=read_strings(window, problems, sections),
        problems=problems.close(),
    )


def _section(window: Window, problems: Problems, header: SectionHeader) -> Section:
    mapped = header.flags & SHF_ALLOC
    return Section(
        name=header.name,
        kind=header.kind,
        flags="".join(
            letter
            for letter, there in (
                ("r", mapped),
                ("w", header.flags & SHF_WRITE),
                ("x", header.flags & SHF_EXECUTE),
            )
            if there
        ),
        address=header.address,
        offset=header.offset,
        size_bytes=header.size,
        digest=None
        if header.type == NOBITS
        else digest_section(window, problems, header.name, header.offset, header.size),
    )
