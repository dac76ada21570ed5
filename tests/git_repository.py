"""Git repositories for tests: made by git itself, with fixed names and times, or object by object."""

import contextlib
import hashlib
import os
import subprocess
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WHEN = 1_700_000_000
_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@index.example",
    "GIT_AUTHOR_DATE": f"{WHEN} +0000",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@index.example",
    "GIT_COMMITTER_DATE": f"{WHEN} +0000",
}
Content = str | bytes


@dataclass(frozen=True, kw_only=True)
class MadeRepository:
    """A repository with a work tree."""

    folder: Path

    @classmethod
    def at(cls, folder: Path, *options: str) -> "MadeRepository":
        folder.mkdir(parents=True)
        made = cls(folder=folder)
        made.git("init", "--quiet", "--initial-branch=main", *options)
        return made

    def git(self, *arguments: str, **more: str) -> str:
        """Run git in it."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **_SETTINGS, **more},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, Content], *, message: str = "Change it") -> str:
        """Write files, commit everything, and give the commit's id."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def put(self, kind: str, content: bytes) -> str:
        """Write an object as git would not, and give its id."""
        data = f"{kind} {len(content)}\0".encode() + content
        object_id = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        path = self.folder / ".git" / "objects" / object_id[:2] / object_id[2:]
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(zlib.compress(data))
        return object_id

    def put_tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A tree of entries (mode, name, id), in the order given."""
        lines = (mode.encode() + b" " + name + b"\0" + bytes.fromhex(at) for mode, name, at in entries)
        return self.put("tree", b"".join(lines))

    def put_commit(self, tree: str, *, branch: str = "odd", time: str = f"{WHEN} +0000") -> str:
        """A commit of a tree, with a branch that leads there."""
        text = (
            f"tree {tree}\nauthor A <a@index.example> {time}\ncommitter A <a@index.example> {time}\n\nodd\n"
        )
        commit = self.put("commit", text.encode())
        heads = self.folder / ".git" / "refs" / "heads"
        (heads / branch).write_text(f"{commit}\n")
        return commit


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(made: MadeRepository, folder: Path) -> Iterator[tuple[MadeRepository, str]]:
    """A bare clone behind a plain file server: git's oldest way over HTTP, which knows no parts."""
    bare = MadeRepository(folder=folder / "demo.git")
    made.git("clone", "--quiet", "--bare", ".", str(bare.folder))
    bare.git("update-server-info")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield bare, f"http://127.0.0.1:{server.server_address[1]}/demo.git"
        server.shutdown()
