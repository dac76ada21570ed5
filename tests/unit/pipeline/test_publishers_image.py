"""The publisher's image is used where it can be had; what is near is named, and not taken."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from made_evidence import candidate, evidence, moment
from wheelproof.container.definition import load_definitions
from wheelproof.core.errors import EngineError, NotCheckedError
from wheelproof.infer.candidate import Candidate
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.platform import PlatformEvidence
from wheelproof.pipeline import image as having
from wheelproof.pipeline.image import have_image, nearest_image, wanted_python
from wheelproof.pipeline.publisher import find_publisher
from wheelproof.pipeline.session import Session, Settings
from wheelproof.pipeline.toolchain import other_publisher, toolchain_of, with_toolchain
from wheelproof.recipe.lock import LockedPublisher
from wheelproof.report.document import ToolchainFacts
from wheelproof.source.cibuildwheel import Option

RED_HAT = "GCC 14.2.1 (Red Hat 14.2.1-11)"
PINNED = moment(2026, 8, 1)
BY_TAG = moment(2024, 8, 1)
NAMES = {definition.python: name for name, definition in load_definitions().items() if name.endswith("-cc")}


def platform(tag: str = "manylinux_2_28_x86_64", **changes: Any) -> PlatformEvidence:
    values: dict[str, Any] = {"tag": tag, "files": 1, "interpreters": ("cp313-cp313",)}
    return PlatformEvidence(**(values | {"compilers": (RED_HAT,)} | changes))


def about(found: PlatformEvidence, when: Any = PINNED, python: str = "cp313") -> Evidence:
    return evidence(
        filename=f"demo-1-{python}-{python}-{found.tag}.whl",
        pure=False,
        interpreters=frozenset({python}),
        upload_time=when,
        platform=found,
        publisher=find_publisher(found, when),
    )


def named(image: str) -> Evidence:
    """Of a source that tells cibuildwheel to build in this image."""
    option = Option(
        name="manylinux-x86_64-image", value=image, place="tool.cibuildwheel.manylinux-x86_64-image"
    )
    return replace(about(platform()), cibuildwheel=(option,))


def had(
    monkeypatch: pytest.MonkeyPatch,
    subject: Evidence,
    *,
    python: str = "3.13",
    asked: str | None = None,
    error: Exception | None = None,
) -> Any:
    """What ``have_image`` gives, with an engine that gives any image this Python, or fails."""

    def ensure(_engine: object, name: str, **how: Any) -> Any:
        if error is not None:
            raise error
        return SimpleNamespace(name=name, python=python, wanted=how["wanted"])

    monkeypatch.setattr(having, "ensure_image", ensure)
    session = SimpleNamespace(settings=Settings(), engine=None, say=lambda _phase, _about: None)
    settled: Candidate = candidate(subject)
    if asked is not None:
        recipe = settled.recipe.model_copy(update={"image": asked})
        choices = tuple(
            SimpleNamespace(field=item.field, origin="flag" if item.field == "image" else item.origin)
            for item in settled.choices
        )
        settled = Candidate(recipe=recipe, choices=cast("Any", choices))
    return have_image(cast("Session", session), settled, subject)


class TestPublisher:
    def test_the_tags_and_the_day_name_an_image_by_digest(self) -> None:
        found = find_publisher(platform(), PINNED)
        assert found.image is not None
        assert "manylinux_2_28_x86_64@sha256:" in found.image
        assert "2026-08-01" in found.evidence

    def test_an_older_one_is_known_by_its_tag_alone(self) -> None:
        found = find_publisher(platform(), BY_TAG)
        assert found.image is not None
        assert "@" not in found.image
        assert "a tag" in found.evidence or "tag alone" in found.evidence

    def test_without_a_day_the_newest_is_taken_and_that_is_said(self) -> None:
        found = find_publisher(platform(), None)
        assert "when it was uploaded is not known" in found.evidence

    def test_before_the_first_pin_nothing_is_known(self) -> None:
        found = find_publisher(platform("manylinux1_x86_64"), moment(2016, 5, 1))
        assert found.image is None
        assert "first pinned" in found.evidence

    @pytest.mark.parametrize(
        ("tag", "compiler"),
        [
            ("manylinux_2_28_x86_64", "GCC 13.2.0 (Debian 13.2.0-25)"),
            ("manylinux2014_x86_64", "GCC 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)"),
            ("manylinux_2_17_aarch64", "GCC 13.3.0 (conda-forge gcc 13.3.0-1)"),
            ("musllinux_1_2_x86_64", RED_HAT),
        ],
    )
    def test_a_compiler_that_its_images_lack_speaks_against_it(self, tag: str, compiler: str) -> None:
        found = find_publisher(platform(tag, compilers=(compiler,)), PINNED)
        assert found.image is None
        assert compiler in found.evidence

    @pytest.mark.parametrize(
        ("tag", "compiler"),
        [
            ("manylinux_2_28_x86_64", RED_HAT),
            ("musllinux_1_2_x86_64", "GCC 14.2.0 (Alpine 14.2.0)"),
            ("manylinux_2_28_x86_64", "clang version 18.1.8"),
        ],
    )
    def test_a_compiler_that_can_be_theirs_does_not(self, tag: str, compiler: str) -> None:
        assert find_publisher(platform(tag, compilers=(compiler,)), PINNED).image is not None

    def test_a_compiler_of_an_own_image_names_that_image(self) -> None:
        for definition in load_definitions().values():
            if definition.compiler:
                found = find_publisher(platform("linux_x86_64", compilers=(definition.compiler,)), PINNED)
                assert found.own[definition.python] == definition.name
                assert (found.image, found.evidence) == (None, "")

    def test_the_same_compiler_beside_another_names_none(self) -> None:
        compilers = ("GCC 14.2.0 (Debian 14.2.0-19)", RED_HAT)
        assert not find_publisher(platform(compilers=compilers), PINNED).own


class TestHaving:
    def test_the_publishers_image_is_taken_by_digest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        image = had(monkeypatch, about(platform()))
        assert "manylinux_2_28_x86_64@sha256:" in image.name
        assert image.wanted.path == "/opt/python/cp313-cp313/bin/python"

    def test_one_that_cant_be_pulled_is_not_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NotCheckedError, match="can't be had: no route to the registry") as caught:
            had(monkeypatch, about(platform()), error=EngineError("no route to the registry"))
        assert f"--image {NAMES['3.13']}" in caught.value.hint
        assert "wheelproof check demo-1-cp313-cp313-manylinux_2_28_x86_64.whl" in caught.value.hint

    def test_one_that_is_known_by_its_tag_alone_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NotCheckedError, match="no digest is known, and a tag can move") as caught:
            had(monkeypatch, about(platform(), BY_TAG))
        assert f"--image {NAMES['3.13']}" in caught.value.hint
        assert RED_HAT in caught.value.hint

    def test_one_that_is_not_known_is_told_with_the_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        subject = about(platform("manylinux1_x86_64"), moment(2016, 5, 1))
        with pytest.raises(NotCheckedError, match=r"is not known: .*first pinned"):
            had(monkeypatch, subject)

    def test_one_that_the_source_names_is_taken_where_it_is_one_of_manylinux(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pinned = find_publisher(platform(), PINNED).image
        assert pinned is not None
        own = f"{pinned.partition('@')[0]}@sha256:{'0' * 64}"
        assert had(monkeypatch, named(own)).name == own
        strange = f"10.0.0.1:5000/many/linux@sha256:{'0' * 64}"
        with pytest.raises(NotCheckedError, match=r"10\.0\.0\.1:5000/many/linux") as caught:
            had(monkeypatch, named(strange))
        assert "--image" in caught.value.hint
        assert had(monkeypatch, named(strange), asked=strange).name == strange

    def test_one_that_was_asked_for_and_cant_be_had_is_the_engines_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(EngineError, match="gone"):
            had(monkeypatch, about(platform()), asked=NAMES["3.13"], error=EngineError("gone"))

    def test_the_nearest_is_used_where_it_is_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert had(monkeypatch, about(platform(), BY_TAG), asked=NAMES["3.13"]).name == NAMES["3.13"]

    def test_another_python_would_leave_another_wheel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NotCheckedError, match=r"It is for cp313, and the image \S+ has Python 3\.11"):
            had(monkeypatch, about(platform()), asked=NAMES["3.11"], python="3.11")
        stable = platform(interpreters=(), later_too=True)
        assert had(monkeypatch, about(stable), asked=NAMES["3.11"], python="3.11").name == NAMES["3.11"]

    def test_musl_is_not_built_with_glibc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        subject = about(platform("musllinux_1_2_x86_64", compilers=()), BY_TAG)
        with pytest.raises(NotCheckedError, match="It is for musl") as caught:
            had(monkeypatch, subject, asked=NAMES["3.13"])
        assert "musllinux" in caught.value.hint
        with pytest.raises(NotCheckedError, match="a tag can move") as caught:
            had(monkeypatch, subject)
        assert "No image of wheelproof's own has musl" in caught.value.hint

    def test_python_27_is_offered_its_image(self, monkeypatch: pytest.MonkeyPatch) -> None:
        subject = about(platform("manylinux1_x86_64", interpreters=("cp27-cp27mu",)), BY_TAG, "cp27")
        with pytest.raises(NotCheckedError, match="a tag can move") as caught:
            had(monkeypatch, subject)
        assert f"--image {NAMES['2.7']}" in caught.value.hint

    def test_a_python_that_no_image_has_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        subject = about(platform(interpreters=("cp312-cp312",)), BY_TAG, "cp312")
        with pytest.raises(NotCheckedError) as caught:
            had(monkeypatch, subject, python="3.12")
        assert "has the Python 3.12 that it asks for" in caught.value.hint

    def test_a_pure_wheel_asks_for_no_interpreter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert had(monkeypatch, evidence()).wanted is None


class TestNearest:
    def test_the_tags_python_decides(self) -> None:
        found = nearest_image("3.11", platform(interpreters=("cp311-cp311",)))
        assert found is not None
        assert found.name == NAMES["3.11"]

    def test_for_the_stable_abi_the_closest_compiler_does(self) -> None:
        stable = platform(interpreters=(), later_too=True)
        for compiler, python in ((RED_HAT, "3.13"), ("GCC 10.2.1 (Red Hat 10.2.1-11)", "3.9")):
            found = nearest_image("3.9", platform(interpreters=(), later_too=True, compilers=(compiler,)))
            assert found is not None
            assert found.name == NAMES[python]
        assert nearest_image("3.13", stable) is not None

    def test_there_is_none_for_musl_or_free_threads(self) -> None:
        assert nearest_image("3.13", platform("musllinux_1_2_x86_64")) is None
        assert nearest_image("3.13", platform(interpreters=("cp313-cp313t",))) is None
        assert nearest_image("3.12", platform(interpreters=("cp312-cp312",))) is None

    @pytest.mark.parametrize(
        ("interpreters", "python", "folder"),
        [
            (("cp313-cp313",), "3.13", "cp313-cp313"),
            (("cp313-cp313t",), "3.13", "cp313-cp313t"),
            (("cp27-cp27mu",), "2.7", "cp27-cp27mu"),
            ((), "3.9", "cp39-cp39"),
        ],
    )
    def test_the_interpreter_has_the_folder_of_its_tags(
        self, interpreters: tuple[str, ...], python: str, folder: str
    ) -> None:
        assert wanted_python(platform(interpreters=interpreters), python).folder == folder


class TestToolchain:
    def used(self, name: str, when: Any = PINNED) -> LockedPublisher | None:
        return other_publisher(about(platform(), when), cast("Any", SimpleNamespace(name=name)))

    def test_the_publishers_own_image_is_no_other(self) -> None:
        pinned = find_publisher(platform(), PINNED).image
        assert pinned is not None
        assert self.used(pinned) is None
        tagged = find_publisher(platform(), BY_TAG).image
        assert tagged is not None
        by_digest = f"{tagged.rpartition(':')[0]}@sha256:{'0' * 64}"
        assert self.used(by_digest, BY_TAG) is None

    def test_another_image_is_told_with_the_evidence(self) -> None:
        found = self.used(NAMES["3.13"])
        assert found is not None
        assert (found.image, found.evidence) == (
            find_publisher(platform(), PINNED).image,
            find_publisher(platform(), PINNED).evidence,
        )

    def test_an_image_that_the_source_names_is_no_other(self) -> None:
        name = f"registry.example/many@sha256:{'0' * 64}"
        option = Option(name="manylinux-x86_64-image", value=name.replace("@", ":1@"), place="x")
        subject = replace(about(platform()), cibuildwheel=(option,))
        assert other_publisher(subject, cast("Any", SimpleNamespace(name=name))) is None
        for other in (NAMES["3.13"], name.replace("0", "1")):
            assert other_publisher(subject, cast("Any", SimpleNamespace(name=other))) is not None

    def test_no_lock_and_no_difference_say_nothing(self) -> None:
        assert toolchain_of(None, None, built=False) is None
        assert with_toolchain("It is the same", None) == "It is the same"

    def test_the_reason_names_the_compilers_or_the_image(self) -> None:
        compilers = ToolchainFacts(image="x", compilers=("A published, B rebuilt", "C published, D rebuilt"))
        said = with_toolchain("2 members differ", compilers)
        assert said == (
            "2 members differ; the toolchain was not the publisher's: A published, B rebuilt, and 1 more"
        )
        image = with_toolchain("It ended", ToolchainFacts(image="registry.example/x:1"))
        assert image.endswith("not the publisher's, most likely that of registry.example/x:1")
        neither = with_toolchain("It ended", ToolchainFacts(evidence="no image was pinned"))
        assert neither == "It ended; which toolchain was the publisher's is not known"
