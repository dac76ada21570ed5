"""What a comparison takes of memory, whatever the two wheels hold."""

import hashlib
from base64 import urlsafe_b64encode
from itertools import cycle
from pathlib import Path

from running import memory_of, run_program
from wheel_builder import DIST_INFO, FILES, Entry, put, raw_zip
from wheelproof.core.errors import ExitCode
from wheelproof.wheel.archive import Limits

# The line that docs/verdicts.md#limits draws.
LIMIT_MB = 150
DESCRIBING = [Entry(name=name.encode(), content=FILES[name].encode()) for name in FILES if DIST_INFO in name]


def wheel(content: bytes, members: int) -> bytes:
    """So many members, every other of that content, and a true RECORD."""
    entries = [
        Entry(name=b"demo/package_%d/module_%d.py" % (number % 97, number), content=text, method=0)
        for number, text in zip(range(members - 3), cycle((b"same", content)), strict=False)
    ]
    digests = {text: urlsafe_b64encode(hashlib.sha256(text).digest())[:-1] for text in (b"same", content)}
    rows = b"".join(
        b"%s,sha256=%s,%d\n" % (entry.name, digests[entry.content], len(entry.content)) for entry in entries
    )
    return raw_zip([*entries, *DESCRIBING, Entry(name=f"{DIST_INFO}/RECORD".encode(), content=rows)])


def test_two_of_the_largest_wheels_of_which_half_of_the_members_differ(tmp_path: Path) -> None:
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
