import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made_evidence import wheel
from wheel_builder import DIST_INFO, FILENAME, complete, put, zipped
from wheelproof.core.errors import MalformedError
from wheelproof.infer.evidence import gather_evidence
from wheelproof.infer.marks import LICENCE_PATTERNS, RELATIVE, Marks, flatten, read_marks
from wheelproof.wheel.facts import read_wheel

HEAD = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
VALUE_LIMIT = 1000


def marks(
    folder: Path,
    metadata: str = "",
    files: dict[str, str] | None = None,
    root_files: frozenset[str] | None = None,
) -> Marks:
    """The marks of a wheel with these lines in METADATA and these files in its ``.dist-info``."""
    inside = {f"{DIST_INFO}/{name}": text for name, text in (files or {}).items()}
    return read_marks(wheel(folder, {f"{DIST_INFO}/METADATA": HEAD + metadata, **inside}), root_files)


@pytest.mark.parametrize(
    ("metadata", "mark", "value"),
    [
        ("", "metadata-version", "2.1"),
        ("", "unset:Summary", "left-out"),
        ("Summary: UNKNOWN\n", "unset:Summary", "UNKNOWN"),
        ("Summary: a demo\n", "unset:Summary", None),
        ("", "unset:description", "left-out"),
        ("\nUNKNOWN\n", "unset:description", "UNKNOWN"),
        ("\nText\n", "unset:description", None),
        ("License: MIT\nSummary: a\n", "order", "Metadata-Version Name Version License Summary"),
        ("Provides-Extra: a\nProvides-Extra: b\n", "extras", "together"),
        (
            "Provides-Extra: a\nRequires-Dist: x; extra == 'a'\nProvides-Extra: b\n",
            "extras",
            "with-their-requirements",
        ),
        ("Provides-Extra: a\n", "extras", None),
        ("Provides-Extra: b\nProvides-Extra: a\n", "order-of-extras", "as-given"),
        ("Provides-Extra: a\nProvides-Extra: b\n", "order-of-extras", "sorted"),
        ("Provides-Extra: a\n", "order-of-extras", None),
        ("Requires-Dist: b\nRequires-Dist: a\n", "order-of-requirements", "as-given"),
        ("Requires-Dist: b\nRequires-Dist: a ; extra == 'x'\n", "order-of-requirements", None),
        (
            "Requires-Dist: b; extra == 'x'\nRequires-Dist: a; extra == 'x'\n",
            "order-in-extras",
            "as-given",
        ),
        ("Requires-Dist: b; extra == 'x'\nRequires-Dist: a; extra == 'y'\n", "order-in-extras", None),
        ("Requires-Dist: a; extra == 'x'\nRequires-Dist: B; extra == 'x'\n", "order-in-extras", "sorted"),
        ("Classifier: b\nClassifier: a\n", "order-of-classifiers", "as-given"),
        ("Project-URL: b, c\nProject-URL: a, c\n", "order-of-urls", "as-given"),
        ("\n\n\nText\n\n", "description-start", "2"),
        ("\n\n\nText\n\n", "description-end", "2"),
        ("\nText", "description-end", "0"),
        ("Dynamic: License\n", "field:Dynamic", "written"),
        ("", "field:Dynamic", None),
        ("Requires-Dist: a; python_version < '3'\n", "marker", "at-once"),
        ("Requires-Dist: a ; python_version < '3'\n", "marker", "after-a-space"),
        ("Requires-Dist: a\n", "marker", None),
        ("Requires-Dist: a; extra == 'x'\n", "quotes-of-extra", "single"),
        ('Requires-Dist: a; extra == "x"\n', "quotes-of-extra", "double"),
        ("Requires-Dist: a (>=1)\n", "specifier", "in-parentheses"),
        ("Requires-Dist: a >=1\n", "specifier", "after-a-space"),
        ("Requires-Dist: a[x]>=1\n", "specifier", "at-once"),
        ("Requires-Dist: a @ file:///a\n", "specifier", None),
        ("Requires-Dist: a>=1,<2\n", "order-of-specifiers", "as-given"),
        ("Requires-Dist: a<2,>=1\n", "order-of-specifiers", "sorted"),
        ("Requires-Dist: a<2,>=1\nRequires-Dist: b>=1,<2\n", "order-of-specifiers", "as-given"),
        ("Requires-Dist: a<2\n", "order-of-specifiers", None),
        ("Requires-Python: >=3, <4\n", "requires-python", "as-given"),
        ("Requires-Python: <4,>=3\n", "requires-python", "sorted"),
    ],
)
def test_metadata_shows_how_it_was_written(
    tmp_path: Path, metadata: str, mark: str, value: str | None
) -> None:
    assert marks(tmp_path, metadata).get(mark) == value


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("[a]\nx = demo\n", "entry-points-end", "1"),
        ("[a]\nx = demo", "entry-points-end", "0"),
        ("[a]\nx = demo\n", "entry-point", "spaced"),
        ("[a]\nx=demo\n", "entry-point", "plain"),
        ("[b]\nx=demo\n\n[a]\nx=demo\n", "order-of-groups", "as-given"),
        ("[a]\nx=demo\n\n[b]\nx=demo\n", "order-of-groups", "sorted"),
        ("[a]\nx=demo\n", "order-of-groups", None),
        ("[a]\ny=demo\nx=demo\n", "order-of-entry-points", "as-given"),
        ("[a]\nx=demo\ny=demo\n", "order-of-entry-points", "sorted"),
        ("[a]\nx=demo\n", "order-of-entry-points", None),
        ("", "entry-points-end", None),
    ],
)
def test_entry_points_show_how_they_were_written(
    tmp_path: Path, text: str, mark: str, value: str | None
) -> None:
    assert marks(tmp_path, files={"entry_points.txt": text}).get(mark) == value


