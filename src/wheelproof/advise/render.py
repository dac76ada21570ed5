"""Advice as text, as JSON, as Markdown and as SARIF 2.1.0."""

import json
from collections.abc import Iterator
from typing import Any

from wheelproof import __version__
from wheelproof.advise.advice import Advice, Severity
from wheelproof.advise.formats import AdviceFormat
from wheelproof.advise.run import Advised, Given
from wheelproof.core.untrusted import printable
from wheelproof.report.markdown_text import code, prose
from wheelproof.report.sarif_log import Hit, Rule, render_log

VERSION = 1
_WHAT = {Severity.BREAKS: "wheels will differ", Severity.MAY: "wheels can differ"}
_LEVELS = {Severity.BREAKS: "error", Severity.MAY: "warning"}
_TEXT_CHARS = 600


def render(advised: Advised, form: AdviceFormat) -> str:
    """Advice in a form, with its last line feed; safe to print."""
    match form:
        case AdviceFormat.TEXT:
            return "".join(f"{line}\n" for line in _text(advised))
        case AdviceFormat.JSON:
            return json.dumps(_document(advised), indent=2) + "\n"
        case AdviceFormat.MARKDOWN:
            return "".join(f"{line}\n" for line in _markdown(advised))
        case AdviceFormat.SARIF:
            return _sarif(advised)


def is_cause(advice: Advice) -> bool:
    """Its link is the id of a cause of differences."""
    return "://" not in advice.link


def _more(advice: Advice) -> str:
    return f"wheelproof explain {advice.link}" if is_cause(advice) else advice.link


def _safe(text: str) -> str:
    return printable(text, limit=_TEXT_CHARS)


def _summary(advised: Advised) -> str:
    if not advised.given:
        return "Nothing to advise"
    parts = [
        f"{count} {severity.value} ({_WHAT[severity]})"
        for severity in Severity
        if (count := advised.count(severity))
    ]
    return ", ".join(parts)


def _text(advised: Advised) -> Iterator[str]:
    for given in advised.given:
        advice, seen = given.advice, given.seen
        yield f"{advice.severity.value:<7} {advice.id}  {_safe(str(seen.place))}"
        for label, text in (
            ("seen", f"{seen.what}."),
            ("why", advice.why),
            ("mend", seen.mend),
            ("more", _more(advice)),
        ):
            yield f"  {label:<6}{_safe(text)}"
    for note in advised.notes:
        yield f"note    {note}"
    yield _summary(advised)


def _document(advised: Advised) -> dict[str, Any]:
    return {
        "version": VERSION,
        "name": _safe(advised.name),
        "kind": advised.kind,
        **{severity.value: advised.count(severity) for severity in Severity},
        "advice": [_entry(given) for given in advised.given],
        "notes": list(advised.notes),
    }


def _entry(given: Given) -> dict[str, Any]:
    advice, seen = given.advice, given.seen
    return {
        "id": advice.id,
        "severity": advice.severity.value,
        "title": advice.title,
        "file": _safe(seen.place.file),
        "line": seen.place.line,
        "key": _safe(seen.place.key),
        "seen": _safe(seen.what),
        "why": advice.why,
        "mend": _safe(seen.mend),
        "cause": advice.link if is_cause(advice) else None,
        "link": None if is_cause(advice) else advice.link,
    }


def _markdown(advised: Advised) -> Iterator[str]:
    yield f"## Advice for {code(advised.name)}"
    yield ""
    yield f"{prose(_summary(advised))}."
    for given in advised.given:
        advice, seen = given.advice, given.seen
        more = f"`wheelproof explain {advice.link}`" if is_cause(advice) else f"<{advice.link}>"
        yield ""
        yield f"### {advice.severity.value}: {advice.title}"
        yield ""
        yield f"- **Seen**: {code(str(seen.place))}: {prose(seen.what)}."
        yield f"- **Why**: {advice.why}"
        yield f"- **Mend**: {prose(seen.mend)}"
        yield f"- **More**: {more} (`{advice.id}`)"
    if advised.notes:
        yield ""
        yield from (f"- {prose(note)}" for note in advised.notes)


def _sarif(advised: Advised) -> str:
    hits = [_hit(advised, given) for given in advised.given]
    return render_log(f"wheelproof {__version__}", hits, _sarif_invocation(advised))


def _sarif_invocation(advised: Advised) -> dict[str, Any]:
    said = [{"level": "warning", "message": {"text": note}} for note in advised.notes]
    return {"executionSuccessful": True, **({"toolExecutionNotifications": said} if said else {})}


def _hit(advised: Advised, given: Given) -> Hit:
    advice, seen = given.advice, given.seen
    in_wheel = advised.kind == "wheel"
    return Hit(
        rule=Rule(
            id=advice.id, title=advice.title, text=advice.why, help=f"{advice.why} More: {_more(advice)}"
        ),
        level=_LEVELS[advice.severity],
        message=_safe(f"{seen.what}. {seen.mend}"),
        file=advised.name if in_wheel else seen.place.file,
        in_tree=not in_wheel,
        line=None if in_wheel else seen.place.line,
        member=seen.place.file if in_wheel else None,
        identity=(seen.place.key, seen.what),
    )
