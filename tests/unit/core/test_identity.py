import contextlib
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest, LocalTarget, ReleaseTarget, parse_target

A = "a" * 64
hexes = st.text("0123456789abcdef", min_size=64, max_size=64)


class TestDigests:
    @given(st.binary(max_size=200))
    def test_one_value_however_it_is_read(self, data: bytes) -> None:
        digest = Digest.of_bytes(data)
        assert digest.hex == hashlib.sha256(data).hexdigest()
        assert Digest.of_stream(io.BytesIO(data)) == digest

    def test_a_file_and_the_rest_of_a_stream(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"a" * (3 << 20))
        assert Digest.of_file(path) == Digest.of_bytes(b"a" * (3 << 20))
        stream = io.BytesIO(b"skipped,read")
        stream.read(8)
        assert Digest.of_stream(stream) == Digest.of_bytes(b"read")

    @given(hexes)
    def test_text_and_back(self, text: str) -> None:
        digest = Digest(text)
        assert str(digest) == f"sha256:{text}"
        assert Digest.parse(str(digest)) == Digest.parse(text) == digest

    @given(st.text(max_size=80) | hexes.map(str.upper) | hexes.map(lambda text: f"{text}\n"))
    def test_nothing_else_is_one(self, text: str) -> None:
        if len(text) == 64 and set(text) <= set("0123456789abcdef"):
            return
        with pytest.raises(ValueError, match="not a sha256 digest"):
            Digest(text)

    @pytest.mark.parametrize(
        "text", ["md5:" + "a" * 64, "sha256:sha256:" + "a" * 64, "sha256:", "a" * 63, "A" * 64]
    )
    def test_nothing_else_is_read(self, text: str) -> None:
        with pytest.raises(ValueError, match="not a sha256 digest"):
            Digest.parse(text)


names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(
    r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?", fullmatch=True
)


class TestTargets:
    @given(names, versions)
    def test_a_release(self, name: str, version: str) -> None:
        target = parse_target(f"{name}=={version}")
        assert isinstance(target, ReleaseTarget)
        assert target.version == Version(version)
        assert target.wheel is None
        assert parse_target(str(target)) == target

    @pytest.mark.parametrize("text", ["Demo.Project==1.0", "demo_project == 1.0", "DEMO--project==v1.0"])
    def test_names_and_versions_are_normalised(self, text: str) -> None:
        assert str(parse_target(text)) == "demo-project==1.0"

    def test_a_wheel_on_an_index(self) -> None:
        target = parse_target("Demo-1.0-2-py3-none-any.whl")
        assert isinstance(target, ReleaseTarget)
        assert (target.project, target.version) == ("demo", Version("1.0"))
        assert str(target) == target.wheel == "Demo-1.0-2-py3-none-any.whl"

    def test_a_local_wheel(self, tmp_path: Path) -> None:
        wheel, sdist = tmp_path / "demo-1.0-py3-none-any.whl", tmp_path / "demo-1.0.tar.gz"
        wheel.touch()
        sdist.touch()
        target = parse_target(str(wheel), sdist)
        assert target == LocalTarget(wheel=wheel, sdist=sdist)
        assert str(target) == wheel.name
        with pytest.raises(UsageError, match="without its source") as caught:
            parse_target(str(wheel))
        assert caught.value.hint == "Add --sdist PATH or --git PATH@REV."

    def test_a_local_wheel_that_is_not_there(self, tmp_path: Path) -> None:
        there = tmp_path / "demo-1.0.tar.gz"
        there.touch()
        for wheel, sdist in (
            (tmp_path / "absent.whl", there),
            (there, tmp_path / "absent"),
            (tmp_path, there),
        ):
            with pytest.raises(UsageError, match="There is no file"):
                parse_target(str(wheel), sdist)

    @pytest.mark.parametrize(
        "text",
        ["", "demo", "demo==", "==1.0", "demo>=1.0", "demo==1.0==2.0", "demo==one", "-demo==1.0", "demo/==1",
         "demo==1.0; x", "demo.whl", "demo-1.0.whl", "demo-1.0-py3-none.whl"],
    )  # fmt: skip
    def test_no_target(self, text: str) -> None:
        with pytest.raises(UsageError) as caught:
            parse_target(text)
        assert caught.value.hint

    @given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"{text}.whl"))
    def test_no_text_is_too_much(self, text: str) -> None:
        target = None
        with contextlib.suppress(UsageError):
            target = parse_target(text)
        assert target is None or isinstance(target, ReleaseTarget)
