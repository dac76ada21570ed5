import re
import tomllib

from packaging.requirements import Requirement

from doc_pages import ROOT, named, page, rows, section
from wheelproof.rebuild.frontend import INSTALLER

TEXT = page("docs/dependencies.md")
PROJECT = tomllib.loads(page("pyproject.toml"))
SOURCE = ROOT / "src" / "wheelproof"
# Where a distribution's import name is not its own with underscores.
IMPORTED_AS = {"packageurl-python": "packageurl", "pyyaml": "yaml"}
# Found by their name, not imported.
NAMED = {"diffoscope": "diffoscope", "pypi-simple": "pypi_simple"}


def names(requirements: list[str]) -> list[str]:
    return [Requirement(text).name for text in requirements]


def test_every_dependency_has_its_line() -> None:
    assert named(section(TEXT, "At run time")) == names(PROJECT["project"]["dependencies"])
    assert named(section(TEXT, "For development")) == names(PROJECT["dependency-groups"]["dev"])


def test_each_is_used_where_the_page_says() -> None:
    for name, _, where in rows(section(TEXT, "At run time")):
        distribution = name.strip("`")
        if distribution in NAMED:
            pattern = re.compile(rf"\"{NAMED[distribution]}\"")
        else:
            module = IMPORTED_AS.get(distribution, distribution.replace("-", "_"))
            pattern = re.compile(rf"^\s*(?:import|from) {module}\b", re.MULTILINE)
        users = {
            path.relative_to(SOURCE).as_posix()
            for path in SOURCE.rglob("*.py")
            if pattern.search(path.read_text("utf-8"))
        }
        places = re.findall(r"`([^`]+)`", where)
        for place in places:
            assert any(user == place or user.startswith(place) for user in users), (distribution, place)
        assert where or not users, (distribution, users)


def test_the_installer_of_the_sandbox_is_the_one_that_is_named() -> None:
    version = INSTALLER.filename.split("-")[1]
    assert f"`installer` {version}" in TEXT
    assert "installer" not in names(PROJECT["project"]["dependencies"])
