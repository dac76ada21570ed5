"""What a result depends on, in one digest: where it is the same, a check would find the same again."""

import json
import platform
from dataclasses import asdict
from functools import cache
from pathlib import Path

from wheelproof.container.definition import load_definitions
from wheelproof.core.errors import NotCheckedError
from wheelproof.core.identity import TOOL, Digest
from wheelproof.fetch.listing import IndexFile
from wheelproof.pipeline.select import select_sdist
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.subject import Release, release_notes

_PACKAGE = Path(__file__).resolve().parents[1]


def release_key(session: Session, release: Release, wheel: IndexFile) -> str | None:
    """Digest everything that a check of a release's wheel depends on.

    That is this program, the kind of machine, both files, what the index says of them, the recipes that
    apply, the settings and the definitions of images. Build requirements follow: they are resolved as of the
    wheel's upload.

    Returns:
        64 hexadecimal digits; None where the source is no sdist, or the index does not say of both files
        which they are, and of the wheel when it was uploaded: then it is built with the requirements of the
        day.

    Raises:
        RecipeError: a recipe is wrong.
    """
    if release.target.git is not None:
        return None
    try:
        files = [file for file in (wheel, select_sdist(release.files)) if file.digest is not None]
    except NotCheckedError:
        files = []
    if len(files) != 2 or wheel.upload_time is None:
        return None
    settings, target = session.settings, release.target
    overrides = session.catalog.overrides(target.project, target.version, wheel.filename)
    parts = {
        "tool": [TOOL, program_digest().hex, platform.machine()],
        "files": [
            [file.filename, str(file.digest), str(file.upload_time), file.yanked, file.yanked_reason]
            for file in files
        ],
        "notes": [*release.notes, *release_notes(release.files, *files)],
        "recipes": [override.model_dump(mode="json") for override in overrides],
        "image": settings.image,
        "images": definitions_digest().hex,
        "settings": [settings.index_url, settings.require_pinned, settings.attempts, settings.details],
        "policy": asdict(settings.policy),
    }
    return Digest.of_bytes(json.dumps(parts, sort_keys=True).encode()).hex


@cache
def program_digest() -> Digest:
    """Of this program's own files: a version number stays the same while it is being worked on."""
    files = sorted(path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    # What is shipped along is told apart by what of it applies: recipes by wheel, images by definition.
    own = [path for path in files if "_shipped" not in path.parts]
    return Digest.of_bytes(
        b"".join(f"{path.relative_to(_PACKAGE)} {Digest.of_file(path).hex}\n".encode() for path in own)
    )


@cache
def definitions_digest() -> Digest:
    """Of the definitions of all images."""
    texts = [repr(definition) for definition in load_definitions().values()]
    return Digest.of_bytes("\n".join(texts).encode())
