"""A CycloneDX SBOM of the environment that a wheel was rebuilt in, made from a lock alone (``docs/sbom.md``).

The specification is ECMA-424, CycloneDX 1.6. The same lock gives the same bytes: the serial number follows
from the lock's digest, and the time is the instant as of which build requirements were resolved.
"""

import json
import shlex
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packageurl import PackageURL
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest
from wheelproof.recipe.lock import (
    Lock,
    LockedBuild,
    LockedFile,
    LockedGit,
    LockedImage,
    LockedRequirement,
    LockedSystem,
    LockedTool,
    render_lock,
)
from wheelproof.report.document import FileFacts

Component = dict[str, Any]

_SPACE = uuid.UUID("8f0c3c43-0a0e-5d0a-9d59-5a4d0c8f6c16")
_WHEEL, _SOURCE, _IMAGE, _SYSTEM, _RUNNER = "wheel", "source", "image", "system", "runner"
_OWN = "wheelproof:"
# The most that the specification allows.
_VERSION_CHARS = 1024


def render_sbom(lock: Lock, rebuilt: FileFacts | None = None) -> str:
    """The SBOM as JSON, in ASCII.

    Args:
        lock: what the wheel is built from, and with.
        rebuilt: the wheel that came out, where it was built; its digest is then in the SBOM.
    """
    digest = Digest.of_bytes(render_lock(lock).encode()).hex
    name = f"{digest} {rebuilt.sha256}" if rebuilt else digest
    requirements = _requirements((*lock.requirements, *lock.repair))
    components = (
        _source(lock),
        *(item for item, _ in requirements.values()),
        *(_frontend(file) for file in lock.frontend),
        _runner(lock),
        _image(lock.image),
        *_held(lock.image),
    )
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, name)}",
        "version": 1,
        "metadata": {
            "timestamp": lock.as_of.isoformat(),
            "lifecycles": [{"phase": "build" if rebuilt else "pre-build"}],
            "tools": {"components": [_tool_of_ours(lock.tool)]},
            "component": _wheel(lock, rebuilt),
            "properties": _properties({"lock": f"sha256:{digest}"}),
        },
        # A build can need the very file that drives it.
        "components": list({item["bom-ref"]: item for item in components}.values()),
        "dependencies": list(_graph(lock, requirements)),
        # What lies in an image beside its packages and these tools is not listed.
        "compositions": [{"aggregate": "incomplete", "dependencies": [_IMAGE]}],
        "formulation": [_formula(lock)],
    }
    return json.dumps(document, indent=2) + "\n"


def write_sbom(path: Path, lock: Lock, rebuilt: FileFacts | None = None) -> None:
    """Write an SBOM to a file; raises UsageError where that can't be written."""
    try:
        path.write_text(render_sbom(lock, rebuilt), "utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}", hint="Name another place for the SBOM."
        ) from None


def _tool_of_ours(tool: str) -> Component:
    name, _, version = tool.partition(" ")
    return {"type": "application", "name": name, "version": version}


def _wheel(lock: Lock, rebuilt: FileFacts | None) -> Component:
    filename = rebuilt.filename if rebuilt else lock.published.filename
    return {
        "type": "library",
        "bom-ref": _WHEEL,
        "name": lock.project,
        "version": lock.version,
        **({"hashes": _sha256(rebuilt.sha256)} if rebuilt else {}),
        **_pypi(lock.project, lock.version, filename),
        "properties": _properties({"published": f"sha256:{lock.published.sha256}"}),
    }


def _source(lock: Lock) -> Component:
    file = lock.source
    component: Component = {
        "type": "library",
        "bom-ref": _SOURCE,
        "name": lock.project,
        "version": lock.version,
        "hashes": _sha256(file.sha256),
    }
    if file.git is None:
        return {**component, **_pypi(lock.project, lock.version, file.filename)}
    return {**component, **_commit(lock, file.git)}