@pytest.mark.parametrize(
    ("files", "root_files", "mark", "value"),
    [
        ({"LICENSE": "a"}, None, "licence:LICENSE", "taken"),
        ({"LICENSE.txt": "a"}, None, "licence-folder", "dist-info"),
        ({"licenses/LICENSE": "a"}, None, "licence-folder", "licenses"),
        ({"other/LICENSE": "a"}, None, "licence:LICENSE", None),
        ({}, None, "licence:AUTHORS", None),
        ({}, frozenset({"setup.py"}), "licence:AUTHORS", None),
        ({}, frozenset({"AUTHORS.rst"}), "licence:AUTHORS", "left"),
        ({"AUTHORS.rst": "a"}, frozenset({"AUTHORS.rst"}), "licence:AUTHORS", "taken"),
        ({"LICENSE": "a"}, None, "field:License-File", "left-out"),
        ({}, None, "field:License-File", None),
        ({"top_level.txt": "demo\n"}, None, "file:top_level.txt", "written"),
        ({}, None, "file:top_level.txt", "left-out"),
    ],
)
def test_files_show_which_a_tool_takes_along(
    tmp_path: Path, files: dict[str, str], root_files: frozenset[str] | None, mark: str, value: str | None
) -> None:
    assert marks(tmp_path, files=files, root_files=root_files).get(mark) == value


def test_a_licence_field_needs_a_licence_to_say_something(tmp_path: Path) -> None:
    found = marks(tmp_path, "License-File: LICENSE\n", {"LICENSE": "a"})
    assert found["field:License-File"] == "written"
    assert set(LICENCE_PATTERNS) > {"LICENSE"}


def test_names_show_how_a_tool_spells_them(tmp_path: Path) -> None:
    for folder, metadata, expected in (
        ("Demo.Kit", "Demo.Kit", {"capitals": "kept", "dots": "kept"}),
        ("demo_kit", "Demo.Kit", {"capitals": "lowered", "dots": "replaced"}),
        ("demo_kit", "demo-kit", {}),
    ):
        dist_info = f"{folder}-1.0.dist-info"
        files = {
            f"{dist_info}/METADATA": f"Metadata-Version: 2.1\nName: {metadata}\nVersion: 1.0\n".encode(),
            f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\n",
            f"{dist_info}/RECORD": b"",
        }
        filename = "demo_kit-1.0-py3-none-any.whl"
        found = read_marks(read_wheel(put(tmp_path / folder / metadata, zipped(files), filename)))
        assert {name: found[name] for name in ("capitals", "dots") if name in found} == expected


def test_record_shows_where_it_lists_itself_and_modes_show(tmp_path: Path) -> None:
    files = complete()
    found = read_marks(read_wheel(put(tmp_path, zipped(files, mode=0o100600))))
    assert found["own-row"] == "last"
    assert {found[f"mode:{name}"] for name in ("METADATA", "WHEEL", "RECORD")} == {"0100600"}
    record = f"{DIST_INFO}/RECORD"
    rows = files[record].splitlines(keepends=True)
    files[record] = b"".join([rows[-1], *rows[:-1]])
    assert read_marks(read_wheel(put(tmp_path, zipped(files))))["own-row"] == "sorted-in"


