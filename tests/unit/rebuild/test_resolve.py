from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.errors import FetchError
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild import resolve
from wheelproof.rebuild.remember import RememberingResolver
from wheelproof.rebuild.resolve import NoWheelError, Question, checked_requirements, split_constraints
from wheelproof.recipe.lock import LockedFile, LockedRequirement

QUESTION = Question(
    requirements=("hatchling", "uv_build>=0.8,<0.9"),
    constraints={},
    python="3.13",
    machine="amd64",
    as_of=datetime(2026, 1, 1, tzinfo=UTC),
)


def package(*names: str, **changes: object) -> dict[str, object]:
    wheels = [
        {"url": f"https://index.example/{name}", "size": 1, "hashes": {"sha256": "a" * 64}} for name in names
    ]
    return {"name": "demo", "version": "1", "wheels": wheels, **changes}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("demo-1-py3-none-any.whl",), "demo-1-py3-none-any.whl"),
        (("demo-1-py3-none-any.whl", "demo-1-cp313-cp313-manylinux_2_17_x86_64.whl"), 1),
        (
            (
                "demo-1-cp312-cp312-manylinux_2_17_x86_64.whl",
                "demo-1-cp39-abi3-manylinux2014_x86_64.whl",
                "demo-1-cp313-cp313-win_amd64.whl",
                "demo-1-cp313-cp313-musllinux_1_2_x86_64.whl",
                "demo-1-cp313-cp313-manylinux_2_17_aarch64.whl",
            ),
            1,
        ),
    ],
)
def test_the_best_wheel_for_the_image_is_locked(names: tuple[str, ...], chosen: str | int) -> None:
    locked = resolve._locked(package(*names), resolve._Supported("3.13", "amd64"))
    assert locked.file.filename == (names[chosen] if isinstance(chosen, int) else chosen)


@pytest.mark.parametrize("names", [(), ("demo-1-cp313-cp313-win_amd64.whl",), ("not a wheel.whl",)])
def test_no_fitting_wheel_is_said_with_the_project(names: tuple[str, ...]) -> None:
    with pytest.raises(NoWheelError) as caught:
        resolve._locked(package(*names), resolve._Supported("3.13", "amd64"))
    assert caught.value.projects == ("demo",)


def test_a_file_without_sha256_is_refused() -> None:
    bare = package(wheels=[{"url": "https://index.example/demo-1-py3-none-any.whl", "hashes": {"md5": "x"}}])
    with pytest.raises(FetchError, match="no sha256"):
        resolve._locked(bare, resolve._Supported("3.13", "amd64"))


def test_a_constraint_that_contradicts_the_sdist_overrides_it() -> None:
    question = replace(QUESTION, constraints={"hatchling": "==1.27.0", "uv-build": "==0.11.8"})
    assert split_constraints(question) == (["hatchling==1.27.0"], ["uv-build==0.11.8"])
    question = replace(QUESTION, constraints={"uv-build": "==0.8.3", "other": ">=2"})
    assert split_constraints(question) == (["other>=2", "uv-build==0.8.3"], [])


def test_requirements_are_checked_before_a_resolver_sees_them() -> None:
    good, bad = checked_requirements(
        [
            "setuptools>=61",
            "tomli; python_version < '3.11'",
            "cython<4 ; python_version >= '3.9'",
            "evil @ https://index.example/evil.tar.gz",
            "--index-url https://index.example",
            "-r /etc/passwd",
            "setuptools>=61",
        ],
        python="3.13",
    )
    assert good == ("setuptools>=61", "cython<4")
    assert bad == (
        "evil @ https://index.example/evil.tar.gz",
        "--index-url https://index.example",
        "-r /etc/passwd",
    )


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_text_gives_the_resolver_a_second_line_or_an_option(texts: list[str]) -> None:
    good, _ = checked_requirements(texts, python="3.13")
    for text in good:
        assert "\n" not in text
        assert "\r" not in text
        assert not text.startswith("-")
        assert "://" not in text


@pytest.mark.parametrize(
    ("stderr", "projects"),
    [
        ("error: None\n  cause: Because all versions of docopt have no usable wheels and", ("docopt",)),
        ("Because only docopt==0.6.2 is available and docopt==0.6.2 has no usable wheels", ("docopt",)),
        ("Because there is no version of nothing==1", ()),
    ],
)  # fmt: skip
def test_a_refusal_names_what_has_no_wheel(stderr: str, projects: tuple[str, ...]) -> None:
    error = resolve._refusal(stderr)
    assert getattr(error, "projects", ()) == projects
    assert error.message.isprintable()


def test_answers_are_remembered_and_failures_are_not(tmp_path: Path) -> None:
    file = LockedFile(
        filename="d-1-py3-none-any.whl", sha256="a" * 64, size_bytes=1, upload_time=QUESTION.as_of
    )
    answer = (LockedRequirement(name="d", version="1", file=file),)
    asked = []

    class Fake:
        def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
            asked.append(question)
            if len(asked) == 1:
                raise FetchError("the index stumbled")
            return answer

    remembering = RememberingResolver(
        resolver=Fake(), cache=Cache(tmp_path), index_url="https://index.example"
    )
    with pytest.raises(FetchError):
        remembering.resolve(QUESTION)
    assert remembering.resolve(QUESTION) == answer
    assert remembering.resolve(QUESTION) == answer
    assert len(asked) == 2
    remembering.resolve(replace(QUESTION, python="3.11"))
    assert len(asked) == 3
