import re

from doc_pages import ROOT, named, page, section

TEXT = page("CONTRIBUTING.md")


def test_the_targets_are_those_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", page("Makefile"), re.MULTILINE)
    assert named(section(TEXT, "Set-up")) == [name for name in targets if name != "help"]


def test_the_folders_of_tests_are_there() -> None:
    assert all((ROOT / name).is_dir() for name in named(section(TEXT, "Tests")))
