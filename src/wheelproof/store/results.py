"""Results on disk: an index in SQLite, and each result whole in a JSON file (``docs/batch.md``)."""

import contextlib
import json
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from filelock import FileLock
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest
from wheelproof.pipeline.check import Before
from wheelproof.report.document import Result

INDEX_NAME = "results.sqlite3"
FILES_NAME = "results"
_LOCK_NAME = "results.lock"
_SCHEMA: Literal[1] = 1
_PATIENCE_S = 60.0
_PART_SUFFIX = ".part"
_LEFTOVER_AGE_S = 3600.0
_ELSEWHERE = "Name another folder with --store."
_PLAIN = re.compile(r"[A-Za-z0-9_.+!-]{1,200}")
_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    name TEXT PRIMARY KEY,     -- the wheel's file name, or the target where no wheel was found
    target TEXT NOT NULL,
    key TEXT,                  -- of everything that the result depends on; NULL where it is to be tried again
    verdict TEXT NOT NULL,
    finished TEXT NOT NULL,    -- ISO 8601, UTC
    duration_s REAL NOT NULL,
    image TEXT,                -- what it was built in, by name and id
    image_id TEXT,
    file TEXT NOT NULL         -- below the store's folder
);
CREATE INDEX IF NOT EXISTS results_by_target ON results (target);
CREATE TABLE IF NOT EXISTS history (
    name TEXT NOT NULL,
    finished TEXT NOT NULL,
    verdict TEXT NOT NULL,
    key TEXT
);
CREATE INDEX IF NOT EXISTS history_by_name ON history (name, finished);
"""


class _Document(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: Literal[1] = Field(default=_SCHEMA, alias="schema")
    key: str | None
    finished: AwareDatetime
    duration_s: float
    result: Result

    @property
    def name(self) -> str:
        return self.result.published.filename or self.result.target

    @property
    def file(self) -> str:
        return _file_of(self.name)

    @property
    def stamp(self) -> str:
        return self.finished.astimezone(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A result as the store has it.

    Attributes:
        name: the wheel's file name, or the target where no wheel was found.
        key: of everything that it depends on; None where it is to be tried again.
        finished: when it was found.
        duration_s: seconds that it took.
        result: the result.
    """

    name: str
    key: str | None
    finished: datetime
    duration_s: float
    result: Result

    @property
    def before(self) -> Before | None:
        """What a later check has to know of it; None where it is to be tried again."""
        if self.key is None:
            return None
        image = self.result.environment.image if self.result.environment else None
        return Before(
            key=self.key, image=image.name if image else None, image_id=image.image_id if image else None
        )


