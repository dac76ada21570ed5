"""A Simple API on loopback that says what a test tells it to say, true or not."""

import json
from collections.abc import Mapping
from typing import Self

from hostile_server import Behaviour, Server, reply
from index_pages import JSON, page
from wheelproof.core.identity import Digest

UPLOADED = "2024-06-07T08:09:10.123456Z"


class FakeIndex:
    """An index whose projects are published file by file; use it in a ``with`` statement."""

    def __init__(self) -> None:
        self.server = Server()
        self._entries: dict[str, dict[str, dict[str, object]]] = {}
        self._page: dict[str, Mapping[str, object]] = {}

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self.server.__exit__(*details)

    @property
    def url(self) -> str:
        return f"{self.server.url}/simple/"

    def publish(self, project: str, files: Mapping[str, bytes], **said: object) -> None:
        """Put files of a project on the index; ``said`` is added to what the listing says of each."""
        entries = self._entries.setdefault(project, {})
        for filename, data in files.items():
            entries[filename] = {
                "filename": filename,
                "url": f"../../files/{filename}",
                "hashes": {"sha256": Digest.of_bytes(data).hex},
                "size": len(data),
                "upload-time": UPLOADED,
            } | {key.replace("_", "-"): value for key, value in said.items()}
            self.server.on(f"/files/{filename}", reply(200, data))
        self._list(project)

    def mark(self, project: str, **said: object) -> None:
        """Add something to a project's page."""
        self._page[project] = {key.replace("_", "-"): value for key, value in said.items()}
        self._list(project)

    def answer_for(self, project: str, *behaviours: Behaviour) -> None:
        """Do something else than answer with the project's page."""
        self.server.on(f"/simple/{project}/", *behaviours)

    def answer_file(self, filename: str, *behaviours: Behaviour) -> None:
        """Do something else than answer with a file."""
        self.server.on(f"/files/{filename}", *behaviours)

    def _list(self, project: str) -> None:
        listing = page(*self._entries[project].values(), name=project) | dict(self._page.get(project, {}))
        self.answer_for(project, reply(200, json.dumps(listing).encode(), content_type=JSON))
