"""Where fuzzing begins: honest inputs for each target, made and not kept."""

import json
from collections.abc import Callable, Iterator

import sdist_builder
from fuzz_targets import NAMES, PLAIN, members
from golden_pairs import golden_ids, load_pair
from index_pages import HEX, entry, page
from made_locks import lock
from wheel_builder import FILES, complete, entries_of, raw_zip, zipped
from wheelproof.recipe.lock import render_lock

_RECIPE = b"schema: 1\nproject: demo\noverrides:\n- set: {umask: '0022'}\n  reason: why it is so\n"


def _wheels() -> Iterator[bytes]:
    yield PLAIN
    yield raw_zip(entries_of(complete()), zip64=True)
    for identity in golden_ids():
        yield load_pair(identity).published


def _archives() -> Iterator[bytes]:
    yield from (bytes([value]) * 40 for value in range(0, 256, 7))


def _pairs() -> Iterator[tuple[dict[str, bytes], dict[str, bytes]]]:
    for identity in golden_ids():
        pair = load_pair(identity)
        yield members(pair.published), members(pair.rebuilt)


def _members() -> Iterator[bytes]:
    for published, rebuilt in _pairs():
        for place, name in enumerate(NAMES):
            if name in published or name in rebuilt:
                yield bytes([place]) + b"\xff\xfe\xff".join(
                    (published.get(name, b""), rebuilt.get(name, b""))
                )


def _natives() -> Iterator[bytes]:
    for published, rebuilt in _pairs():
        for name in published.keys() & rebuilt.keys():
            if name.endswith((".so", ".pyd", ".dylib")):
                yield b"\xff\xfe\xff\xfe\xff".join((published[name], rebuilt[name]))


def _sdists() -> Iterator[bytes]:
    members = sdist_builder.members(sdist_builder.tree())
    yield sdist_builder.tar_gz(members)
    yield sdist_builder.tar(members)
    yield zipped({f"demo-1.0/{name}": text.encode() for name, text in FILES.items()})


def _documents() -> Iterator[bytes]:
    yield b'\0[build-system]\nrequires = ["a>=1"]\nbuild-backend = "a:b"\n'
    yield b"\1" + render_lock(lock()).encode()
    yield b"\2" + _RECIPE
    yield b"\3" + json.dumps(page(entry("demo-1.0.tar.gz", hashes={"sha256": HEX}))).encode()
    yield b"\0040 0.250\n0 1.500\n"
    yield b"\5" + sdist_builder.tar(sdist_builder.members({"a": "b"}))


SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "wheel": _wheels,
    "archive": _archives,
    "members": _members,
    "native": _natives,
    "sdist": _sdists,
    "documents": _documents,
}
