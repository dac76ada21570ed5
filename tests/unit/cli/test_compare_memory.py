"""What a comparison takes of memory, whatever the two wheels hold."""

import hashlib
import struct
from base64 import urlsafe_b64encode
from pathlib import Path

from running import memory_of, run_program
from wheel_builder import DIST_INFO, FILES, Entry, put, raw_zip
from wheelproof.core.errors import ExitCode
from wheelproof.wheel.archive import Limits

# The line that docs/verdicts.md#limits draws.
LIMIT_MB = 150
DESCRIBING = [Entry(name=name.encode(), content=FILES[name].encode()) for name in FILES if DIST_INFO in name]
TIMES = struct.pack("<2HBL", 0x5455, 5, 1, 0)


def wheel(content: bytes, members: int) -> bytes:
    """So many members of that content, each with an extra field, and a true RECORD."""
    fields: dict[str, int | bytes] = {"extra": TIMES}
    digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    names = [b"demo/package_%d/a_module_of_it_%d.py" % (number % 97, number) for number in range(members - 3)]
    rows = b"".join(b"%s,sha256=%s,%d\n" % (name, digest, len(content)) for name in names)
    record = Entry(name=f"{DIST_INFO}/RECORD".encode(), content=rows)
    entries = [Entry(name=name, content=content, method=0, local=fields, central=fields) for name in names]
    return raw_zip([*entries, *DESCRIBING, record])


def test_two_of_the_largest_wheels_of_which_every_member_differs(tmp_path: Path) -> None:
    members = Limits().members
    paths = [put(tmp_path / side, wheel(side.encode(), members)) for side in ("published", "rebuilt")]
    code, memory_mb = memory_of("compare", "--format", "json", *paths)
    assert code == ExitCode.NOT_REACHED
    assert memory_mb < LIMIT_MB


def test_a_larger_wheel_is_refused_with_a_next_step(tmp_path: Path) -> None:
    path = put(tmp_path, raw_zip([Entry(name=b"%d" % number) for number in range(65_536)], zip64=True))
    ended = run_program("compare", path, path)
    assert ended.exit_code == ExitCode.MALFORMED
    assert "has more than 65535 members.\n" in ended.err
    assert "docs/verdicts.md" in ended.err
