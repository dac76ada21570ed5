"""Projects of our own, whose sdist builds in any sandbox without an index, and their published wheels."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import made_backend

BACKEND = Path(made_backend.__file__).read_text("utf-8")
Moment = tuple[int, int, int, int, int, int]
MOMENT: Moment = (2024, 5, 6, 7, 8, 10)
NO_REQUIRES = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@dataclass(frozen=True, kw_only=True)
class MadeProject:
    """A project with one package."""

    name: str = "demo"
    version: str = "1.0"

    @property
    def wheel_name(self) -> str:
        return f"{self.name}-{self.version}-py3-none-any.whl"

    @property
    def sdist_name(self) -> str:
        return f"{self.name}-{self.version}.tar.gz"

    @property
    def dist_info(self) -> str:
        return f"{self.name}-{self.version}.dist-info"

    def members(self) -> dict[str, bytes]:
        """What the wheel holds, without its RECORD."""
        metadata = f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n"
        texts = {
            f"{self.name}/__init__.py": f"NAME = {self.name!r}\n",
            f"{self.name}/numbers.py": "".join(f"N{number} = {number}\n" for number in range(200)),
            f"{self.dist_info}/METADATA": metadata,
            f"{self.dist_info}/WHEEL": "Wheel-Version: 1.0\nGenerator: made\nRoot-Is-Purelib: true\n"
            "Tag: py3-none-any\n",
        }
        return {name: texts[name].encode() for name in sorted(texts)}

    def recorded(self, changes: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
        """The members, some changed or added, with the RECORD that fits them where none is given."""
        files = dict(sorted({**self.members(), **(changes or {})}.items()))
        return files if f"{self.dist_info}/RECORD" in files else made_backend.recorded(files, self.dist_info)

    def wheel(self, changes: Mapping[str, bytes] | None = None, moment: Moment = MOMENT) -> bytes:
        """The published wheel: what the sdist builds, but for the changes."""
        return made_backend.packed(self.recorded(changes), moment)

    def sdist(
        self,
        *,
        backend: str = BACKEND,
        pyproject: str = NO_REQUIRES,
        changes: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """The sdist; ``changes`` are members of the wheel that it builds."""
        files = {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n".encode(),
            "pyproject.toml": pyproject.encode(),
            "backend.py": backend.encode(),
        }
        files |= {f"wheel/{name}": content for name, content in {**self.members(), **(changes or {})}.items()}
        return sdist_of(f"{self.name}-{self.version}", files)


def sdist_of(root: str, files: Mapping[str, bytes]) -> bytes:
    """A ``.tar.gz`` with one top folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{root}/{name}")
            info.size, info.mode, info.mtime = len(content), 0o644, 1_700_000_000
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)
