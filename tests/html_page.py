"""A page of a report, parsed and held against what may be in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files

VOID = {"meta", "input", "rect"}
_TAGS = """
html head title style body header main footer section div p h1 h2 h3 h4 strong span i a ol ul li dl dt dd
table thead tbody tr th td code pre figure figcaption details summary fieldset legend label svg script
"""
_ATTRIBUTES = """
lang charset http-equiv content name class id href type value checked hidden placeholder aria-label open
tabindex scope data-state viewbox preserveaspectratio role x y width height
"""
TAGS = VOID | set(_TAGS.split())
ATTRIBUTES = set(_ATTRIBUTES.split())


@dataclass
class Page:
    """What a page holds.

    Attributes:
        text: what a reader could see, in order.
        tags: each element with its attributes.
        scripts: the scripts.
    """

    text: str = ""
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def all(self, tag: str, class_: str = "") -> list[dict[str, str]]:
        """The attributes of the elements of a tag, and of a class where one is given."""
        return [
            found
            for name, found in self.tags
            if name == tag and (not class_ or class_ in found.get("class", "").split())
        ]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag in TAGS, tag
        assert set(names) <= ATTRIBUTES, (tag, names)
        assert len(names) == len(set(names)), (tag, names)
        found = {name: value or "" for name, value in attrs}
        assert found.get("href", "#").startswith("#"), found
        self.page.tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.page.scripts.append(data)
        elif self.open[-1:] != ["style"]:
            self.seen.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def parse_page(text: str) -> Page:
    """Parse a page; it has no element and no attribute but the templates', all closed, and our one script."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    page = parser.page
    page.text = "".join(parser.seen)
    ours = files("wheelproof.report").joinpath("templates", "report.js").read_text("utf-8")
    assert page.scripts == [ours]
    ids = [found["id"] for _, found in page.tags if "id" in found]
    assert len(ids) == len(set(ids))
    assert {found["href"][1:] for _, found in page.tags if "href" in found} <= set(ids)
    return page
