import tomllib

from doc_pages import ROOT, blocks, named, page, rows, section

TEXT = page("docs/architecture.md")
ROOMS = {path.parent.name for path in (ROOT / "src" / "wheelproof").glob("*/__init__.py")}


def test_every_room_is_described_once() -> None:
    found = named(section(TEXT, "The way of a wheel"))
    assert sorted(found) == sorted(ROOMS)


def test_the_layers_are_those_of_the_contract() -> None:
    project = tomllib.loads(page("pyproject.toml"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    (shown,) = blocks(TEXT, "text")
    assert shown.splitlines() == layers
    assert {room for layer in layers for room in layer.split(" | ")} == ROOMS


def test_what_judging_may_not_import_is_named() -> None:
    project = tomllib.loads(page("pyproject.toml"))
    (contract,) = [
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Judging knows nothing of doing"
    ]
    (rule,) = [part for part in TEXT.split("\n- ") if part.startswith("**Judging")]
    for module in (*contract["source_modules"], *contract["forbidden_modules"]):
        assert f"`{module.removeprefix('wheelproof.')}`" in rule


def test_the_places_where_something_is_added_are_there() -> None:
    for _, where, _ in rows(section(TEXT, "Where to add what")):
        place = where.split("`")[1]
        if "*" in place:
            assert list(ROOT.glob(place))
        else:
            assert (ROOT / place).exists() or (ROOT / "src" / "wheelproof" / place).exists(), place
