import pytest

from doc_pages import ROOT, anchors, links, page

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("recipes/*.md"))
)


@pytest.mark.parametrize("name", PAGES)
def test_links_resolve(name: str) -> None:
    for link in links(page(name)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), link


def test_the_index_lists_every_page_of_documentation() -> None:
    for folder in ("docs", "docs/case-studies"):
        listed = {link for link in links(page(f"{folder}/README.md")) if "/" not in link}
        assert listed == {path.name for path in (ROOT / folder).glob("*.md")} - {"README.md"}
