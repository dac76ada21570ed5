"""One door to the readers: the format is known by its first bytes."""

import struct
from io import SEEK_END
from typing import BinaryIO, assert_never

from wheelproof.core.untrusted import printable
from wheelproof.wheel.native.elf import read_elf
from wheelproof.wheel.native.facts import Format, Image, NativeFacts
from wheelproof.wheel.native.macho import is_macho, read_macho
from wheelproof.wheel.native.pe import is_pe, read_pe
from wheelproof.wheel.native.window import Limits, UnreadableError, Window

HEAD_BYTES = 4096


def native_format(head: bytes) -> Format | None:
    """The format that a file's first 4096 bytes show, or None."""
    if head.startswith(b"\x7fELF"):
        return Format.ELF
    if is_macho(head):
        return Format.MACH_O
    return Format.PE if is_pe(head) else None


def read_native(stream: BinaryIO, limits: Limits | None = None) -> NativeFacts | None:
    """Read an executable file; what a damaged one still tells is told, with its problems.

    Args:
        stream: seekable; it is read a piece at a time.
        limits: what the file may ask for.

    Returns:
        The facts, with ``unread`` set where it could not be read, or None where it is no executable file.

    Raises:
        OSError: the stream can't be read.
    """
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    kind = native_format(stream.read(HEAD_BYTES))
    if kind is None:
        return None
    window = Window(stream, size, limits or Limits())
    try:
        return NativeFacts(format=kind, size_bytes=size, images=_read_images(kind, window))
    except (UnreadableError, struct.error, OverflowError) as error:
        return NativeFacts(
            format=kind, size_bytes=size, unread=printable(f"can't be read as {kind}: {error}")
        )


def _read_images(kind: Format, window: Window) -> tuple[Image, ...]:
    match kind:
        case Format.ELF:
            return (read_elf(window),)
        case Format.PE:
            return (read_pe(window),)
        case Format.MACH_O:
            return read_macho(window)
        case _:
            assert_never(kind)
