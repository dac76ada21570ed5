"""What a member means to those who read it, found without the code under test: by the standard readers."""

import ast
import configparser
import email
import gzip
import io
import json
import warnings
from collections.abc import Callable
from email.message import Message
from importlib.metadata import EntryPoints

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from wheelproof.explain.causes.cause import Kind

_PLACEHOLDERS = {"summary", "home-page", "author", "author-email", "license", "platform", "description"}


def meaning_of(kind: Kind, data: bytes) -> object:
    """Equal for two contents of a kind only where they install and read the same."""
    return _READERS[kind](data) if kind in _READERS else data


def _headers(data: bytes) -> tuple[Message, dict[str, list[str]]]:
    message = email.message_from_bytes(data)
    fields: dict[str, list[str]] = {}
    for name, value in message.items():
        fields.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return message, fields


def _metadata(data: bytes) -> object:
    message, fields = _headers(data)
    kept = {
        name: [value for value in values if not (name in _PLACEHOLDERS and value == "UNKNOWN")]
        for name, values in fields.items()
    }
    for name in ("requires-dist", "provides-extra", "classifier", "dynamic", "license-file"):
        kept[name] = sorted(map(_requirement if name == "requires-dist" else str, kept.get(name, [])))
    kept["provides-extra"] = sorted(canonicalize_name(extra) for extra in kept["provides-extra"])
    body = message.get_payload()
    assert isinstance(body, str)
    text = body.replace("\r\n", "\n").strip("\n")
    return {name: values for name, values in kept.items() if values}, "" if text == "UNKNOWN" else text


def _requirement(text: str) -> str:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return text
    extras = sorted(map(canonicalize_name, found.extras))
    return f"{canonicalize_name(found.name)} {extras} {found.specifier} {found.url} {found.marker}"


def _wheel_file(data: bytes) -> object:
    message, fields = _headers(data)
    fields.pop("generator", None)
    fields["tag"] = sorted(fields.get("tag", []))
    return fields, str(message.get_payload()).replace("\r\n", "\n").strip()


def _entry_points(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    try:
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(text)
        strict = {name: list(parser[name].items()) for name in parser.sections()}
        loose = [(point.group, point.name, point.value) for point in EntryPoints._from_text_for(text, None)]  # type: ignore[attr-defined]
    except (configparser.Error, ValueError, AttributeError, TypeError):
        return _universal(data).rstrip("\n")
    for scripts in ("console_scripts", "gui_scripts"):
        strict[scripts] = sorted(strict.get(scripts, []))
    return {name: entries for name, entries in strict.items() if entries}, sorted(loose)


def _python(data: bytes) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(data))
    except (SyntaxError, ValueError):
        return _universal(data)


def _universal(data: bytes) -> str:
    """As a text file is read: every line end is a line feed."""
    return io.TextIOWrapper(io.BytesIO(data), "latin-1", newline=None).read()


def _gzip(data: bytes) -> object:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, ValueError, gzip.zlib.error):  # type: ignore[attr-defined]
        return data


def _sbom(data: bytes) -> object:
    try:
        document = json.loads(data)
    except ValueError:
        return data
    if isinstance(document, dict) and isinstance(document.get("metadata"), dict):
        document["metadata"].pop("timestamp", None)
        document.pop("serialNumber", None)
    return document


def _top_level(data: bytes) -> object:
    return sorted(data.decode("utf-8", "replace").split())


def _bytecode(data: bytes) -> object:
    return (data[:8], data[12:]) if data[4:8] == bytes(4) else data


_READERS: dict[Kind, Callable[[bytes], object]] = {
    Kind.METADATA: _metadata,
    Kind.WHEEL: _wheel_file,
    Kind.ENTRY_POINTS: _entry_points,
    Kind.TOP_LEVEL: _top_level,
    Kind.PYTHON: _python,
    Kind.TEXT: _universal,
    Kind.LICENSE: _universal,
    Kind.BYTECODE: _bytecode,
    Kind.GZIP: _gzip,
    Kind.SBOM: _sbom,
}
