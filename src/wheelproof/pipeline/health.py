"""Whether what a check needs is there: engine, images, index, cache, and diffoscope with its helpers."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.utils import canonicalize_name
from uv import find_uv_bin

from wheelproof.container.definition import load_definitions
from wheelproof.container.engine import Engine
from wheelproof.container.inspection import inspect_made
from wheelproof.container.settings import read_settings
from wheelproof.core.child import run_child
from wheelproof.core.errors import EngineError, ExitCode, WheelproofError
from wheelproof.core.untrusted import printable
from wheelproof.explain.diffoscope import INSTALLING, find_diffoscope
from wheelproof.pipeline.session import DEFAULT_INDEX, Session, Settings

# A project that every mirror has, with a short page.
_PROBE = canonicalize_name("installer")
_ROOM_BYTES = 2 << 30
_HELPERS = {"readelf": "binutils", "objdump": "binutils", "xxd": "xxd", "zipinfo": "unzip"}
_TIMEOUT_S = 60


class State(StrEnum):
    """How it stands with a part."""

    READY = "ready"
    LATER = "later"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One part that a check needs.

    Attributes:
        name: the part.
        state: ``later`` is not there and not in the way: it is made when needed, or only explains.
        detail: what was found.
        mend: what to do about it, or empty.
        exit_code: what a check without it would end with.
    """

    name: str
    state: State
    detail: str
    mend: str = ""
    exit_code: ExitCode = ExitCode.REACHED


def check_health(index_url: str | None = None) -> tuple[Health, ...]:
    """Look at every part; a part that can't be looked at is missing, and says why."""
    settings = Settings(index_url=index_url or DEFAULT_INDEX)
    with Session(settings) as session:
        return (*_engine(session), _index(session), _cache(session), _resolver(), *_diffoscope())


def health_exit_code(checks: Sequence[Health]) -> ExitCode:
    """The worst of what is missing, or 0."""
    return max(
        (check.exit_code for check in checks if check.state is State.MISSING), default=ExitCode.REACHED
    )


def _engine(session: Session) -> Iterator[Health]:
    try:
        engine = session.engine
    except EngineError as error:
        yield Health(
            name="engine",
            state=State.MISSING,
            detail=error.message,
            mend=error.hint,
            exit_code=ExitCode.ENGINE,
        )
        return
    facts = engine.facts
    detail = (
        f"{facts.name} {facts.version} (API {facts.api_version}, {facts.architecture}) at {facts.address}"
    )
    yield Health(name="engine", state=State.READY, detail=detail)
    yield from _images(engine)


def _images(engine: Engine) -> Iterator[Health]:
    settings = read_settings()
    found = []
    for name, definition in load_definitions().items():
        image = inspect_made(engine, definition, settings)
        if image is not None:
            found.append(f"{name}{'' if image.pin.met else ' (pin not met)'}")
    if found:
        yield Health(name="images", state=State.READY, detail=", ".join(found))
    else:
        yield Health(
            name="images", state=State.LATER, detail="none made yet", mend="They are made when first needed."
        )
    if shutil.which("mmdebstrap"):
        yield Health(name="mmdebstrap", state=State.READY, detail="images are made on this machine")
    else:
        yield Health(
            name="mmdebstrap",
            state=State.LATER,
            detail=f"not on this machine: images are made inside {settings.builder}",
            mend="To make them here: apt-get install mmdebstrap",
        )


def _index(session: Session) -> Health:
    try:
        listing = session.index.project(_PROBE)
    except WheelproofError as error:
        return Health(
            name="index", state=State.MISSING, detail=error.message, mend=error.hint, exit_code=ExitCode.FETCH
        )
    return Health(
        name="index",
        state=State.READY,
        detail=f"answers the Simple JSON API ({len(listing.files)} files of {_PROBE})",
    )


def _cache(session: Session) -> Health:
    root = session.cache.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            room_bytes = shutil.disk_usage(root).free
    except OSError as error:
        return Health(
            name="cache",
            state=State.MISSING,
            detail=f"{root} can't be written: {error.strerror}",
            mend="Set WHEELPROOF_CACHE to a folder that can.",
            exit_code=ExitCode.FETCH,
        )
    state = State.READY if room_bytes >= _ROOM_BYTES else State.LATER
    return Health(
        name="cache",
        state=state,
        detail=f"{root}, {room_bytes >> 20} MiB free",
        mend="Make room: wheelproof cache trim",
    )


def _resolver() -> Health:
    try:
        answer = run_child([find_uv_bin(), "--version"], timeout_s=_TIMEOUT_S)
    except OSError as error:
        return Health(
            name="uv",
            state=State.MISSING,
            detail=str(error),
            mend="Install wheelproof again.",
            exit_code=ExitCode.FETCH,
        )
    return Health(
        name="uv", state=State.READY, detail=printable(answer.stdout.decode("utf-8", "replace").strip())
    )


def _diffoscope() -> Iterator[Health]:
    found = find_diffoscope()
    if isinstance(found, str):
        yield Health(name="diffoscope", state=State.LATER, detail=found, mend=INSTALLING)
        return
    yield Health(name="diffoscope", state=State.READY, detail=f"{found.version}, for --details")
    missing = sorted({package for tool, package in _HELPERS.items() if shutil.which(tool) is None})
    if missing:
        yield Health(
            name="helpers",
            state=State.LATER,
            detail=f"diffoscope would show more with {', '.join(missing)}",
            mend=f"On Debian: apt-get install {' '.join(missing)}",
        )
