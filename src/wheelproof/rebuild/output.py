"""What a sandbox hands out, read as the hostile bytes that they are: the runner's account, and a tar."""

import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from wheelproof.core.untrusted import printable

_ENTRIES = 64
# A step's exit code, which is 128 and the signal's number where one ended it, and its seconds.
_LINE = re.compile(rb"(\d{1,3}) (\d{1,7}\.\d{3})\n")
# What every tar ends with (POSIX.1-2017, pax): without it the connection was cut.
_TAR_END = bytes(1024)


class OutputError(Exception):
    """What was handed out can't be taken; the message is a sentence without a full stop."""


class CutError(Exception):
    """The end is missing: the connection was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the runner says of the steps that ended, and what it handed out behind that.

    Attributes:
        exit_codes: of each step that ended.
        durations_s: seconds of each.
        rest: the output folder as a tar, where every step ended well.
    """

    exit_codes: tuple[int, ...]
    durations_s: tuple[float, ...]
    rest: bytes


def parse_account(answer: bytes, steps: int) -> Account:
    """Read a line a step, as far as there are any."""
    codes: list[int] = []
    durations: list[float] = []
    at = 0
    while len(codes) < steps and (line := _LINE.match(answer, at)):
        codes.append(int(line[1]))
        durations.append(float(line[2]))
        at = line.end()
    return Account(exit_codes=tuple(codes), durations_s=tuple(durations), rest=answer[at:])


def parse_output(tar: bytes) -> dict[str, bytes]:
    """The plain files of an output folder, by name.

    Raises:
        CutError: the tar has no end.
        OutputError: it holds anything else, too much of it, or can't be read.
    """
    if not tar.endswith(_TAR_END):
        raise CutError
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r|") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name == "." and member.isdir():
                    continue
                plain = member.isreg() and not member.issparse()
                if not plain or PurePosixPath(name).name != name:
                    raise OutputError(f"The output holds {printable(name)}, which is no plain file")
                stream = archive.extractfile(member)
                found[name] = stream.read() if stream else b""
                if len(found) > _ENTRIES:
                    raise OutputError(f"The output holds more than {_ENTRIES} files")
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        raise OutputError(f"The output can't be read: {printable(str(error))}") from error
    return found