def _commit(lock: Lock, git: LockedGit) -> Component:
    if git.url is None:
        purl = _purl("generic", "", lock.project, lock.version, {})
        return {**purl, "pedigree": {"commits": [{"uid": git.commit}]}}
    address = _address(git.url)
    reference = {"vcs_url": f"git+{address}@{git.commit}"}
    return {
        **_purl("generic", "", lock.project, lock.version, reference),
        "externalReferences": [{"type": "vcs", "url": address}],
        "pedigree": {"commits": [{"uid": git.commit, "url": address}]},
    }


def _address(url: str) -> str:
    """A repository's address as an IRI, which ``user@host:path`` is none (RFC 3987)."""
    if "://" not in url:
        host, _, path = url.partition(":")
        url = f"ssh://{host}/{path.lstrip('/')}"
    return quote(url, safe="/:@%~!$&'()*+,;=[]?#")


def _requirements(wanted: Sequence[LockedRequirement]) -> dict[str, tuple[Component, tuple[str, ...]]]:
    """Build requirements and theirs in turn, each file once, by its reference, with what it needs."""
    found: dict[str, tuple[Component, tuple[str, ...]]] = {}
    for item in sorted(wanted, key=lambda item: (item.name, item.version)):
        found |= _requirements(item.requires)
        needs = tuple(_reference(inner.file) for inner in item.requires)
        found[_reference(item.file)] = (
            {
                "type": "library",
                "bom-ref": _reference(item.file),
                "name": item.name,
                "version": item.version,
                "scope": "excluded",
                "hashes": _sha256(item.file.sha256),
                **_pypi(item.name, item.version, item.file.filename),
            },
            needs,
        )
    return found


def _frontend(file: LockedFile) -> Component:
    try:
        name, version, _, _ = parse_wheel_filename(file.filename)
        called = {"name": name, "version": str(version), **_pypi(name, str(version), file.filename)}
    except InvalidWheelFilename:
        called = {"name": file.filename}
    return {
        "type": "application",
        "bom-ref": _reference(file),
        **called,
        "scope": "excluded",
        "hashes": _sha256(file.sha256),
    }


def _runner(lock: Lock) -> Component:
    """The program of ours that drives the build in the sandbox."""
    return {
        "type": "application",
        "bom-ref": _RUNNER,
        "name": "wheelproof-runner",
        "version": lock.tool.partition(" ")[2],
        "scope": "excluded",
        "hashes": _sha256(lock.runner),
    }


def _image(image: LockedImage) -> Component:
    repository, at, digest = image.name.partition("@")
    name = repository.rpartition("/")[2]
    facts = {
        "image-id": image.image_id,
        "rootfs": " ".join(image.rootfs),
        "python": image.python,
        "interpreter": image.interpreter,
        "pin-met": str(image.pin_met).lower(),
        "pin": image.pin,
        **({"debian-snapshot": image.snapshot} if image.snapshot else {}),
        **({"unread-lines": str(image.system.unread)} if image.system and image.system.unread else {}),
    }
    return {
        "type": "container",
        "bom-ref": _IMAGE,
        "name": repository,
        "version": digest or image.image_id,
        "scope": "excluded",
        **(_purl("oci", "", name, digest, {"repository_url": repository}) if at else {}),
        "properties": _properties(facts),
    }


def _held(image: LockedImage) -> Iterator[Component]:
    """What the image holds: the system, its packages, the tools that builds find."""
    system = image.system or LockedSystem()
    if system.id:
        yield {
            "type": "operating-system",
            "bom-ref": _SYSTEM,
            "name": system.id,
            "version": system.version or system.codename,
            "scope": "excluded",
        }
    for key, version in sorted(image.packages.items()):
        yield _package(system, key, version)
    for name, tool in sorted(image.tools.items()):
        yield _tool(name, tool)


