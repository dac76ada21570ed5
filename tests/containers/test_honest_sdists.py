"""Sdists that want something special and have to build: other Pythons, requirements of every kind."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from container_builds import SMALL, Build, Watch
from fake_index import FakeIndex
from sdist_builder import FILENAME, WHEEL, backend, members, tar_gz, tree
from wheel_builder import record_of
from wheelproof.container.engine import Engine
from wheelproof.container.image import ensure_image
from wheelproof.core.identity import LocalTarget
from wheelproof.fetch.cache import Cache
from wheelproof.pipeline.check import check_targets
from wheelproof.pipeline.session import Session, Settings
from wheelproof.rebuild.frontend import INSTALLER
from wheelproof.rebuild.record import Built, NotBuilt

TOOL_WHEEL = "tool-2.0-py3-none-any.whl"
TOOL_INFO = "tool-2.0.dist-info"
WHEEL_TEXT = "Wheel-Version: 1.0\nGenerator: tool\nRoot-Is-Purelib: true\nTag: {tag}\n"


def wheel_of(files: Mapping[str, str], info: str, tag: str = "py3-none-any") -> bytes:
    """A wheel with METADATA, WHEEL and RECORD added."""
    name, version = info.removesuffix(".dist-info").split("-")
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": WHEEL_TEXT.format(tag=tag),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in {**whole, f"{info}/RECORD": record_of(whole, info)}.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


TOOL = wheel_of(
    {
        "tool.py": "def main():\n    print('tool ran')\n",
        f"{TOOL_INFO}/entry_points.txt": "[console_scripts]\ntool-run = tool:main\n",
    },
    TOOL_INFO,
)
# The requirement is there to import and to run, and nothing of ours is.
USES_TOOL = """
import importlib.util, subprocess, tool
subprocess.run(["tool-run"], check=True)
assert os.environ["PATH"].startswith("/build/env/bin:"), os.environ["PATH"]
assert sys.prefix == "/build/env" != sys.base_prefix
assert os.getcwd() == "/build/demo-1.0"
for absent in ("installer", "pip", "wheelproof", "runner"):
    assert importlib.util.find_spec(absent) is None, absent
