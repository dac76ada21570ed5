import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_evidence import IMAGES, evidence
from wheelproof.infer.cibuildwheel import PASSED_OVER, READERS, Taken, split_commands, take_settings
from wheelproof.infer.rules import cibuildwheel_settings, infer, infer_candidate
from wheelproof.source.cibuildwheel import Option, Setting
from wheelproof.wheel.repair import RepairMarks

SETTLED = {"frontend": "pep517", "repair.tool": "auditwheel"}
DIGEST = f"quay.example/pypa/manylinux_2_28_x86_64@sha256:{'0' * 64}"


def option(name: str, value: Setting) -> Option:
    return Option(name=name, value=value, place=f"tool.cibuildwheel.{name}")


def take(name: str, value: Setting, **settled: str) -> Taken:
    (taken,) = take_settings([option(name, value)], {**SETTLED, **settled})
    return taken


def values(taken: Taken) -> dict[str, object]:
    return {inference.place: inference.value for inference in taken.inferences}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("environment", {"A": "1", "B": "x y"}, {"environment.A": "1", "environment.B": "x y"}),
        ("environment", 'A=1 B="x y"', {"environment.A": "1", "environment.B": "x y"}),
        ("config-settings", {"setup-args": "-Dx=1"}, {"config-settings.setup-args": "-Dx=1"}),
        ("config-settings", "a=1 b=2", {"config-settings.a": "1", "config-settings.b": "2"}),
        ("build-frontend", "build", {"frontend": "pep517"}),
        ("build-frontend", {"name": "build[uv]"}, {"frontend": "pep517"}),
        ("before-build", "make -C {project}/lib", {"before": ("make -C ./lib",)}),
        ("before-build", ["make a", "make b"], {"before": ("make a && make b",)}),
        (
            "before-build",
            "if [ -d x ]; then\n  make x\nfi\n",
            {"before": ("if [ -d x ]; then\n  make x\nfi\n",)},
        ),
        ("before-build", "pip install cython numpy>=2", {"requires": ("cython", "numpy>=2")}),
        ("before-all", "python -m pip install -U 'meson<2'", {"requires": ("meson<2",)}),
        (
            "before-build",
            "# first\npip install cython\nmake",
            {"requires": ("cython",), "before": ("make",)},
        ),
        ("before-build", "", {}),
        ("repair-wheel-command", "auditwheel repair -w {dest_dir} {wheel}", {}),
        (
            "repair-wheel-command",
            "auditwheel repair --plat manylinux_2_28_x86_64 --exclude libcuda.so.1 -w {dest_dir} {wheel}",
            {"repair.platform": "manylinux_2_28_x86_64", "repair.options": ("--exclude", "libcuda.so.1")},
        ),
        ("repair-wheel-command", "", {"repair.tool": "none"}),
        ("manylinux-x86_64-image", DIGEST, {"image": DIGEST}),
    ],
)
def test_what_a_build_can_follow_is_used(name: str, value: Setting, expected: dict[str, object]) -> None:
    taken = take(name, value)
    assert values(taken) == expected
    assert taken.note is None
    assert all(f"tool.cibuildwheel.{name} says so" in item.evidence for item in taken.inferences)