def _package(system: LockedSystem, key: str, version: str) -> Component:
    name = key.partition(":")[0]
    component: Component = {
        "type": "library",
        "bom-ref": _package_reference(key),
        "name": name,
        "version": version[:_VERSION_CHARS],
        "scope": "excluded",
    }
    if system.package_format is None:
        return component
    codename = system.codename if system.id == "debian" else ""
    qualifiers = {
        "arch": system.architectures.get(key, system.architecture),
        "distro": codename or "-".join(part for part in (system.id, system.version) if part),
    }
    if system.package_format == "rpm" and ":" in version:
        qualifiers["epoch"], _, version = version.partition(":")
    return {**component, **_purl(system.package_format, system.id, name, version, qualifiers)}


def _tool(name: str, tool: LockedTool) -> Component:
    return {
        "type": "application",
        "bom-ref": f"tool:{name}",
        "name": name,
        "version": tool.version[:_VERSION_CHARS],
        "scope": "excluded",
        "hashes": _sha256(tool.sha256),
        "properties": _properties({"path": tool.path}),
    }


def _graph(
    lock: Lock, requirements: dict[str, tuple[Component, tuple[str, ...]]]
) -> Iterator[dict[str, Any]]:
    """What needs what to be built; what is not said to need anything may need something that is not known."""
    image = lock.image
    yield _needs(
        _WHEEL,
        [
            _SOURCE,
            *(_reference(item.file) for item in (*lock.requirements, *lock.repair)),
            *(_reference(file) for file in lock.frontend),
            _RUNNER,
            _IMAGE,
        ],
    )
    for reference, (_, needs) in requirements.items():
        if needs:
            yield _needs(reference, needs)
    yield _needs(_IMAGE, [component["bom-ref"] for component in _held(image)])
    for name, tool in sorted(image.tools.items()):
        if tool.package in image.packages:
            yield _needs(f"tool:{name}", [_package_reference(tool.package)])


def _formula(lock: Lock) -> dict[str, Any]:
    """How the wheel is built: the commands, their environment, what goes in and comes out."""
    files = [lock.source, *(item.file for item in (*lock.requirements, *lock.repair)), *lock.frontend]
    references = [_SOURCE, *(_reference(file) for file in files[1:])]
    return {
        "workflows": [
            {
                "bom-ref": "workflow",
                "uid": "rebuild",
                "name": f"Build of {lock.published.filename} in a sandbox without a network",
                "taskTypes": ["build"],
                "steps": [_step(lock.build, number) for number in range(len(lock.build.steps))],
                "inputs": [
                    *({"resource": {"ref": reference}} for reference in dict.fromkeys(references)),
                    {
                        "environmentVars": [
                            {"name": name, "value": value}
                            for name, value in sorted(lock.build.environment.items())
                        ]
                    },
                ],
                "outputs": [{"type": "artifact", "resource": {"ref": _WHEEL}}],
                "properties": _properties(
                    {"backend": lock.build.backend, "umask": lock.build.umask, "folder": lock.build.folder}
                ),
            }
        ]
    }


def _step(build: LockedBuild, number: int) -> dict[str, Any]:
    step = build.steps[number]
    return {"name": f"{number + 1} {step.phase}", "commands": [{"executed": shlex.join(step.argv)}]}


def _needs(reference: str, needs: Sequence[str]) -> dict[str, Any]:
    return {"ref": reference, "dependsOn": sorted(set(needs))}


def _reference(file: LockedFile) -> str:
    return f"sha256:{file.sha256}"


def _package_reference(key: str) -> str:
    return f"package:{key}"


def _pypi(name: str, version: str, filename: str) -> dict[str, str]:
    return _purl("pypi", "", name, version, {"file_name": filename})


def _purl(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> dict[str, str]:
    """A package URL (ECMA-427), or nothing where a name or a version is such that there is none."""
    try:
        return {"purl": PackageURL(kind, namespace or None, name, version, qualifiers).to_string()}
    except (TypeError, ValueError):  # of its version 0.17, where a part is blank
        return {}


def _sha256(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]


def _properties(facts: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": f"{_OWN}{name}", "value": value} for name, value in facts.items()]