assert os.umask(0o027) == 0o027
return make(out)
"""


@pytest.mark.parametrize("name", ["debian-bookworm-py3.11", "debian-trixie-py3.13", "debian-forky-py3.14"])
def test_requirement_is_installed(name: str, engine: Engine, build: Build) -> None:
    build.image = ensure_image(engine, name)
    outcome = build(tar_gz(members(tree(USES_TOOL))), wheels={TOOL_WHEEL: TOOL}, recipe={"umask": "0027"})
    assert isinstance(outcome, Built), outcome
    assert outcome.filename == WHEEL
    assert b"tool ran" in outcome.log


# Enough of setuptools for ``setup.py bdist_wheel``, so that Python 2.7 is what is tested.
SETUPTOOLS = wheel_of(
    {
        "setuptools.py": (
            "import sys, zipfile\n"
            "def setup(name, version):\n"
            "    folder = sys.argv[sys.argv.index('--dist-dir') + 1]\n"
            "    path = '%s/%s-%s-py2-none-any.whl' % (folder, name, version)\n"
            "    with zipfile.ZipFile(path, 'w') as wheel:\n"
            "        wheel.writestr('demo.py', b'x = 1')\n"
        )
    },
    "setuptools-1.0.dist-info",
    tag="py2-none-any",
)
SETUP_27 = """\
# -*- coding: utf-8 -*-
from __future__ import print_function
import os, sys
from setuptools import setup
assert sys.version_info[:2] == (2, 7)
assert __name__ == "__main__" and __file__ == os.path.abspath("setup.py")
assert sys.argv[1] == "bdist_wheel", sys.argv
print(sys.argv, os.umask(0o022))
{more}
setup("demo", "1.0")
"""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", ""),
        ("os.symlink('/etc', '/out/link')", "no plain file"),
        ("open('/build/big', 'wb').write(b'x' * (80 << 20))", "filled its disk: /build"),
        ("x = 'x' * (1 << 30)", "ran out of memory"),
    ],
    ids=["builds", "leaves a link", "fills the disk", "fills memory"],
)
def test_python_27(more: str, reason: str, engine: Engine, build: Build) -> None:
    """Every command of ours runs under 2.7: prepare, build, hand over, and say which limit was met."""
    build.image = ensure_image(engine, "debian-bullseye-py2.7")
    files = {"PKG-INFO": tree()["PKG-INFO"], "setup.py": SETUP_27.format(more=more), "data-é.txt": ""}
    outcome = build(
        tar_gz(members(files)),
        wheels={"setuptools-1.0-py2-none-any.whl": SETUPTOOLS},
        recipe={"frontend": "setup.py", "umask": "0002"},
    )
    if reason:
        assert isinstance(outcome, NotBuilt), outcome
        assert reason in outcome.reason, outcome
    else:
        assert isinstance(outcome, Built), outcome
        assert outcome.filename == "demo-1.0-py2-none-any.whl"
        assert b"'--dist-dir', '/out'] 2\n" in outcome.log


def check_local(session: Session, folder: Path, files: Mapping[str, str]) -> tuple[str, list[str], str]:
    """Check an sdist against the wheel that its backend makes: the verdict, what was locked, and why not."""
    wheel, sdist = folder / WHEEL, folder / FILENAME
    sdist.write_bytes(tar_gz(members(files)))
    scope: dict[str, object] = {}
    exec(compile(backend("return make(out)"), "backend", "exec"), scope)
    make = scope["make"]
    assert callable(make)
    make(str(folder))
    assert wheel.exists()
    (evidence,) = check_targets(session, [LocalTarget(wheel=wheel, sdist=sdist)])
    locked = evidence.lock.requirements if evidence.lock else ()
    failure = evidence.result.failure
    return (
        evidence.result.verdict,
        [f"{item.name} {item.file.filename}" for item in locked],
        f"{failure.reason}\n{failure.log_end}" if failure else "",
    )


def test_backend_asks_for_more(
    cache: Cache, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``get_requires_for_build_wheel`` is asked in the sandbox, and what it says is locked and there."""
    files = tree("import tool\nreturn make(out)")
    files["backend.py"] += (
        "\ndef get_requires_for_build_wheel(config_settings=None):\n    return ['tool>=1']\n"
    )
    with FakeIndex() as index:
        index.publish("tool", {TOOL_WHEEL: TOOL})
        settings = Settings(
            index_url=index.url, cache=cache.root, policy=SMALL, image="debian-bookworm-py3.11"
        )
        with Session(settings) as session:
            monkeypatch.setattr(session.engine.client.api, "create_container", watch.seeing(session.engine))
            verdict, locked, why = check_local(session, tmp_path, files)
    assert (verdict, locked) == ("identical", [f"tool {TOOL_WHEEL}"]), why


def test_setup_requires_of_a_project_without_a_wheel(
    tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A legacy setup.py; docopt 0.6.2 was only ever published as an sdist, which has a setup.py too."""
    setup = (
        "import setuptools\n"
        "setuptools.setup(name='demo', version='1.0', py_modules=['demo'],\n"
        "                 setup_requires=['docopt==0.6.2'])\n"
    )
    files = {"PKG-INFO": tree()["PKG-INFO"], "setup.py": setup, "demo.py": "import docopt\n"}
    with Session(Settings(image="debian-bookworm-py3.11")) as session:
        monkeypatch.setattr(session.engine.client.api, "create_container", watch.seeing(session.engine))
        verdict, locked, why = check_local(session, tmp_path, files)
    # It builds, with an sdist among its requirements; the wheel it is held against is another backend's.
    assert verdict == "different", why
    assert "docopt docopt-0.6.2.tar.gz" in locked
    assert any(item.startswith("setuptools setuptools-") for item in locked)
    assert INSTALLER.filename not in " ".join(locked)
