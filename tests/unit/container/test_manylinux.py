import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from typer.testing import CliRunner

from measure_manylinux import Reading, parse_pins, pin_rows, released, render_table
from wheelproof.cli.image import app
from wheelproof.container import manylinux
from wheelproof.container.manylinux import Pin, image_for, known_pins
from wheelproof.container.reference import parse_reference
from wheelproof.core.identity import Digest
from wheelproof.fetch.address import Address
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.wheel.platforms import Policy, parse_platforms, parse_policy

TABLE = json.loads(resources.files("wheelproof.container").joinpath("manylinux.json").read_text("utf-8"))
X86_64 = "manylinux_2_17_x86_64.manylinux2014_x86_64"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The table.


def test_every_release_of_the_table_has_a_time_and_a_digest_and_they_are_in_order() -> None:
    assert set(TABLE) == {"releases", "pins"}
    for row in TABLE["releases"].values():
        assert set(row) == {"uploaded", "wheel"}
        assert row["wheel"].startswith("sha256:")
        Digest.parse(row["wheel"])
        assert datetime.fromisoformat(row["uploaded"]).utcoffset() == timedelta(0)
    for before, after in pairwise(TABLE["releases"]):
        assert Version(before) < Version(after)
        assert TABLE["releases"][before]["uploaded"] < TABLE["releases"][after]["uploaded"]
    assert not any(Version(version).is_prerelease for version in TABLE["releases"])
    assert len({row["wheel"] for row in TABLE["releases"].values()}) == len(TABLE["releases"])


def test_every_row_of_the_table_is_in_form_and_has_its_source() -> None:
    required = {"architecture", "policy", "repository", "tag", "since"}
    for row in TABLE["pins"]:
        assert required <= set(row) <= required | {"digest", "dropped"}
        assert {row["since"], row.get("dropped", row["since"])} <= set(TABLE["releases"])
        assert row.get("digest", "sha256:").startswith("sha256:")
    for pin in known_pins():
        assert parse_policy(pin.policy).family in pin.policy
        assert pin.reference is None or parse_reference(str(pin)) == pin.reference
        assert pin.repository.rpartition("/")[2].startswith(pin.policy)


def test_the_rows_of_the_table_are_sorted_and_none_repeats() -> None:
    keys = [(pin.architecture, pin.policy, pin.since.uploaded) for pin in known_pins()]
    assert keys == sorted(set(keys))
    images = [str(pin) for pin in known_pins()]
    assert len(set(images)) == len(images)


def test_only_the_last_image_of_a_policy_is_dropped_or_a_gap_follows() -> None:
    for _, pins in groupby(known_pins(), key=lambda pin: (pin.architecture, pin.policy)):
        for before, after in pairwise(pins):
            assert before.dropped is None or before.dropped.uploaded < after.since.uploaded
            assert (before.repository, before.tag, before.digest) != (
                after.repository,
                after.tag,
                after.digest,
            )


def test_a_tag_gives_way_to_digests_once_and_for_all() -> None:
    first = min(pin.since.uploaded for pin in known_pins() if pin.digest)
    assert all(bool(pin.digest) == (pin.since.uploaded >= first) for pin in known_pins())


# The choice.


