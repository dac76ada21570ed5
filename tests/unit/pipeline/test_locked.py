"""What a lock says of its image is held against the image."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from made_locks import lock
from wheelproof.core.errors import RecipeError
from wheelproof.pipeline.locked import refuse_other_variables

OWN = {"PATH": "/opt/toolset/bin:/usr/bin", "LD_LIBRARY_PATH": "/opt/toolset/lib"}


def hold(variables: dict[str, str], own: dict[str, str]) -> None:
    image = lock().image.model_copy(update={"variables": variables})
    refuse_other_variables(image, cast("Any", SimpleNamespace(variables=tuple(own.items()))))


@pytest.mark.parametrize("variables", [OWN, {}, {"PATH": OWN["PATH"]}])
def test_what_an_image_sets_is_let_through(variables: dict[str, str]) -> None:
    hold(variables, OWN)


@pytest.mark.parametrize(
    "variables",
    [
        {**OWN, "CC": "sh -c payload"},
        {**OWN, "PATH": "/in/sdist:/usr/bin"},
        {"LD_PRELOAD\x1b[2J": "/in/wheels/x.whl"},
    ],
)
def test_what_it_does_not_set_is_refused(variables: dict[str, str]) -> None:
    for own in (OWN, {}):
        with pytest.raises(RecipeError, match="does not set") as caught:
            hold(variables, own)
        assert caught.value.message.isprintable()
