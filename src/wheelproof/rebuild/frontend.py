"""The files that put build requirements into the sandbox: pinned here, and locked with every build.

PyPA's installer runs from its own wheel and is never part of the build environment. 0.7.0 is its last
release for Python 3.9. Python 2.7 does without: its wheels are unpacked onto the path.
"""

from wheelproof.recipe.lock import LockedFile

INSTALLER = LockedFile(
    filename="installer-0.7.0-py3-none-any.whl",
    sha256="05d1933f0a5ba7d8d6296bb6d5018e7c94fa473ceb10cf198a92ccea19c27b53",
    size_bytes=453838,
)


def frontend_files(python: str) -> tuple[LockedFile, ...]:
    """What an interpreter's builds need, by its version ``X.Y``."""
    return () if python.startswith("2.") else (INSTALLER,)
