"""Builds in small sandboxes of the real engine, and an eye on what they leave behind."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sdist_builder
from wheelproof.container.engine import Engine
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import Policy
from wheelproof.container.sandboxes import Sandboxes
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.frontend import INSTALLER
from wheelproof.rebuild.plan import Surroundings, plan_build, plan_inputs, plan_question
from wheelproof.rebuild.record import NotBuilt, Outcome
from wheelproof.rebuild.run import Workshop, ask_backend, build_wheel
from wheelproof.recipe.lock import LockedFile
from wheelproof.recipe.schema import Recipe
from wheelproof.source.sdist import read_sdist

MIB = 1 << 20
# How long an engine may take to notice and to clean up.
PATIENCE_S = 30
# Small, but for time: a busy machine is no reason to fail.
SMALL = Policy(
    timeout_s=60,
    memory_bytes=192 * MIB,
    disk_bytes=48 * MIB,
    output_bytes=16 * MIB,
    temporary_bytes=16 * MIB,
    log_bytes=MIB,
    processes=64,
)


@dataclass(kw_only=True)
class Watch:
    """The containers and volumes that a test makes."""

    engine: Engine
    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def see(self, container: str) -> None:
        self.containers.append(container)
        mounts: Any = self.engine.client.api.inspect_container(container)["Mounts"]
        self.volumes += [mount["Name"] for mount in mounts if mount["Type"] == "volume"]

    def seeing(self, engine: Engine) -> Any:
        """The call that makes a container, and remembers it here."""
        create: Any = engine.client.api.create_container

        def make(*arguments: Any, **options: Any) -> Any:
            made = create(*arguments, **options)
            self.see(made["Id"])
            return made

        return make

    def left(self) -> list[str]:
        """What is still there."""
        api: Any = self.engine.client.api
        there = {item["Id"] for item in api.containers(all=True)}
        there |= {item["Name"] for item in api.volumes()["Volumes"] or ()}
        return [name for name in (*self.containers, *self.volumes) if name in there]

    def left_in_the_end(self) -> list[str]:
        """What an engine did not notice and clean up, given time."""
        until = time.monotonic() + PATIENCE_S
        while (left := self.left()) and time.monotonic() < until:
            time.sleep(0.1)
        return left


@dataclass(kw_only=True)
class Build:
    """Builds of sdists of our own, each in one sandbox."""

    engine: Engine
    image: PinnedImage
    cache: Cache
    folder: Path

    def __call__(self, sdist: bytes, **how: Any) -> Outcome:
        """Build a wheel; see ``_plan``."""
        with Sandboxes(self.engine, how.pop("policy", SMALL)) as sandboxes:
            workshop, recipe, around, inputs = self._plan(sandboxes, sdist, **how)
            return build_wheel(workshop, plan_build(recipe, around), inputs)

    def ask(self, sdist: bytes, **how: Any) -> tuple[str, ...] | NotBuilt:
        """Ask the backend what it needs."""
        with Sandboxes(self.engine, how.pop("policy", SMALL)) as sandboxes:
            workshop, recipe, around, inputs = self._plan(sandboxes, sdist, **how)
            return ask_backend(workshop, plan_build(recipe, around), plan_question(recipe, around), inputs)

    def _plan(
        self,
        sandboxes: Sandboxes,
        sdist: bytes,
        *,
        filename: str = sdist_builder.FILENAME,
        wheels: Mapping[str, bytes] | None = None,
        recipe: Mapping[str, Any] | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> Any:
        path = self.folder / filename
        path.write_bytes(sdist)
        facts = read_sdist(path)
        source = LockedFile(filename=filename, sha256=self.cache.add_bytes(sdist).hex, size_bytes=len(sdist))
        around = Surroundings(
            interpreter=self.image.interpreter,
            top=facts.root,
            sdist=filename,
            build_system=facts.build_system,
        )
        workshop = Workshop(
            sandboxes=sandboxes,
            image_id=str(self.image.image_id),
            interpreter=self.image.interpreter,
            cache=self.cache,
            on_output=on_output,
        )
        ready = {name: self.cache.add_bytes(content) for name, content in (wheels or {}).items()}
        settled = Recipe(python=self.image.python, image=self.image.name, **(recipe or {}))
        return workshop, settled, around, plan_inputs(source, (INSTALLER,), ready)
