import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.batch.targets import TargetList, load_targets, parse_targets
from wheelproof.core.errors import UsageError
from wheelproof.core.untrusted import printable

PIN, OTHER = "a" * 64, "b" * 64
PYLOCK = f"""\
lock-version = "1.0"
created-by = "demo"

[[packages]]
name = "six"
version = "1.16.0"
[[packages.wheels]]
name = "six-1.16.0-py2.py3-none-any.whl"
url = "https://index.example/six-1.16.0-py2.py3-none-any.whl"
hashes = {{sha256 = "{PIN}"}}

[[packages]]
name = "demo"
version = "1.0"
[packages.sdist]
name = "demo-1.0.tar.gz"
url = "https://index.example/demo-1.0.tar.gz"
hashes = {{sha256 = "{OTHER}"}}

[[packages]]
name = "here"
[packages.directory]
path = "."
"""


def parse(text: str) -> TargetList:
    return parse_targets(text, place="list.txt")


def asked(text: str) -> list[str]:
    return [str(entry.target) for entry in parse(text).entries]


def skipped(text: str) -> list[tuple[str, str]]:
    return [(item.text, item.reason) for item in parse(text).skipped]


def test_a_target_a_line_with_comments_and_blank_ones() -> None:
    text = "# mine\n\nsix==1.16.0\n  Requests == 2.31.0  # pinned\nsix-1.16.0-py2.py3-none-any.whl\n"
    assert asked(text) == ["six==1.16.0", "requests==2.31.0", "six-1.16.0-py2.py3-none-any.whl"]


def test_a_target_that_stands_twice_is_checked_once() -> None:
    assert asked("six==1.16.0\nSIX==1.16\n") == ["six==1.16.0"] == asked("six==1.16.0\n")


def test_requirements_keep_their_hashes_and_lose_their_markers() -> None:
    text = (
        "--index-url=https://me:secret@index.example/simple\n"
        "requests[socks]==2.31.0 ; python_version >= '3.8' \\\n"
        f"    --hash=sha256:{PIN} \\\n"
        f"    --hash=sha256:{OTHER}\n"
        "    # via demo\n"
        "urllib3>=1,<3\n"
        "idna==3.*\n"
        "demo @ https://me:secret@index.example/demo.zip\n"
        "-e .\n"
    )
    (entry,) = parse(text).entries
    assert (str(entry.target), set(entry.sha256)) == ("requests==2.31.0", {PIN, OTHER})
    assert entry.place == "list.txt:2"
    assert skipped(text) == [
        ("--index-url", "It is an option, not a target"),
        ("urllib3>=1,<3", "It is not pinned to one version"),
        ("idna==3.*", "It is not pinned to one version"),
        ("demo", "It is named by its address, not by its release"),
        ("-e", "It is an option, not a target"),
    ]


def test_a_lock_pins_the_wheels_of_a_release() -> None:
    found = parse(PYLOCK)
    assert [(str(entry.target), set(entry.sha256)) for entry in found.entries] == [("six==1.16.0", {PIN})]
    assert [(item.text, item.reason) for item in found.skipped] == [
        ("demo", "The lock has no wheel of it"),
        ("here", "The lock has no version of it"),
    ]


def test_json_of_packages_and_of_targets() -> None:
    packages = {
        "Packages": [
            {"Name": "six", "Versions": ["1.16.0"], "Artifacts": ["six-1.16.0-py2.py3-none-any.whl"]},
            {"Name": "idna", "Versions": ["3.4", "3.3"]},
        ]
    }
    assert asked(json.dumps(packages)) == ["six-1.16.0-py2.py3-none-any.whl", "idna==3.4", "idna==3.3"]
    assert asked('["six==1.16.0"]') == ["six==1.16.0"]
    assert asked('["six-1.16.0-py2.py3-none-any.whl"]') == ["six-1.16.0-py2.py3-none-any.whl"]


def test_what_is_of_another_ecosystem_is_said() -> None:
    packages = [
        {"Name": "left-pad", "Ecosystem": "npm", "Versions": ["1.3.0"]},
        {"Name": "six", "Ecosystem": "pypi", "Versions": ["1.16.0"]},
    ]
    text = json.dumps({"Packages": packages})
    assert asked(text) == ["six==1.16.0"]
    assert skipped(text) == [("left-pad", "It is of the ecosystem npm")]


