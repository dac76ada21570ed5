"""What a result says where a wheel's files were compiled by other tools than the publisher's."""

import contextlib

from wheelproof.container.pinned import PinnedImage
from wheelproof.container.reference import parse_reference
from wheelproof.core.errors import UsageError
from wheelproof.explain.explanation import Explanation
from wheelproof.infer.evidence import Evidence
from wheelproof.recipe.lock import Lock, LockedPublisher
from wheelproof.report.document import ToolchainFacts

_COMPILERS = frozenset({"native-compiler", "native-rustc"})
_SHOWN = 4


def other_publisher(evidence: Evidence, image: PinnedImage) -> LockedPublisher | None:
    """The image that most likely built a wheel, where a rebuild has another; None where nothing tells."""
    platform, publisher = evidence.platform, evidence.publisher
    if platform is None or not platform.files or publisher is None or not publisher.evidence:
        return None
    if image.name.partition("+")[0] in {publisher.image, *publisher.own.values()}:
        return None
    repository = (publisher.image or "").partition("@")[0].rpartition(":")[0]
    if repository and image.name.startswith(f"{repository}@"):
        return None  # which image the tag named is what nobody can tell any more
    if _is_named_by_source(evidence, image.name):
        return None
    return LockedPublisher(image=publisher.image, evidence=publisher.evidence)


def _is_named_by_source(evidence: Evidence, name: str) -> bool:
    """The source tells cibuildwheel to build in this image: no other is more likely."""
    for option in evidence.cibuildwheel:
        if option.name.endswith("-image"):
            with contextlib.suppress(UsageError):
                return str(parse_reference(option.text)) == name
    return False


def toolchain_of(lock: Lock | None, explanation: Explanation | None, *, built: bool) -> ToolchainFacts | None:
    """What was not the publisher's; None where nothing tells that it was not.

    Args:
        lock: what was built, and where.
        explanation: of the members that are not the same; None where nothing was compared, or all are.
        built: there is a rebuilt wheel.
    """
    found = [item for member in explanation.members for item in member.recognised] if explanation else []
    compilers = tuple(dict.fromkeys(item.evidence.text for item in found if item.cause.id in _COMPILERS))
    publisher = lock.image.publisher if lock else None
    differs = not built or any(item.cause.id.startswith("native-") for item in found)
    if lock is None or not (compilers or (publisher and differs)):
        return None
    return ToolchainFacts(
        image=publisher.image if publisher else None,
        evidence=publisher.evidence if publisher else "",
        compilers=compilers[:_SHOWN],
    )


def with_toolchain(reason: str, toolchain: ToolchainFacts | None) -> str:
    """A verdict's reason, which says where the toolchain was not the publisher's, or may not have been."""
    if toolchain is None:
        return reason
    said = f"{reason}; the toolchain was not the publisher's"
    if toolchain.compilers:
        more = len(toolchain.compilers) - 1
        return f"{said}: {toolchain.compilers[0]}{f', and {more} more' if more else ''}"
    if toolchain.image:
        return f"{said}, most likely that of {toolchain.image}"
    return f"{reason}; which toolchain was the publisher's is not known"
