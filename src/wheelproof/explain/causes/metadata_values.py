"""Causes in METADATA by which it says something else: named, and left open."""

from collections.abc import Callable

from wheelproof.explain.causes.cause import Cause, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.headers import split_both
from wheelproof.explain.causes.lines import changed_lines, listed, quoted

_METADATA = frozenset({Kind.METADATA})
_SPEC = "https://packaging.python.org/en/latest/specifications/core-metadata/"
# Fields that have a cause of their own.
_OWN = frozenset({"metadata-version", "license-file", "license-expression", "dynamic", "requires-dist"})


def _fields_differ(*fields: str) -> Callable[[MemberSide, MemberSide], Evidence | None]:
    def recognise(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
        both = split_both(published, rebuilt)
        if both is None:
            return None
        for field in fields or dict.fromkeys((*both[0].fields, *both[1].fields)):
            left, right = (headers.values(field) for headers in both)
            if left != right and (fields or field not in _OWN):
                return Evidence(text=_describe(field.title(), left, right))
        return None

    return recognise


def _describe(field: str, left: tuple[str, ...], right: tuple[str, ...]) -> str:
    """What only one side says of a field."""
    only_left, only_right = (
        [value for value in values if value not in others]
        for values, others in ((left, set(right)), (right, set(left)))
    )
    if not only_left and not only_right:
        return f"{field}: {len(left)} values published, {len(right)} rebuilt"
    return f"{field}: {listed(only_left) or 'nothing'} published, {listed(only_right) or 'nothing'} rebuilt"


def _description(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    both = split_both(published, rebuilt)
    if both is None or both[0].body == both[1].body:
        return None
    changes = changed_lines((both[0].body or "").encode(), (both[1].body or "").encode())
    shown = (changes.published or changes.rebuilt)[:1]
    first = f", first {quoted(shown[0].text)} in line {shown[0].number}" if shown else ""
    return Evidence(
        text=f"{len(changes.published)} lines only published, {len(changes.rebuilt)} only rebuilt{first}"
    )


METADATA_VALUES: tuple[Cause, ...] = (
    Naming(
        id="metadata-version",
        family=Family.METADATA,
        title="METADATA follows another version of its specification",
        why="Each backend writes the version of the core metadata that was current when it was released. "
        "Fields come, go and change their meaning with it.",
        tools="setuptools 75.8 and 77, flit_core 3.10 and 3.11, hatchling 1.22.1 and 1.27, poetry-core 2.0 "
        "and 2.2.",
        mend="Pin the backend in build-system.requires; the version narrows which one the release was built "
        "with.",
        link=f"{_SPEC}#metadata-version",
        kinds=_METADATA,
        recognise=_fields_differ("metadata-version"),
    ),
    Naming(
        id="metadata-license",
        family=Family.METADATA,
        title="METADATA lists other licence files, or another licence expression",
        why="Which files count as licences, and whether a licence expression is written (PEP 639), depends "
        "on the backend's version and on the files it found.",
        tools="setuptools since 57 (License-File) and 77 (License-Expression); wheel; flit_core 4.0.",
        mend="State license and license-files in pyproject.toml.",
        link="https://peps.python.org/pep-0639/",
        kinds=_METADATA,
        recognise=_fields_differ("license-file", "license-expression"),
    ),
    Naming(
        id="metadata-dynamic",
        family=Family.METADATA,
        title="METADATA declares other fields as dynamic",
        why="A backend may list the fields that it computed (PEP 643), and only newer ones do.",
        tools="setuptools 75.8 and later.",
        mend="Pin the backend, or state the values in pyproject.toml.",
        link="https://peps.python.org/pep-0643/",
        kinds=_METADATA,
        recognise=_fields_differ("dynamic"),
    ),
    Naming(
        id="metadata-requirements",
        family=Family.METADATA,
        title="the wheel requires something else",
        why="Requirements were computed while building: from a requirements file, from the environment, "
        "from the versions of what was installed. Installing the two wheels can install different packages.",
        tools="setup.py that computes install_requires; builds against a library whose version is then "
        "required.",
        mend="State the requirements in pyproject.toml, with environment markers.",
        link=f"{_SPEC}#requires-dist-multiple-use",
        kinds=_METADATA,
        recognise=_fields_differ("requires-dist"),
    ),
    Naming(
        id="metadata-values",
        family=Family.METADATA,
        title="METADATA has other values",
        why="A field was computed while building, another version of the backend writes it, or the source "
        "differs.",
        tools="setup.py that computes its metadata; backends that learn a field.",
        mend="State the values in pyproject.toml and pin the backend.",
        link=_SPEC,
        kinds=_METADATA,
        recognise=_fields_differ(),
    ),
    Naming(
        id="metadata-description",
        family=Family.METADATA,
        title="the long description differs",
        why="The description is put together while building, out of a README, a changelog or other files, "
        "or is cut and encoded in another way.",
        tools="hatch-fancy-pypi-readme; setup.py that joins README and CHANGELOG; old setuptools on "
        "descriptions.",
        mend="Name one file as the readme in pyproject.toml.",
        link=f"{_SPEC}#description",
        kinds=_METADATA,
        recognise=_description,
    ),
)
