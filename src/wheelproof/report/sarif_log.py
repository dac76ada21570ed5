"""A SARIF 2.1.0 log of one run, from rules and hits as values.

The specification is OASIS' "Static Analysis Results Interchange Format Version 2.1.0".
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wheelproof.core.untrusted import printable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a hit is an instance of; texts left empty repeat the title, as code scanning wants all of them.

    Attributes:
        id: a stable id.
        title: one line.
        text: why it matters.
        help: what to do about it.
    """

    id: str
    title: str
    text: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result.

    Attributes:
        rule: what it is.
        level: ``error``, ``warning`` or ``note``.
        message: what was seen.
        file: the file that it is in, by name, or by a relative path where it is ``in_tree``.
        in_tree: the file is one of a source tree, and its path has folders.
        line: the line in it, from 1.
        member: the archive's member that it is in.
        identity: what tells it from others of its rule, file and member, from run to run.
        sha256: the file's digest, where it is a published one.
    """

    rule: Rule
    level: str
    message: str
    file: str
    in_tree: bool = False
    line: int | None = None
    member: str | None = None
    identity: tuple[str, ...] = ()
    sha256: str | None = None


def render_log(tool: str, hits: Sequence[Hit], invocation: Json) -> str:
    """The log's JSON text.

    Args:
        tool: name and version, a space between them.
        hits: the results.
        invocation: SARIF's own object for how the run went.
    """
    rules = list({hit.rule.id: hit.rule for hit in hits}.values())
    places = {rule.id: place for place, rule in enumerate(rules)}
    name, _, version = printable(tool).partition(" ")
    run: Json = {
        "tool": {
            "driver": {
                "name": name or "wheelproof",
                **({"version": version} if version else {}),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(hit, places[hit.rule.id]) for hit in hits],
    }
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _rule(rule: Rule) -> Json:
    title = printable(rule.title) or "untitled"
    return {
        "id": _rule_id(rule),
        "shortDescription": {"text": title},
        "fullDescription": {"text": printable(rule.text, limit=1000) or title},
        "help": {"text": printable(rule.help, limit=1000) or title},
    }


def _rule_id(rule: Rule) -> str:
    return printable(rule.id) or "unnamed"


def _result(hit: Hit, rule_index: int) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(hit)}}
    if hit.line is not None:
        physical["region"] = {"startLine": hit.line}
    location: Json = {"physicalLocation": physical}
    if hit.member is not None:
        name = printable(hit.member)
        location["logicalLocations"] = [
            {"name": name.rpartition("/")[2] or name, "fullyQualifiedName": name, "kind": "resource"}
        ]
    # A reader that keeps results from run to run knows them again by this.
    identity = "\0".join((hit.rule.id, hit.file, hit.member or "", *hit.identity))
    found: Json = {
        "ruleId": _rule_id(hit.rule),
        "ruleIndex": rule_index,
        "level": hit.level,
        "message": {"text": hit.message},
        "locations": [location],
        "partialFingerprints": {
            "wheelproof/v1": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        },
    }
    if hit.sha256 is not None:
        found["properties"] = {"publishedSha256": printable(hit.sha256)}
    return found


def _uri(hit: Hit) -> str:
    """A relative reference (RFC 3986, 4.2); a name's is never taken for a scheme or a folder."""
    return quote(printable(hit.file), safe="/" if hit.in_tree else "") or "unnamed"
