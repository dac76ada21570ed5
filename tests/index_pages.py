"""Pages of an index, as PEP 691 describes them, with whatever a test changes."""

from typing import Any

JSON = "application/vnd.pypi.simple.v1+json"
HEX = "ab" * 32


def page(*files: object, **changes: object) -> dict[str, Any]:
    return {"meta": {"api-version": "1.4"}, "name": "demo", "files": list(files), "versions": []} | changes


def entry(filename: str, **changes: object) -> dict[str, Any]:
    described = {"filename": filename, "url": f"../../files/{filename}", "hashes": {"sha256": HEX}}
    return described | {key.replace("_", "-"): value for key, value in changes.items()}