def test_hashes_that_are_not_sha256_pin_nothing_and_that_is_said() -> None:
    assert skipped(f"six==1.16.0 --hash=sha512:{PIN}{PIN}\n") == [
        ("six==1.16.0", "None of its hashes is a sha256")
    ]
    weak = PYLOCK.replace(f'sha256 = "{PIN}"', f'md5 = "{PIN[:32]}"')
    assert ("six", "None of its hashes is a sha256") in skipped(weak)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names nothing to check"),
        ("# only this\n", "names nothing to check"),
        (
            "six 1.16.0\nsix==1.16.0\nno/such.whl\n",
            "line 1: 'six 1.16.0' is not a target; line 3: no/such.whl is",
        ),
        ("{", "is not JSON"),
        ('{"Packages": 1}', "neither a list nor an object with Packages"),
        ('{"Packages": [1]}', r".Packages[0] is no object"),
        ('{"Packages": [{"Artifacts": [1]}]}', ".Packages[0].Artifacts[0]: it is int, not a text"),
        (
            '{"Packages": [{"Artifacts": "six"}]}',
            ".Packages[0] has neither Artifacts nor Versions, as a list",
        ),
        ('{"Packages": [{"Name": "six"}]}', ".Packages[0] has neither Artifacts nor Versions, as a list"),
        ('{"Packages": [{"Name": "six", "Versions": 5}]}', "nor Versions, as a list"),
        ('{"Packages": [{"Versions": ["1"]}]}', ".Packages[0] has no Name"),
        (
            '{"Packages": [{"Name": "a", "Versions": ["1", "x"]}, {"Name": "-", "Versions": ["1"]}]}',
            ".Packages[0].Versions[1]: 'x' is not a version (PEP 440); .Packages[1].Versions[0]: '-==1' is",
        ),
        ('["six"]', "[0]: 'six' is not a target"),
        (r'["six-1.16.0-1\u001b[2J-py3-none-any.whl"]', r"[0]: six-1.16.0-1\x1b[2J-py3-none-any.whl is not"),
        (r'["six-1.16.0-1\ud800-py3-none-any.whl"]', r"[0]: six-1.16.0-1\ud800-py3-none-any.whl is not"),
        ("[" * 100_000, "is not JSON"),
        ('lock-version = "1.0"\n', "is not a pylock.toml"),
        ("lock-version = \n", "is not a pylock.toml"),
    ],
)
def test_a_list_that_is_none_says_where(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    assert message in error.value.message


def test_a_list_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\ufeffsix==1.16.0\n", "utf-8")
    assert [str(entry.target) for entry in load_targets(path).entries] == ["six==1.16.0"]
    path.write_bytes(b"\xff\xfe")
    for broken in (path, tmp_path / "none.txt", tmp_path):
        with pytest.raises(UsageError, match="can't be read"):
            load_targets(broken)


def test_a_list_that_does_not_end_is_refused() -> None:
    with pytest.raises(UsageError, match="larger than any list"):
        load_targets(Path("/dev/zero"))


# Names that a list gives a meaning to, and values that fit some of them.
KEYS = st.sampled_from(
    ["Packages", "Name", "Versions", "Artifacts", "Ecosystem", "packages", "wheels", "hashes"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["six", "1.0", PIN])
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
LOCKED = st.dictionaries(
    st.sampled_from(["name", "version", "wheels", "hashes", "sdist", "url", "sha256", "marker"]),
    st.sampled_from(["six", "1.0", "demo-1.0-py3-none-any.whl", PIN])
    | st.just({"sha256": PIN})
    | st.just([{"name": "six-1.0-py3-none-any.whl", "path": "x", "hashes": {"sha256": PIN}}]),
)


def parsed_or_refused(text: str) -> TargetList | str:
    try:
        return parse(text)
    except UsageError as error:
        return error.message


def lock_text(packages: list[Any]) -> str:
    return tomli_w.dumps({"lock-version": "1.0", "created-by": "x", "packages": packages})


@given(
    st.text()
    | st.text("abc=.#-\\[]{}\"' \n1", max_size=60)
    | DOCUMENTS.map(json.dumps)
    | st.lists(DOCUMENTS, max_size=3).map(lambda packages: json.dumps({"Packages": packages}))
    | st.lists(LOCKED, max_size=3).map(lock_text)
)
def test_any_text_is_a_list_or_refused(text: str) -> None:
    found = parsed_or_refused(text)
    if isinstance(found, str):
        assert printable(found, limit=len(found)) == found
    else:
        assert found.entries or found.skipped
        assert all(item.reason for item in found.skipped)
