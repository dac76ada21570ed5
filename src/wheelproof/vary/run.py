"""A run: the source, what it is built with, the builds that the search asks for, and the document."""

import time
from pathlib import Path

from wheelproof.core.errors import NotCheckedError
from wheelproof.pipeline.lock import contents_of, find_needs, locked_image
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.locking import NotLockedError, surroundings
from wheelproof.rebuild.requirements import RequirementNotBuiltError
from wheelproof.report.vary_document import VaryReport
from wheelproof.vary.observe import Seen
from wheelproof.vary.search import Search
from wheelproof.vary.settle import VaryOptions, chosen_variations, refused_variations, settle
from wheelproof.vary.source import open_source
from wheelproof.vary.tell import Ran, tell, tell_not_built
from wheelproof.vary.works import Works


def vary(session: Session, path: Path, options: VaryOptions) -> VaryReport:
    """Build a source several times, and find which variation changes which member.

    No more than two builds and one for each variation are made, and as many more as nothing is to be varied
    again beyond once.

    Args:
        session: the connections; an image that its settings name is the one that is built in.
        path: an sdist, a git checkout or another folder of a project.
        options: what is varied, and how the source is built.

    Raises:
        UsageError: the source or an option can't be what is meant.
        MalformedError: the source breaks its format.
        FetchError: the index failed, or a git repository can't be read.
        EngineError: the engine failed.
        NotCheckedError: no image is for the source, or what was asked for by name can't be varied.
    """
    begun_s = time.monotonic()
    chosen = chosen_variations(options)
    settled = settle(session, open_source(session, path), options)
    refused = refused_variations(session, chosen, settled.image)
    if asked := [name for name in options.variations if name in refused]:
        raise NotCheckedError(f"{asked[0]} can't be varied: {refused[asked[0]]}", hint="Leave it out.")
    applied = tuple(name for name in chosen if name not in refused)
    source = settled.source
    around = surroundings(settled.image.interpreter, source.sdist, source.file, dict(settled.image.variables))
    try:
        needs = find_needs(
            session,
            recipe=settled.recipe,
            image=settled.image,
            sdist=source.sdist,
            source=source.file,
            as_of=settled.as_of,
        )
        works = Works(session=session, settled=settled, around=around, needs=needs)
        works.make_ready()
    except (NotLockedError, RequirementNotBuiltError) as error:
        return tell_not_built(str(path), settled, error.message, error.outcome, time.monotonic() - begun_s)
    if "time" in applied:
        works.hold_the_clock()
    search = Search[Seen](
        make=works.make,
        differing=works.differing,
        fails=lambda seen: seen.wheel is None,
        limit=2 + len(applied) + max(0, options.repeat - 1),
    )
    found = search.run(applied, repeat=options.repeat)
    ran = Ran(
        target=str(path),
        settled=settled,
        image=locked_image(settled.image, contents_of(session, settled.image)),
        needs=needs,
        around=around,
        chosen=chosen,
        refused=refused,
        found=found,
        builds=tuple(build for _, build in search.made),
        duration_s=time.monotonic() - begun_s,
    )
    return tell(ran)
