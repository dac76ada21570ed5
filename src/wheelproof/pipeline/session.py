"""What the stages share: settings, and the connections that are opened when first needed."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wheelproof.container.engine import Engine, connect
from wheelproof.container.policy import Policy
from wheelproof.container.sandboxes import Sandboxes
from wheelproof.core.ahead import ahead
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest, ReleaseTarget, Target
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.default_index import default_index
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.rebuild.record import Phase

if TYPE_CHECKING:
    from wheelproof.rebuild.resolve import Resolver
    from wheelproof.recipe.catalog import RecipeCatalog

DEFAULT_INDEX = default_index()
_IMAGE_MEMO = "image-of-target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user may set for a whole run.

    Attributes:
        index_url: a Simple API (PEP 503, 691); credentials come from netrc.
        cache: the cache's folder; the user's own where None.
        recipes: the folder of recipes; the shipped ones where None.
        image: the build image, over what inference and recipes say.
        require_pinned: an image that is not the one its definition pins is an error.
        offline: use no network at all, but the engine.
        details: run diffoscope on what is left open.
        attempts: how many candidates a search may build.
        policy: the sandbox's limits.
    """

    index_url: str = DEFAULT_INDEX
    cache: Path | None = None
    recipes: Path | None = None
    image: str | None = None
    require_pinned: bool = False
    offline: bool = False
    details: bool = False
    attempts: int = 6
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who hears of progress.

    Attributes:
        phase: called when a phase begins, and with what it is about.
        output: called with each piece of a build's log.
    """

    phase: Callable[[Phase, str], None] = lambda _phase, _about: None
    output: Callable[[bytes], None] | None = None


@dataclass(slots=True)
class Stopwatch:
    """Seconds by phase, of one wheel at a time; ``phase`` is the one that runs."""

    phase: Phase = Phase.INDEX
    _since: float = field(default_factory=time.monotonic)
    _spent: dict[Phase, float] = field(default_factory=dict)

    def restart(self) -> None:
        """Begin with another wheel."""
        self.phase, self._since, self._spent = Phase.INDEX, time.monotonic(), {}

    def enter(self, phase: Phase) -> None:
        """A phase begins, and the one before it ends."""
        now = time.monotonic()
        self._spent[self.phase] = self._spent.get(self.phase, 0.0) + now - self._since
        self.phase, self._since = phase, now

    def stop(self) -> dict[str, float]:
        """What each phase took so far, in seconds to the millisecond."""
        self.enter(self.phase)
        return {phase.value: round(spent, 3) for phase, spent in self._spent.items()}


class Session:
    """The connections of a run, as a context manager.

    Args:
        settings: what the user set.
        listener: who hears of progress.

    Raises:
        UsageError: the settings name an image by tag, or by a name that is none.
        RecipeError: there is no folder of recipes.
    """

    def __init__(self, settings: Settings | None = None, listener: Listener | None = None) -> None:
        self.settings = settings or Settings()
        self.listener = listener or Listener()
        self.cache = Cache(self.settings.cache, notice=self._notice)
        self.http = Http(offline=self.settings.offline)
        self.index = SimpleIndex(self.http, self.settings.index_url)
        self.stopwatch = Stopwatch()
        self._exits = contextlib.ExitStack()
        self._exits.callback(self.http.close)
        self._opening: Future[Sandboxes] | None = None
        self._refuse_what_is_not_there()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opening is not None:
            with contextlib.suppress(EngineError):
                _ = self.sandboxes
        self._exits.close()

    def expect(self, target: Target | None = None) -> None:
        """Begin to ask the engine, and the index for what a target needs; what goes wrong is told later."""
        image_id = None
        if target is not None:
            image_id = self.cache.get_memo(_IMAGE_MEMO, self._image_key(target))
        if isinstance(target, ReleaseTarget) and not self.settings.offline:
            self.index.expect(target.project)
        self._opening = ahead(lambda: self._open(image_id))

    def expect_again(self, target: Target, image_id: str) -> None:
        """Remember the image that a target needed: the next ``expect`` can begin to start a sandbox of it."""
        key = self._image_key(target)
        if self.cache.get_memo(_IMAGE_MEMO, key) != image_id:
            self.cache.put_memo(_IMAGE_MEMO, key, image_id)

    @property
    def engine(self) -> Engine:
        """The container engine; raises EngineError where none answers."""
        return self.sandboxes.engine

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """Where builds run; raises EngineError where no engine answers."""
        opening, self._opening = self._opening, None
        return self._exits.enter_context(opening.result() if opening else self._open())

    def _open(self, image_id: object = None) -> Sandboxes:
        sandboxes = Sandboxes(connect(), self.settings.policy)
        if isinstance(image_id, str):
            sandboxes.expect(image_id)
        return sandboxes

    def _image_key(self, target: Target) -> Digest:
        return Digest.of_bytes(repr((str(target), self.settings.image)).encode())

    @cached_property
    def catalog(self) -> "RecipeCatalog":
        """The recipes."""
        from wheelproof.recipe.catalog import RecipeCatalog  # noqa: PLC0415

        return RecipeCatalog(self.settings.recipes)

    def resolver(self, python: str) -> "Resolver":
        """What resolves build requirements for an interpreter, by its version ``X.Y``."""
        from wheelproof.rebuild.remember import RememberingResolver  # noqa: PLC0415
        from wheelproof.rebuild.resolve import UvResolver  # noqa: PLC0415
        from wheelproof.rebuild.resolve_legacy import LegacyResolver  # noqa: PLC0415

        resolver: Resolver
        if python.startswith("2."):
            resolver = LegacyResolver(index=self.index, http=self.http, cache=self.cache)
        else:
            url, folder = self.settings.index_url, self.cache.root / "uv"
            resolver = UvResolver(index_url=url, cache=folder, offline=self.settings.offline)
        return RememberingResolver(resolver=resolver, cache=self.cache, index_url=self.settings.index_url)

    def default_images(self) -> dict[tuple[str, bool], str]:
        """The defined images by Python version and whether they have compilers."""
        from wheelproof.container.definition import load_definitions  # noqa: PLC0415

        return {
            (definition.python, name.endswith("-cc")): name for name, definition in load_definitions().items()
        }

    def say(self, phase: Phase, about: str = "") -> None:
        """A phase begins or goes on: the stopwatch and the listener hear of it."""
        self.stopwatch.enter(phase)
        self.listener.phase(phase, about)

    def _notice(self, text: str) -> None:
        self.listener.phase(self.stopwatch.phase, text)

    def _refuse_what_is_not_there(self) -> None:
        """An image that can't be meant, or a folder that is none, is refused before anything is fetched."""
        if self.settings.image is not None:
            from wheelproof.container.image import check_image_name  # noqa: PLC0415

            check_image_name(self.settings.image)
        if self.settings.recipes is not None:
            _ = self.catalog
