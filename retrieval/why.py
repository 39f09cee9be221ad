"""Why: whether a memory is among the answer, and what put it there or kept it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval import because, channels, second_opinion
from retrieval.because import Because, Exclusion
from retrieval.deep import bridge, llm_prober
from retrieval.folding import fold
from retrieval.recall import SPARE, Examined, Recaller, RecallRequest
from retrieval.standing import (
    InChannel,
    Nearness,
    Standing,
    differing,
    in_channels,
    nearness,
    place_of,
    standing,
)
from stores import nearness as near
from stores.database import Database
from stores.ids import MemoryId
from stores.lexical import words_by_term
from stores.nearness import Checked, Embedding
from stores.records import MemCube, State
from stores.scope import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Where a memory stands to a question, and why it is among the answer or not."""

    memory_id: MemoryId
    recalled: bool
    #: Its place among all candidates and what put it there; None, if it is none.
    standing: Standing | None
    #: How many candidates there are.
    candidates: int
    #: Its place in every channel that answered.
    channels: Mapping[str, InChannel]
    #: None, where nothing of it may be searched.
    nearness: Nearness | None
    #: The first candidate, with the features that differ notably; None, if it is that itself.
    best: Standing | None
    excluded_by: tuple[Exclusion, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Looked:
    """What was looked up of the one memory."""

    near: Nearness
    embedding: Embedding


async def why(
    database: Database,
    recaller: Recaller,
    scope: Scope,
    request: RecallRequest,
    found: tuple[MemCube, Checked],
) -> Why:
    """The account of one memory, of the version that the search looks at, and its one space."""
    cube, checked = found
    if "space" in checked.failed or cube.lifecycle.state is State.ERASED:
        return _unsearched(scope, request, found)
    examined = await recaller.examine(scope, replace(request, explain=False))
    looked = await _look(database, scope, examined, found)
    words = words_by_term(examined.query.text)
    place = place_of(cube.id, examined.ranking)
    best = standing(0, examined.ranking, examined.pools.found) if examined.ranking.ranked else None
    if place is None or best is None:
        return _uncandidate(scope, request, examined, found, looked, best)
    own = standing(place, examined.ranking, examined.pools.found)
    recalled = any(hit.memory.id == cube.id for hit in examined.result.hits)
    reasons = [] if recalled else await _passed_over(request, examined, cube.id, place)
    of = len(examined.ranking.ranked)
    ranked = because.ranked(
        own,
        best,
        of=of,
        itself=examined.ranking.ranked[place].members[0].memory_id == cube.id,
        asked=len(examined.query.terms),
        labels=_labels(),
        words=words,
    )
    return Why(
        memory_id=cube.id,
        recalled=recalled,
        standing=own,
        candidates=of,
        channels=own.channels,
        nearness=_in_words(looked.near, words),
        best=None if place == 0 else _differing(own, best),
        excluded_by=_exclusions(reasons),
        reasons=(ranked, *because.aging(cube), *(said for _, said in reasons)),
    )


def _unsearched(scope: Scope, request: RecallRequest, found: tuple[MemCube, Checked]) -> Why:
    """Of what is somewhere else or gone, nothing is compared with the question."""
    cube, checked = found
    reasons = because.kept_out(cube, checked.failed, request.limits, space=scope.spaces[0].name)
    return Why(
        memory_id=cube.id,
        recalled=False,
        standing=None,
        candidates=0,
        channels={},
        nearness=None,
        best=None,
        excluded_by=_exclusions(reasons),
        reasons=tuple(said for _, said in reasons),
    )


def _uncandidate(
    scope: Scope,
    request: RecallRequest,
    examined: Examined,
    found: tuple[MemCube, Checked],
    looked: _Looked,
    best: Standing | None,
) -> Why:
    """Of what may not be seen, or nothing led to."""
    cube, checked = found
    words = words_by_term(examined.query.text)
    exact = {"dense": looked.near.cosine, "lexical": looked.near.bm25}
    there = in_channels(
        {cube.id},
        examined.pools.found,
        {name: score for name, score in exact.items() if score is not None},
    )
    if checked.failed:
        reasons = because.kept_out(cube, checked.failed, request.limits, space=scope.spaces[0].name)
    else:
        reasons = because.unfound(looked.embedding, looked.near, there, _labels(), words)
    unasked = [because.unasked(name) for name in examined.pools.degraded]
    return Why(
        memory_id=cube.id,
        recalled=False,
        standing=None,
        candidates=len(examined.ranking.ranked),
        channels=there,
        nearness=_in_words(looked.near, words),
        best=None if best is None else _differing(None, best),
        excluded_by=_exclusions(reasons),
        reasons=(*(said for _, said in reasons), *unasked),
    )


async def _passed_over(
    request: RecallRequest, examined: Examined, memory_id: MemoryId, place: int
) -> list[Because]:
    """What keeps a candidate out of the answer."""
    ranking = examined.ranking
    face = ranking.ranked[place].face.memory_id
    reasons: list[Because] = []
    if face != memory_id:
        reasons.append(because.shown_instead(face))
    best = ranking.ranked[: request.k + SPARE]
    folded = fold(best, await examined.search.cubes([ranked.version for ranked in best]))
    answered = [ranked.face.memory_id for ranked in folded.kept[: request.k]]
    if face in folded.behind:
        reasons.append(because.told_before(folded.behind[face]))
    elif face not in answered:
        reasons.append(because.beyond_k(place + 1, request.k))
    if ranking.nothing_fits:
        reasons.append(because.nothing_fits())
    elif (
        request.budget_tokens is not None
        and face in answered
        and all(hit.memory.id != face for hit in examined.result.hits)
    ):
        reasons.append(because.beyond_budget(request.budget_tokens))
    return reasons


async def _look(
    database: Database, scope: Scope, examined: Examined, found: tuple[MemCube, Checked]
) -> _Looked:
    """The memory compared with the question, whether or not a channel found it."""
    cube, checked = found
    query = examined.query
    async with database.read(scope.tenant) as session:
        embedding = await near.embedding_of(
            session, cube.id, checked.text_version, question=query.embedding, model=query.model
        )
        occurrences = await near.occurrences(
            session, cube.space_id, cube.id, checked.text_version, query.terms
        )
    compared = nearness(query.terms, query.counts[0], occurrences, cosine=embedding.cosine)
    return _Looked(near=compared, embedding=embedding)


def _in_words(compared: Nearness, words: Mapping[str, str]) -> Nearness:
    """With the question's words in place of its terms."""
    return replace(compared, shared=tuple(words.get(term, term) for term in compared.shared))


def _differing(own: Standing | None, best: Standing) -> Standing:
    return replace(best, features=differing(own, best, because.NOTABLE))


def _exclusions(reasons: Sequence[Because]) -> tuple[Exclusion, ...]:
    return tuple(dict.fromkeys(exclusion for exclusion, _ in reasons))


def _labels() -> dict[str, str]:
    """What the channels go by, what leads on from their best, and what reads these once more."""
    named = {channel.name: channel.label for channel in channels.load()}
    stages = (bridge, llm_prober, second_opinion)
    return {**named, **{stage.NAME: stage.LABEL for stage in stages}}