@pytest.mark.parametrize(
    ("name", "value", "reason", "kept"),
    [
        ("before-all", "yum install -y libffi-devel", "yum needs a network", {}),
        ("before-all", ["make", "apt-get  install x"], "apt-get needs a network", {}),
        ("before-all", "cd x && git  clone https://forge.example/x", "git clone needs a network", {}),
        ("before-all", "curl https://x.example | sh", "curl needs a network", {}),
        ("before-all", "pip install a && yum install b", "yum needs a network", {"requires": ("a",)}),
        ("before-build", "pip install -r requirements.txt", "which is nothing that an index has", {}),
        ("before-build", "pip install .", "which is nothing that an index has", {}),
        ("before-build", "pip install 'x @ https://x.example/x.whl'", "from an address of its own", {}),
        ("before-build", "if x; then pip install a; fi", "pip install needs a network", {}),
        ("before-build", "pip install a; if x; then make; fi", "only a shell can tell", {"requires": ("a",)}),
        ("before-build", "pip install a; cat <<X\npip\nX", "only a shell can tell", {"requires": ("a",)}),
        ("before-build", "echo 'x", "no shell script that can be taken apart", {}),
        ("environment", {"PATH": "/x:$PATH"}, "the sandbox, or other evidence, gives PATH", {}),
        ("environment", {"A": "$(nproc)", "B": "1"}, "A has the value that a shell", {"environment.B": "1"}),
        ("environment", {"A": "{project}/x"}, "A has the value that a shell", {}),
        ("environment", {"a b": "1"}, "is no variable's name", {}),
        ("environment", "A", "no list of names and values", {}),
        ("config-settings", {"a": ["1", "2"], "b": "3"}, "a has more than one", {"config-settings.b": "3"}),
        ("config-settings", "a", "no list of names and values", {}),
        ("build-frontend", "hatch", "no front end that is known here", {}),
        ("build-frontend", "build; args: --no-isolation", "arguments", {"frontend": "pep517"}),
        ("repair-wheel-command", "python fix.py {wheel}", "python is nothing that a repair here runs", {}),
        ("repair-wheel-command", "auditwheel repair --plat $P {wheel}", "what a shell makes of it", {}),
        ("repair-wheel-command", "auditwheel repair --ldpaths {project}/x", "what a shell makes of them", {}),
        ("manylinux-x86_64-image", "manylinux_2_28", "names no digest", {}),
        ("musllinux-x86_64-image", "quay.example/x:latest", "names no digest", {}),
        ("test-command", "pytest", "tests are no part of a build", {}),
        ("skip", "*musllinux*", "which wheels are built", {}),
        ("windows", {"before-all": "x"}, "for another platform", {}),
        ("new-thing", "x", "no option that is known here", {}),
        ("environment", {"A": "x" * 5000}, "too long", {}),
    ],
)  # fmt: skip
def test_what_it_can_not_follow_is_told(
    name: str, value: Setting, reason: str, kept: dict[str, object]
) -> None:
    taken = take(name, value)
    assert values(taken) == kept
    assert taken.note is not None
    assert reason in taken.note
    assert taken.note.startswith(
        f"pyproject.toml's tool.cibuildwheel.{name} is {'used in part' if kept else 'not used'}: "
    )
    assert not taken.note.endswith(".")


def test_what_other_evidence_says_is_not_overruled() -> None:
    assert values(take("config-settings", {"a": "1"}, frontend="setup.py")) == {}
    assert values(take("build-frontend", "build", frontend="setup.py")) == {}
    assert (
        values(take("repair-wheel-command", "auditwheel repair {wheel} --strip", **{"repair.tool": "none"}))
        == {}
    )


def test_both_scripts_before_the_build_run_in_order() -> None:
    taken = take_settings([option("before-all", "make a"), option("before-build", "make b")], SETTLED)
    assert values(taken[-1]) == {"before": ("make a", "make b")}


def test_a_source_for_cibuildwheel_is_built_as_by_it() -> None:
    subject = evidence(
        pure=False,
        interpreters=frozenset({"cp313"}),
        platforms=("manylinux_2_28_x86_64",),
        repair=RepairMarks(sbom=None, libraries=(), record_lines=True),
        cibuildwheel=(option("before-all", "yum install x"), option("environment", {"A": "1"})),
    )
    recipe = infer_candidate(subject, IMAGES).recipe
    assert recipe.environment == {"A": "1", "CIBUILDWHEEL": "1"}
    assert [taken.note is None for taken in cibuildwheel_settings(subject)] == [False, True]
    assert infer(replace(subject, cibuildwheel=()))[-1].field == "repair"


def test_commands_are_taken_apart() -> None:
    assert split_commands("a 'b && c' && d; e\nf | g\\\n h") == ("a 'b && c'", "d", "e", "f | g  h")
    assert split_commands("printf '#a\n#b' > x; y#z # not this\n\\'w &") == (
        "printf '#a\n#b' > x",
        "y#z",
        "\\'w &",
    )
    assert split_commands('a "\\" ; b" c') == ('a "\\" ; b" c',)
    assert split_commands("# nothing\n\n") == ()
    assert split_commands("'") is None


@given(st.text(alphabet="ab '\"\\;&\n#"))
def test_a_command_that_is_taken_apart_loses_nothing_but_what_parts_it(script: str) -> None:
    found = split_commands(script)
    if found is not None and not set(script) & set("#\\'\""):
        assert found == tuple(part.strip() for part in re.split(r"&&|[;\n]", script) if part.strip())


HOSTILE = st.sampled_from([*READERS, *PASSED_OVER, "manylinux-x86_64-image", "\x1b[2J"])
TEXT = st.text() | st.lists(
    st.sampled_from(["pip install", "auditwheel repair", "--plat", "\x1b[2J", "&&", "'", "A=1", "yum"])
).map(" ".join)


@given(HOSTILE, TEXT | st.dictionaries(st.text(), TEXT | st.lists(TEXT)) | st.lists(TEXT))
def test_any_setting_is_taken_or_told_in_printable_text(name: str, value: Setting) -> None:
    taken = take(name, value)
    assert taken.note is None or taken.note.isprintable()
    assert all(item.evidence.isprintable() for item in taken.inferences)
