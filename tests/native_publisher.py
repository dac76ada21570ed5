"""A publisher of wheels: pip and auditwheel in a container of an image, with nothing of wheelproof in it."""

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from native_projects import NativeProject
from native_tools import WHEELS
from wheelproof.container.engine import Engine

# What is built has this time, as a publisher's workflow sets it.
EPOCH = "1717000000"
_INSTALL = """\
set -eu
python3 -m venv --without-pip /tools
PYTHONPATH=$(echo /wheels/pip-*.whl) /tools/bin/python -m pip install -q --no-index --no-deps /wheels/*.whl
"""
_PUBLISH = """\
set -eu
root=$1; shift
umask 0022
PATH=/tools/bin:$PATH
rm -rf /built /dist "/build/$root"
mkdir -p /build
tar -xf "/sdists/$root.tar.gz" -C /build
pip wheel -q --no-deps --no-build-isolation --no-index -w /built "/build/$root"
auditwheel repair -w /dist "$@" /built/*.whl
"""


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Builds and repairs wheels in one container, without a network."""

    container: Any

    def publish(
        self,
        project: NativeProject,
        sdist: bytes | None = None,
        *,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> dict[str, bytes]:
        """The wheel of a project's sdist, by file name.

        Args:
            project: whose it is.
            sdist: another source than the project's own.
            options: of ``auditwheel repair``.
            environment: more variables of the build.
        """
        put(self.container, {f"sdists/{project.sdist_name}": sdist or project.sdist()})
        self.run(_PUBLISH, project.root, *options, environment=environment)
        parts, _ = self.container.get_archive("/dist")
        with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as archive:
            wheels = {
                member.name.rpartition("/")[2]: archive.extractfile(member)
                for member in archive
                if member.isreg()
            }
            assert len(wheels) == 1, sorted(wheels)
            return {name: stream.read() for name, stream in wheels.items() if stream}

    def run(self, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Run a shell script, which has to end well."""
        argv = ["sh", "-c", script, "publish", *arguments]
        done = self.container.exec_run(
            argv, environment={"SOURCE_DATE_EPOCH": EPOCH, "HOME": "/tmp", **(environment or {})}
        )
        assert done.exit_code == 0, done.output.decode("utf-8", "replace")


@contextmanager
def publisher(engine: Engine, image_id: str, tools: Mapping[str, bytes]) -> Iterator[Publisher]:
    """A publisher with an image, and with the tools at hand."""
    assert set(tools) == set(WHEELS)
    container = engine.client.containers.run(
        image_id, ["sleep", "infinity"], detach=True, network_mode="none", init=True
    )
    try:
        put(container, {f"wheels/{name}": content for name, content in tools.items()})
        publishing = Publisher(container=container)
        publishing.run(_INSTALL)
        yield publishing
    finally:
        container.remove(force=True)


def put(container: Any, files: Mapping[str, bytes]) -> None:
    """Put files into a container, by their paths below its root."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    assert container.put_archive("/", stream.getvalue())