class ResultStore:
    """A folder of results, as a context manager; any number of processes share it.

    The files are what counts. The index is written after each of them, and is made again from them.

    Args:
        folder: made where it is not there.

    Raises:
        UsageError: it can't be used; every other method raises this too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _told(folder):
            (folder / FILES_NAME).mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(folder / INDEX_NAME, isolation_level=None, timeout=_PATIENCE_S)
            try:
                # SQLite does not wait for another process that makes the same index.
                with FileLock(folder / _LOCK_NAME, timeout=_PATIENCE_S):
                    self._open()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def put(self, result: Result, *, key: str | None, duration_s: float) -> Stored:
        """Keep a result in place of the one before; a crash leaves the one or the other.

        Args:
            result: of one wheel, or of a target that has none.
            key: of everything that it depends on; None where it is to be tried again.
            duration_s: seconds that it took.
        """
        with self._alone():
            now = datetime.now(UTC)
            document = _Document(
                key=key,
                finished=now.replace(microsecond=now.microsecond // 1000 * 1000),
                duration_s=round(duration_s, 3),
                result=result,
            )
            _write(self.folder / document.file, document)
            self._insert(document)
        return _stored(document)

    def get(self, name: str) -> Stored | None:
        """A result by name; None where there is none that can be read."""
        document = _load(self.folder / _file_of(name))
        return _stored(document) if document is not None else None

    def of_target(self, target: str) -> tuple[Stored, ...]:
        """The results that a target had, and those of the wheel of this name, sorted by name."""
        with _told(self.folder):
            rows = self._connection.execute(
                "SELECT name FROM results WHERE target = ? OR name = ? ORDER BY name", (target, target)
            ).fetchall()
        found = (self.get(str(name)) for (name,) in rows)
        return tuple(stored for stored in found if stored is not None)

    def discard(self, name: str) -> None:
        """Throw a result away; its history stays."""
        with self._alone():
            (self.folder / _file_of(name)).unlink(missing_ok=True)
            self._connection.execute("DELETE FROM results WHERE name = ?", (name,))

    def _open(self) -> None:
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version not in {0, _SCHEMA}:
            raise UsageError(f"{self.folder} was written by another version of wheelproof", hint=_ELSEWHERE)
        if version != _SCHEMA:
            self._connection.executescript(_TABLES)
            self._connection.execute(f"PRAGMA user_version={_SCHEMA}")
        self._adopt()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process writes meanwhile."""
        with _told(self.folder), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _insert(self, document: _Document) -> None:
        result, key, finished = document.result, document.key, document.stamp
        image = result.environment.image if result.environment else None
        self._connection.execute(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.name,
                result.target,
                key,
                result.verdict.value,
                finished,
                document.duration_s,
                image.name if image else None,
                image.image_id if image else None,
                document.file,
            ),
        )
        self._connection.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?)", (document.name, finished, result.verdict.value, key)
        )

    def _adopt(self) -> None:
        """Take in the files whose rows were not written: what was done before a crash is not done again."""
        rows = self._connection.execute("SELECT file, finished FROM results")
        known = {str(file): str(finished) for file, finished in rows}
        for path in (self.folder / FILES_NAME).iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process renames and discards
                time_ns = path.stat().st_mtime_ns
                file = f"{FILES_NAME}/{path.name}"
                if path.suffix == _PART_SUFFIX:
                    if time.time_ns() - time_ns > _LEFTOVER_AGE_S * 1e9:
                        path.unlink()
                elif file not in known or time_ns != _nanoseconds(known[file]):
                    self._take_in(file)

    def _take_in(self, file: str) -> None:
        path = self.folder / file
        document = _load(path)
        if document is None or document.file != file:
            return
        with self._alone():
            row = self._connection.execute("SELECT finished FROM results WHERE file = ?", (file,)).fetchone()
            if row is None or str(row[0]) < document.stamp:
                self._insert(document)
        _mark(path, document)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What the disk or SQLite refuses, in a sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        hint = f"Remove {INDEX_NAME} in it: it is made again from the results." if damaged else _ELSEWHERE
        raise UsageError(f"{folder} can't hold results: {error}", hint=hint) from None


def _file_of(name: str) -> str:
    """A path below the folder; a name that is no wheel's could be anything."""
    try:
        parse_wheel_filename(name)
        plain = _PLAIN.fullmatch(name) is not None
    except InvalidWheelFilename:
        plain = False
    if plain:
        return f"{FILES_NAME}/{name.removesuffix('.whl')}.json"
    digest = Digest.of_bytes(name.encode("utf-8", "surrogatepass"))
    return f"{FILES_NAME}/target-{digest.hex[:32]}.json"


def _write(path: Path, document: _Document) -> None:
    """Whole or not at all."""
    text = json.dumps(json.loads(document.model_dump_json(by_alias=True)), indent=1)
    part = path.with_name(f"{secrets.token_hex(8)}{_PART_SUFFIX}")
    try:
        with part.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        _mark(part, document)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _mark(path: Path, document: _Document) -> None:
    """The file's time is the result's: one that the index knows need not be read to see that."""
    moment = _nanoseconds(document.stamp)
    os.utime(path, ns=(moment, moment))


def _nanoseconds(stamp: str) -> int:
    try:
        return round(datetime.fromisoformat(stamp).timestamp() * 1000) * 1_000_000
    except ValueError:
        return 0


def _load(path: Path) -> _Document | None:
    try:
        return _Document.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _stored(document: _Document) -> Stored:
    return Stored(
        name=document.name,
        key=document.key,
        finished=document.finished,
        duration_s=document.duration_s,
        result=document.result,
    )