@pytest.mark.parametrize(
    ("tag", "when", "machine", "policy", "since"),
    [
        (X86_64, "2026-11-01", "x86_64", "manylinux2014", "4.3.5"),
        ("manylinux2014_x86_64", "2026-10-22", "x86_64", "manylinux2014", "4.3.3"),
        ("manylinux_2_17_x86_64", "2026-10-22", "x86_64", "manylinux2014", "4.3.3"),
        (f"{X86_64}.manylinux_2_28_x86_64", "2026-11-01", "x86_64", "manylinux_2_28", "4.3.5"),
        (f"{X86_64}.manylinux_2_27_x86_64", "2026-11-01", "x86_64", "manylinux2014", "4.3.5"),
        ("manylinux_2_5_x86_64", "2021-01-01", "x86_64", "manylinux1", "1.7.2"),
        ("musllinux_1_2_aarch64", "2026-09-30", "aarch64", "musllinux_1_2", "4.2.1"),
        ("manylinux1_x86_64.manylinux2014_aarch64", "2026-11-01", "aarch64", "manylinux2014", "4.3.5"),
        ("win32.manylinux2014_x86_64.", "2026-11-01", "x86_64", "manylinux2014", "4.3.5"),
    ],
)
def test_the_newest_pin_for_the_highest_policy_of_the_tags(
    tag: str, when: str, machine: str, policy: str, since: str
) -> None:
    choice = image_for(tag, day(when), machine)
    assert choice.pin is not None
    assert (choice.pin.policy, choice.pin.architecture) == (policy, machine)
    assert choice.pin.since.version == since
    assert f"cibuildwheel {since} pinned it on {choice.pin.since.uploaded.date()}" in choice.reason
    assert choice.reason.endswith("can move") == (choice.pin.digest is None)


def test_a_pin_holds_from_the_second_of_its_upload() -> None:
    newest = [pin for pin in known_pins() if pin.policy == "manylinux_2_28" and pin.architecture == "x86_64"]
    for before, after in pairwise(newest):
        moment = after.since.uploaded
        assert image_for("manylinux_2_28_x86_64", moment, "x86_64").pin == after
        assert image_for("manylinux_2_28_x86_64", moment - timedelta(seconds=1), "x86_64").pin == before


def test_a_policy_that_was_dropped_keeps_its_last_pin_and_says_so() -> None:
    before = image_for("manylinux1_x86_64", day("2025-06-01"), "x86_64")
    after = image_for("manylinux1_x86_64", day("2025-07-01"), "x86_64")
    assert before.pin == after.pin
    assert before.pin is not None
    assert "pins none since" not in before.reason
    assert "cibuildwheel 3.0.0 pins none since 2025-06-11" in after.reason


@pytest.mark.parametrize(
    ("tag", "when", "reason"),
    [
        ("any", "2026-11-01", "any names no manylinux or musllinux policy"),
        ("linux_x86_64", "2026-11-01", "linux_x86_64 names no manylinux"),
        ("macosx_11_0_arm64", "2026-11-01", "names no manylinux"),
        ("manylinux2014_aarch64", "2026-11-01", "manylinux2014_aarch64 is not for x86_64"),
        ("manylinux_2_26_x86_64", "2026-11-01", "no image was pinned for manylinux_2_26 on x86_64"),
        ("manylinux2014_x86_64.musllinux_1_2_x86_64", "2026-11-01", "both manylinux and musllinux"),
        (
            "manylinux_2_28_x86_64",
            "2022-06-17",
            "x86_64 was first pinned on 2022-06-17, and the wheel was uploaded on 2022-06-17",
        ),
        ("manylinux2014_x86_64", "2020-01-01", "was first pinned on 2020-05-02"),
    ],
)
def test_where_there_is_none_the_reason_says_why(tag: str, when: str, reason: str) -> None:
    choice = image_for(tag, day(when), "x86_64")
    assert choice.pin is None
    assert reason in choice.reason


@pytest.mark.parametrize(
    "part",
    [
        "manylinux2015_x86_64",
        "manylinux_2_x86_64",
        "manylinux_02_17_x86_64",
        "manylinux_2_017_x86_64",
        "manylinux_2_99999_x86_64",
        "manylinux_2_\u0661\u0667_x86_64",
        "manylinux_2_17",
        "manylinux_2_17_",
        "Manylinux_2_17_x86_64",
        "manylinux_2_17_x86_64\n",
        " manylinux_2_17_x86_64",
        "manylinux_2_17_x86_64/../x",
    ],
)
def test_what_is_no_platform_tag_is_passed_over(part: str) -> None:
    assert list(parse_platforms(part)) == []
    assert list(parse_platforms(f"{part}.musllinux_1_2_aarch64")) == [
        (Policy("musllinux", 1, 2), "aarch64"),
    ]


