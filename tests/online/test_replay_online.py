"""Real wheels, each by another writer: their members packed anew are proved to be the same content."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheel_builder import complete, put, zipped
from wheelproof.core.verdict import Verdict
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.pipeline.compare import compare_files
from wheelproof.report.document import ReplayFacts
from wheelproof.wheel.facts import read_wheel

LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"
# What each wheel's Generator says, and whether zlib gives its compressed data.
WRITERS = {
    "six-1.17.0-py2.py3-none-any.whl": ("setuptools (75.6.0)", True),
    "jinja2_humanize_extension-0.4.0-py3-none-any.whl": ("bdist_wheel (0.41.2)", True),
    "pyproject_hooks-1.3.3-py3-none-any.whl": ("flit 4.0.2", True),
    "attrs-26.1.0-py3-none-any.whl": ("hatchling 1.29.0", True),
    "rich-15.0.0-py3-none-any.whl": ("poetry-core 2.3.1", True),
    "annotated_doc-0.0.7-py3-none-any.whl": ("pdm-backend (2.5.0)", True),
    "django_stubs_ext-6.1.2-py3-none-any.whl": ("uv 0.12.23", False),
    f"rpds_py-2026.9.1-cp313-cp313-{LINUX}.whl": ("maturin (1.15.0)", False),
    # These three were repaired by auditwheel, which packs with Python's zipfile.
    "contourpy-1.4.0-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl": ("meson", True),
    "awkward_cpp-57-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl": (
        "scikit-build-core 1.0.3",
        True,
    ),
    "markupsafe-3.0.4-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl": (
        "setuptools (84.0.0)",
        True,
    ),
}


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    with Http() as http:
        yield http


def repacked(wheel: Path, folder: Path) -> Path:
    """The members with their modes, in another order, at another time, by Python's zipfile."""
    folder.mkdir()
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(folder / wheel.name, "w") as target:
        for info in sorted(source.infolist(), key=lambda info: info.filename):
            entry = zipfile.ZipInfo(info.filename, (2001, 2, 3, 4, 5, 6))
            entry.external_attr, entry.compress_type = info.external_attr, zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(info))
    return folder / wheel.name


def proof_of(published: Path, rebuilt: Path) -> ReplayFacts:
    (result,) = compare_files(published, rebuilt, required=Verdict.SAME_CONTENT).results
    assert result.verdict is Verdict.SAME_CONTENT, result.reason
    assert result.comparison is not None
    proof = result.comparison.replay
    assert proof is not None
    assert proof.proved
    assert sum(proof.accounted_bytes.values()) == published.stat().st_size
    return proof


@pytest.mark.parametrize("filename", WRITERS)
def test_replay_of_a_real_wheel(http: Http, tmp_path: Path, filename: str) -> None:
    generator, by_zlib = WRITERS[filename]
    file = SimpleIndex(http).project(filename.partition("-")[0]).find(filename)
    published = tmp_path / filename
    shutil.copyfile(download(file, http=http, cache=Cache(tmp_path / "cache")).path, published)
    assert read_wheel(published).wheel_file.generator == generator
    proof = proof_of(published, repacked(published, tmp_path / "rebuilt"))
    assert "modification time" in proof.replayed
    assert ("deflate encoder" not in proof.replayed) or not by_zlib
    assert ("taken from the published file" in proof.encodings) is not by_zlib


@pytest.mark.parametrize("options", [(), ("-9",), ("-0",), ("-X", "-D"), ("-fd",)], ids=" ".join)
def test_replay_of_what_info_zip_packs(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = shutil.which("zip")
    assert program, "apt-get install zip (make test does)"
    tree = tmp_path / "tree"
    with zipfile.ZipFile(put(tmp_path / "source", zipped(complete()))) as source:
        source.extractall(tree)
        names = source.namelist()
    rebuilt = put(tmp_path / "rebuilt", zipped(complete()))
    published = tmp_path / rebuilt.name
    subprocess.run([program, "-q", *options, published, *names], cwd=tree, check=True)
    proof_of(published, rebuilt)
