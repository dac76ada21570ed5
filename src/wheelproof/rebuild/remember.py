"""A resolver that remembers: what stood on an index at a past instant does not change."""

from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, ValidationError

from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.resolve import Question, Resolver
from wheelproof.recipe.lock import LockedRequirement

_KIND = "resolution"
_ANSWER = TypeAdapter(tuple[LockedRequirement, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberingResolver:
    """Another resolver's answers, kept in the cache; failures are asked again.

    Attributes:
        resolver: who is asked first.
        cache: where answers are kept.
        index_url: part of what an answer depends on.
    """

    resolver: Resolver
    cache: Cache
    index_url: str

    def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
        """As the other resolver does; raises what it raises."""
        parts = asdict(question) | {"excluded": sorted(question.excluded), "index": self.index_url}
        key = Digest.of_bytes(repr(sorted(parts.items())).encode())
        try:
            return _ANSWER.validate_python(self.cache.get_memo(_KIND, key))
        except ValidationError:
            answer = self.resolver.resolve(question)
        self.cache.put_memo(_KIND, key, _ANSWER.dump_python(answer, mode="json"))
        return answer
