"""Pages of an index, as PEP 691 describes them, with whatever a test changes."""

from datetime import UTC, datetime
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.core.identity import Digest
from wheelproof.fetch.address import Address
from wheelproof.fetch.listing import FileKind, IndexFile

JSON = "application/vnd.pypi.simple.v1+json"
HEX = "ab" * 32


def page(*files: object, **changes: object) -> dict[str, Any]:
    return {"meta": {"api-version": "1.4"}, "name": "demo", "files": list(files), "versions": []} | changes


def entry(filename: str, **changes: object) -> dict[str, Any]:
    described = {"filename": filename, "url": f"../../files/{filename}", "hashes": {"sha256": HEX}}
    return described | {key.replace("_", "-"): value for key, value in changes.items()}


def index_file(filename: str) -> IndexFile:
    """A file of the release 1.0 of the project demo, as a listing has it."""
    kind = FileKind.WHEEL if filename.endswith(".whl") else FileKind.SDIST
    return IndexFile(
        filename=filename,
        address=Address.parse(f"https://index.example/{filename}"),
        digest=Digest("a" * 64),
        size_bytes=1,
        upload_time=datetime(2026, 1, 1, tzinfo=UTC),
        yanked=False,
        yanked_reason=None,
        requires_python=None,
        kind=kind,
        project=canonicalize_name("demo"),
        version=Version("1.0"),
    )