def test_a_tag_longer_than_a_file_name_is_not_read() -> None:
    assert list(parse_platforms(".".join(["manylinux2014_x86_64"] * 12)))
    assert not list(parse_platforms(".".join(["manylinux2014_x86_64"] * 13)))


PARTS = st.sampled_from(
    ["manylinux", "musllinux", "1", "2", "_", ".", "2014", "28", "x86_64", "aarch64", "\x1b[2J", "0", "é"]
)


@given(
    tag=st.text(max_size=300) | st.lists(PARTS, max_size=40).map("".join),
    when=st.datetimes(timezones=st.just(UTC)),
    machine=st.sampled_from(["x86_64", "aarch64"]) | st.text(max_size=40),
)
def test_any_tag_gives_an_image_for_what_it_names_or_a_printable_reason(
    tag: str, when: datetime, machine: str
) -> None:
    choice = image_for(tag, when, machine)
    assert choice.reason.isprintable()
    if choice.pin is not None:
        assert choice.pin.since.uploaded <= when
        assert choice.pin.architecture == machine
        assert (parse_policy(choice.pin.policy), machine) in set(parse_platforms(tag))


@given(st.text(max_size=40) | st.lists(PARTS, max_size=8).map("".join))
def test_a_policy_reads_back_or_is_none(name: str) -> None:
    try:
        policy = parse_policy(name)
    except ValueError:
        return
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("manylinux1", Policy("manylinux", 2, 5)),
        ("manylinux2010", Policy("manylinux", 2, 12)),
        ("manylinux2014", Policy("manylinux", 2, 17)),
        ("manylinux_2_28", Policy("manylinux", 2, 28)),
        ("musllinux_1_2", Policy("musllinux", 1, 2)),
    ],
)
def test_the_older_names_are_those_of_pep_600(name: str, policy: Policy) -> None:
    assert parse_policy(name) == policy


# The script that writes the table.

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def reading(version: str, text: str) -> Reading:
    uploaded = f"2026-01-0{version}T00:00:00+00:00"
    return Reading(version=version, uploaded=uploaded, wheel=ONE, pins=parse_pins(text))


def test_both_forms_of_a_pin_are_read_and_those_of_pypy_are_left() -> None:
    text = (
        "[x86_64]\nmanylinux2014 = quay.example/a/b:2020-05-01-b37d76b\n\n"
        f"[aarch64]\nmusllinux_1_2 = quay.example/a/c@{ONE}  # 2026.07.19-1\n\n"
        "[pypy_x86_64]\nmanylinux2010 = other/d:1\n"
    )
    assert parse_pins(text) == {
        ("x86_64", "manylinux2014"): {"repository": "quay.example/a/b", "tag": "2020-05-01-b37d76b"},
        ("aarch64", "musllinux_1_2"): {
            "repository": "quay.example/a/c",
            "digest": ONE,
            "tag": "2026.07.19-1",
        },
    }


@pytest.mark.parametrize(
    "text",
    [
        "manylinux2014 = quay.example/a/b:1",
        "[x86_64]\nmanylinux2014",
        "[x86_64]\nmanylinux2014 = quay.example/a/b",
        "[x86_64]\nmanylinux2014 = quay.example/a/b:1 # x",
        f"[x86_64]\nmanylinux2014 = quay.example/a/b@{ONE}",
        f"[x86_64]\nmanylinux2014 = quay.example/a/b@{ONE[:-1]}  # 1",
        "[x86_64]\nmanylinux2014 = quay.example/a/b:1\n  quay.example/a/b:2",
        "[x86_64]\nmanylinux2014 = a/b:1\nmanylinux2014 = a/b:2",
        "[x86_64]\nubuntu = quay.example/a/b:1",
        "[x86 64]\nmanylinux2014 = quay.example/a/b:1",
    ],
)
def test_what_is_no_pin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_pins(text)


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["[x86_64]", "manylinux2014", "=", "a/b:1", "\n", "%(x)s", "#", " "])).map(
        "".join
    )
)
def test_any_text_gives_pins_or_a_value_error(text: str) -> None:
    try:
        pins = parse_pins(text)
    except ValueError:
        return
    assert all(set(pin) in ({"repository", "tag"}, {"repository", "tag", "digest"}) for pin in pins.values())


