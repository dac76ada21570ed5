"""What every page is made with.

Jinja escapes all that is not markup of the templates' own, and before that every text is made printable:
there is no other way into a page. Its policy (Content Security Policy) allows no request of any kind, and
no script or style but the page's own, by their hashes.
"""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wheelproof.core.untrusted import printable
from wheelproof.report.summary import describe_git, sentence

_TEXT_CHARS = 1000


def open_environment() -> Environment:
    """Where templates are rendered."""
    environment = Environment(
        loader=PackageLoader("wheelproof.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["git"] = describe_git
    environment.filters["sentence"] = sentence
    return environment


def frame() -> dict[str, str]:
    """A page's style, its script and its policy."""
    style, script = _asset("report.css"), _asset("report.js")
    return {
        "style": Markup(style),  # noqa: S704 - ours
        "script": Markup(script),  # noqa: S704 - ours
        "policy": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    }


def in_ascii(text: str) -> str:
    """A page in ASCII: whatever a server or a terminal takes it for, it reads the same."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _shown(value: Any) -> Any:
    """What every expression of a template goes through, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value, limit=_TEXT_CHARS)
    return "unknown" if value is None else value


def _asset(name: str) -> str:
    return files("wheelproof.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