def test_line_endings_are_no_mark(tmp_path: Path) -> None:
    text = "Summary: a\nRequires-Dist: b\n\nText\n"
    both = [
        marks(tmp_path / str(len(end)), files={"METADATA": (HEAD + text).replace("\n", end)})
        for end in ("\n", "\r\n")
    ]
    assert both[0] == both[1]


def test_a_field_over_several_lines_is_one(tmp_path: Path) -> None:
    found = marks(tmp_path, "License: MIT\n        of 2020\n        Summary: no field\nSummary: a\n")
    assert found["order"] == "Metadata-Version Name Version License Summary"


def test_the_order_of_fields_is_taken_apart_by_pairs() -> None:
    flat = flatten({"order": "Name Version Author", "extras": "together"})
    assert flat == {
        "extras": "together",
        "order:Name,Version": "Name",
        "order:Author,Name": "Name",
        "order:Author,Version": "Version",
    }
    assert flatten({"order": "Author"}) == {}
    assert flatten({}) == {}


@given(st.permutations(["Name", "Version", "Author", "License"]), st.data())
def test_wheels_of_one_order_agree_on_every_pair(order: list[str], data: st.DataObject) -> None:
    fewer = [name for name in order if data.draw(st.booleans())]
    whole, part = flatten({"order": " ".join(order)}), flatten({"order": " ".join(fewer)})
    assert part.items() <= whole.items()
    assert len(part) == len(fewer) * (len(fewer) - 1) // 2


def test_a_record_of_a_wheel_with_many_members_is_read(tmp_path: Path) -> None:
    files = complete()
    rows = "".join(f"demo/{number:0200}.py,,\n" for number in range(11_000))
    files[f"{DIST_INFO}/RECORD"] = rows.encode() + files[f"{DIST_INFO}/RECORD"]
    assert len(files[f"{DIST_INFO}/RECORD"]) > 2 << 20
    assert read_marks(read_wheel(put(tmp_path, zipped(files))))["own-row"] == "last"


def test_many_fields_that_no_tool_writes_are_not_compared_with_each_other(tmp_path: Path) -> None:
    metadata = "".join(f"X{number}: a\n" for number in range(400))
    subject = gather_evidence(wheel(tmp_path, {f"{DIST_INFO}/METADATA": HEAD + metadata}), upload_time=None)
    assert len(subject.marks) < 5000


LINES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["Metadata-Version", "Name", "Requires-Dist", "Provides-Extra", "License-File", " ", "[a]", "x"]
        ),
        st.sampled_from([": ", ":", " = ", "=", ",", ""]),
        st.text(max_size=20),
    ),
    max_size=8,
).map("\n".join)
TEXTS = LINES | st.text(max_size=60) | st.just("Metadata-Version: " + "9" * 2000)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(metadata=TEXTS, record=TEXTS, entry_points=TEXTS, root_files=st.none() | st.frozensets(st.text()))
def test_any_text_gives_bounded_marks(
    tmp_path: Path, metadata: str, record: str, entry_points: str, root_files: frozenset[str] | None
) -> None:
    files = {
        f"{DIST_INFO}/METADATA": metadata.encode("utf-8", "replace"),
        f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\n",
        f"{DIST_INFO}/entry_points.txt": entry_points.encode("utf-8", "replace"),
        f"{DIST_INFO}/RECORD": record.encode("utf-8", "replace"),
    }
    try:
        subject = read_wheel(put(tmp_path, zipped(files), FILENAME))
        found = read_marks(subject, root_files)
    except MalformedError:
        return
    for name, value in {**found, **flatten(found)}.items():
        assert re.fullmatch(r"[A-Za-z0-9:,._-]+", name)
        assert value.isprintable()
        assert len(value) <= VALUE_LIMIT
    for name in RELATIVE:
        assert int(found[name]) >= 0
    gather_evidence(subject, upload_time=None)


@settings(max_examples=50)
@given(st.binary(max_size=80))
def test_any_bytes_of_metadata_give_marks_or_malformed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    files = complete() | {f"{DIST_INFO}/METADATA": data}
    path = put(tmp_path_factory.getbasetemp() / "any", zipped(files))
    try:
        read_marks(read_wheel(path))
    except MalformedError:
        return
