"""What a member is to those who read it, by its name alone."""

import re

from wheelproof.explain.causes.cause import Kind

_DIST_INFO = {
    "WHEEL": Kind.WHEEL,
    "METADATA": Kind.METADATA,
    "RECORD": Kind.RECORD,
    "entry_points.txt": Kind.ENTRY_POINTS,
    "top_level.txt": Kind.TOP_LEVEL,
}
# What setuptools takes for licence files when it is told of none.
_LICENSE = re.compile(r"(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*", re.IGNORECASE)
_NATIVE = re.compile(r"\.(?:so|pyd|dll|dylib|exe|a|lib|o|obj)$|\.so\.[0-9.]+$")
_ENDINGS = {
    ".py": Kind.PYTHON,
    ".pyi": Kind.PYTHON,
    ".pyc": Kind.BYTECODE,
    ".cdx.json": Kind.SBOM,
    ".spdx.json": Kind.SBOM,
    ".gz": Kind.GZIP,
    **dict.fromkeys((".txt", ".md", ".rst", ".toml", ".cfg", ".ini", ".json", ".yaml", ".yml"), Kind.TEXT),
}


def kind_of(name: str, dist_info: str) -> Kind:
    """What a member is.

    Args:
        name: as it stands in the archive.
        dist_info: the name of its wheel's ``.dist-info`` directory.
    """
    folder, _, base = name.rpartition("/")
    if folder == dist_info and base in _DIST_INFO:
        return _DIST_INFO[base]
    if (folder == dist_info or folder.startswith(f"{dist_info}/")) and _LICENSE.fullmatch(base):
        return Kind.LICENSE
    parts = name.split("/")
    if len(parts) > 2 and parts[0].endswith(".data") and parts[1] == "scripts":
        return Kind.SCRIPT
    if _NATIVE.search(base):
        return Kind.NATIVE
    return next((kind for ending, kind in _ENDINGS.items() if base.endswith(ending)), _by_name(base))


def _by_name(base: str) -> Kind:
    return Kind.TEXT if _LICENSE.fullmatch(base) and "." not in base else Kind.OTHER
