"""Which of an image's interpreters a wheel asks for, and where the images of manylinux have it."""

from dataclasses import dataclass

# Where manylinux and musllinux images have one folder for each interpreter, named after its tags.
PLACE = "/opt/python"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPython:
    """The interpreter that has to build a wheel.

    Attributes:
        version: ``X.Y``.
        folder: its folder's name in a manylinux image, such as ``cp313-cp313t``.
    """

    version: str
    folder: str

    @property
    def path(self) -> str:
        """Where a manylinux image has it."""
        return f"{PLACE}/{self.folder}/bin/python"

    @property
    def free_threaded(self) -> bool:
        """It has no global lock (PEP 703)."""
        return self.folder.endswith("t")

    def names(self) -> tuple[str, ...]:
        """What it can be called in an image, the likeliest first."""
        if self.free_threaded:
            return self.path, f"python{self.version}t"
        major = self.version.partition(".")[0]
        return self.path, f"python{self.version}", f"python{major}", "python"

    def is_at(self, version: str, path: str) -> bool:
        """Whether an interpreter of this version at this path is the one."""
        if version != self.version or path.startswith(f"{PLACE}/"):
            return path == self.path
        return path.endswith("t") == self.free_threaded