def test_releases_in_a_row_that_pin_the_same_are_one_row() -> None:
    first = "[x86_64]\nmanylinux1 = a/b:1\nmanylinux2014 = a/c:1\n"
    second = f"[x86_64]\nmanylinux2014 = a/c@{TWO}  # 2\n"
    readings = [reading("1", first), reading("2", first), reading("3", second), reading("4", first)]
    old = {"architecture": "x86_64", "policy": "manylinux1", "repository": "a/b", "tag": "1"}
    new = {"architecture": "x86_64", "policy": "manylinux2014", "repository": "a/c"}
    assert list(pin_rows(readings)) == [
        {**old, "since": "1", "dropped": "3"},
        {**old, "since": "4"},
        {**new, "tag": "1", "since": "1"},
        {**new, "tag": "2", "digest": TWO, "since": "3"},
        {**new, "tag": "1", "since": "4"},
    ]
    table = json.loads(render_table(readings))
    assert table["pins"] == list(pin_rows(readings))
    assert list(table["releases"]) == ["1", "2", "3", "4"]


def file(version: str, uploaded: str | None, **changed: Any) -> IndexFile:
    given: dict[str, Any] = {
        "filename": f"demo-{version}-py3-none-any.whl",
        "address": Address.parse("https://index.example/demo"),
        "digest": Digest("0" * 64),
        "size_bytes": 1,
        "upload_time": day(uploaded) if uploaded else None,
        "yanked": False,
        "yanked_reason": None,
        "requires_python": None,
        "kind": FileKind.WHEEL,
        "project": "demo",
        "version": Version(version),
    }
    return IndexFile(**(given | changed))


def test_what_counts_is_what_was_the_newest_final_release_when_it_was_uploaded() -> None:
    files = [
        file("2.0", "2026-03-01"),
        file("1.0", "2026-01-01"),
        file("1.1", "2026-04-01"),
        file("2.1rc1", "2026-05-01"),
        file("2.1", "2026-06-01", yanked=True),
        file("2.2", "2026-07-01", kind=FileKind.SDIST),
        file("2.3", None),
        file("2.0.1", "2026-08-01"),
    ]
    assert [str(found.version) for found in released(files)] == ["1.0", "2.0", "2.0.1"]


# The command.


def test_the_command_lists_every_pin_with_what_names_it() -> None:
    shown = CliRunner().invoke(app, ["list", "--manylinux"], catch_exceptions=False)
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert [line.split()[-1] for line in lines] == [str(pin) for pin in known_pins()]
    assert [line.split()[0] for line in lines] == [pin.policy for pin in known_pins()]


def test_the_command_gives_each_pin_with_its_source_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    by_tag, by_digest = _one_of_each()
    monkeypatch.setattr(manylinux, "known_pins", lambda: (by_tag, by_digest))
    shown = CliRunner().invoke(app, ["list", "--manylinux", "--format", "json"], catch_exceptions=False)
    first, second = json.loads(shown.stdout)["images"]
    assert (first["digest"], first["tag"]) == (None, by_tag.tag)
    assert first["dropped"] == "2025-06-11T13:04:19+00:00"
    assert second["digest"] == str(by_digest.digest)
    assert second["cibuildwheel"] == by_digest.since.version
    assert second["cibuildwheel_wheel"] == str(by_digest.since.wheel)
    assert second["since"] == by_digest.since.uploaded.isoformat()


def _one_of_each() -> tuple[Pin, Pin]:
    by_tag = next(pin for pin in known_pins() if pin.dropped and not pin.digest)
    return by_tag, next(pin for pin in known_pins() if pin.digest)
