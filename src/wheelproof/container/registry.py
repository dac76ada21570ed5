"""Images from registries: pulled by digest, checked, and asked which Python they bring."""

from collections.abc import Callable, Sequence
from typing import Any

import docker.errors

from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.interpreter import WantedPython
from wheelproof.container.reference import ImageReference
from wheelproof.core.errors import EngineError, NotCheckedError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable

_INTERPRETERS = ("python3", "python", "python2")
_PROBE_LABEL = "wheelproof.probe"
_PROBE_S = 60
# What the runtimes say, by every status code, where an image lacks the program.
_NO_PROGRAM = ("executable file not found", "no such file or directory")
_ANSWER_LIMIT = 4096
# Runs on any Python since 2.6; the marks set the answer apart from what else the image may print.
_PROBE = 'import sys; sys.stdout.write("<<%d.%d %s>>" % (sys.version_info[:2] + (sys.executable,)))'


def pull_image(
    engine: Engine, reference: ImageReference, *, offline: bool, on_progress: Callable[[str], None]
) -> Digest:
    """Have an image in the engine, pulled only where it is not there yet; gives its id.

    Raises:
        EngineError: the registry does not have it under that digest or can't be reached, or ``offline``
            forbids to ask, or the image is for another platform.
    """
    with engine_errors(f"look for {reference}"):
        try:
            image = engine.client.images.get(str(reference))
        except docker.errors.ImageNotFound:
            image = None
    if image is None and offline:
        raise EngineError(
            f"The image {reference} is not in the engine, and without a network it can't be had",
            hint=f"Run `wheelproof image pull {reference}` with a network first.",
        )
    if image is None:
        on_progress(f"pulling {reference}")
        try:
            with engine_errors(f"pull {reference}"):
                _pull(engine, reference)
                image = engine.client.images.get(str(reference))
        except EngineError as error:
            raise EngineError(
                error.message, hint="Check the name and the digest, and that the engine reaches the registry."
            ) from error
    _check(engine, image.attrs, reference)
    return Digest.parse(str(image.id))


def _pull(engine: Engine, reference: ImageReference) -> None:
    """Pull to the end; what fails after the answer began stands in its last lines only."""
    for line in engine.client.api.pull(
        reference.repository, tag=str(reference.digest), stream=True, decode=True
    ):
        if "error" in line:
            raise EngineError(
                f"The container engine failed to pull {reference}: {printable(str(line['error']))}"
            )


def _check(engine: Engine, attributes: dict[str, Any], reference: ImageReference) -> None:
    digests = [str(name).rpartition("@")[2] for name in attributes.get("RepoDigests") or ()]
    if str(reference.digest) not in digests:
        raise EngineError(
            f"The engine gave another image than {reference}", hint="Remove it from the engine and try again."
        )
    architecture = str(attributes.get("Architecture", ""))
    if (attributes.get("Os"), architecture) != ("linux", engine.facts.architecture):
        raise EngineError(
            f"{reference} is for {printable(str(attributes.get('Os')))}/{printable(architecture)}, "
            f"and the engine runs linux/{engine.facts.architecture}",
            hint="Name the digest of the image for the engine's platform, or of its manifest list.",
        )


def probe_python(
    engine: Engine, image_id: Digest, interpreter: str | None, wanted: WantedPython | None = None
) -> tuple[str, str]:
    """Ask an image for its Python: the version ``X.Y`` and the interpreter's path.

    Args:
        engine: where the image is.
        image_id: the image.
        interpreter: its path in the image; the usual names are tried where None.
        wanted: which one it has to be, where not any will do.

    Raises:
        EngineError: there is no such interpreter in it, or what there is gives no answer.
        NotCheckedError: it is not among those that answer.
    """
    tried: Sequence[str] = (interpreter,) if interpreter else wanted.names() if wanted else _INTERPRETERS
    for candidate in tried:
        answer = _ask(engine, image_id, candidate)
        version, _, path = answer.rpartition("<<")[2].partition(">>")[0].partition(" ")
        answers = version.replace(".", "", 1).isdigit() and path.startswith("/")
        if answers and (wanted is None or interpreter or wanted.is_at(version, path)):
            return version, printable(path)
    if wanted is not None and not interpreter:
        raise NotCheckedError(
            f"The image has no Python {wanted.version} that answers as {' or '.join(tried)}",
            hint="Name an image that has it with --image, or its path with: "
            "wheelproof image pull IMAGE --python PATH",
        )
    raise EngineError(
        f"The image has no Python that answers as {printable(' or '.join(tried))}",
        hint="Name the interpreter's path in the image.",
    )


def _ask(engine: Engine, image_id: Digest, interpreter: str) -> str:
    with engine_errors("ask an image for its Python"):
        container = engine.client.containers.create(
            str(image_id),
            entrypoint=[interpreter],
            command=["-I" if interpreter != "python2" else "-E", "-c", _PROBE],
            labels={_PROBE_LABEL: "1"},
            network_disabled=True,
            network_mode="none",
            user="1000:1000",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=512 << 20,
            pids_limit=64,
        )
        try:
            container.start()
            container.wait(timeout=_PROBE_S)
            return bytes(container.logs(tail=20))[-_ANSWER_LIMIT:].decode("utf-8", "replace")
        except docker.errors.APIError as error:
            if any(words in str(error.explanation) for words in _NO_PROGRAM):
                return ""
            raise
        finally:
            container.remove(force=True, v=True)
