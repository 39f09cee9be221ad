"""The sentences that say what keeps a memory out of an answer, or where it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from retrieval import because
from retrieval.because import Exclusion
from retrieval.features import FEATURES
from retrieval.gather import SEEDS
from retrieval.rerank import MODEL
from retrieval.standing import Feature, InChannel, Nearness, Standing, differing, nearness
from stores.ids import SpaceId, TenantId
from stores.nearness import Embedding, Occurrence
from stores.records import Lifecycle, Space, State, Times
from stores.scope import AsOf, Filter, Scope, visible
from stores.search import TermCounts
from tests.fixtures.records import MOMENT, cube, memory_id

LATER = MOMENT + timedelta(days=1)
EARLIER = MOMENT - timedelta(days=1)
LABELS = {"dense": "meaning", "lexical": "words", "tags": "tags"}
WORDS = {"trip": "trip", "hike": "hiking"}
FAR = Nearness(cosine=0.12, bm25=0.0, shared=(), share=0.0)
EMBEDDED = Embedding(cosine=0.12, embedded=True, owed=False, error=None)


def channel(rank: int | None = None, **changes: Any) -> InChannel:
    return InChannel(**{"rank": rank, "score": 0.12, "found": 100, "last": 0.31, **changes})


def stands(
    rank: int, *, prior: float = 0.0, shared: tuple[str, ...] = (), **adds: float
) -> Standing:
    """A candidate with features of weight 1."""
    return Standing(
        face=memory_id(rank),
        rank=rank,
        relevance=0.5,
        channels={"dense": channel(rank), "tags": channel(None)},
        features={name: Feature(value=value, weight=1.0) for name, value in adds.items()},
        prior=prior,
        shared=shared,
    )


@pytest.mark.parametrize(
    ("failed", "changes", "limits", "exclusion", "said"),
    [
        ("state", {"lifecycle": Lifecycle(state=State.INVALIDATED)}, Filter(), Exclusion.STATE,
         "It is invalidated, since 2024-05-08 13:56 UTC; include_superseded brings it all the"
         " same."),
        ("state", {"lifecycle": Lifecycle(state=State.ARCHIVED)}, Filter(), Exclusion.STATE,
         "It is archived, since 2024-05-08 13:56 UTC; no recall brings it."),
        ("state", {"lifecycle": Lifecycle(state=State.ERASED)}, Filter(), Exclusion.ERASED,
         "It was erased on 2024-05-08 13:56 UTC; nothing of it is left but its id."),
        ("expires_at", {"lifecycle": Lifecycle(expires_at=MOMENT)}, Filter(), Exclusion.EXPIRED,
         "It expired on 2024-05-08 13:56 UTC."),
        ("known", {}, Filter(as_of=AsOf(known=EARLIER)), Exclusion.KNOWN,
         "It was stored on 2024-05-08 13:56 UTC and not known yet on 2024-05-07 13:56 UTC."),
        ("valid", {}, Filter(as_of=AsOf(valid=EARLIER)), Exclusion.VALID,
         "What it says holds since 2024-05-08 13:56 UTC, not yet on 2024-05-07 13:56 UTC."),
        ("valid", {"time": Times(created_at=MOMENT, invalid_at=MOMENT)},
         Filter(as_of=AsOf(valid=LATER)), Exclusion.VALID,
         "What it says ended on 2024-05-08 13:56 UTC, before 2024-05-09 13:56 UTC."),
        ("invalid_at", {"time": Times(created_at=EARLIER, invalid_at=MOMENT)}, Filter(),
         Exclusion.ENDED, "What it says ended on 2024-05-08 13:56 UTC; include_superseded brings it"
         " all the same."),
        ("types", {}, Filter(types=("semantic", "graph")), Exclusion.TYPE,
         "It is episodic; asked for is semantic or graph."),
        ("kinds", {}, Filter(kinds=("fact",)), Exclusion.KIND,
         "It is a message; asked for is fact."),
        ("session_id", {"session_id": "s1"}, Filter(session_id="s2"), Exclusion.SESSION,
         "It is of the session 's1', not of 's2'."),
        ("session_id", {}, Filter(session_id="s2"), Exclusion.SESSION,
         "It is of no session, not of 's2'."),
        ("since", {}, Filter(since=LATER), Exclusion.TIME_RANGE, "It happened on 2024-05-08 13:56"
         " UTC, outside the time asked for, from 2024-05-09 13:56 UTC."),
        ("until", {"time": Times(created_at=MOMENT, invalid_at=LATER)}, Filter(until=EARLIER),
         Exclusion.TIME_RANGE, "It holds since 2024-05-08 13:56 UTC until 2024-05-09 13:56 UTC,"
         " outside the time asked for, to 2024-05-07 13:56 UTC."),
        ("tags", {"tags": ("a",)}, Filter(tags=("a", "b")), Exclusion.TAGS,
         "It does not have the tag 'b'."),
        ("speaker", {"data": {"speaker": "Nora"}}, Filter(speaker="Paul"), Exclusion.SPEAKER,
         "Nora says it; asked for is what Paul says."),
        ("metadata", {}, Filter(metadata={"app": "chat"}), Exclusion.METADATA,
         'Its metadata does not contain {"app": "chat"}.'),
    ],
    ids=lambda value: value if isinstance(value, Exclusion) else "",
)  # fmt: skip
def test_a_condition_is_told_with_what_was_asked_and_what_is(
    failed: str, changes: dict[str, Any], limits: Filter, exclusion: Exclusion, said: str
) -> None:
    assert because.kept_out(cube(**changes), [failed], limits, space="home") == [(exclusion, said)]


def test_every_condition_of_a_search_has_its_sentence() -> None:
    space = Space(id=SpaceId(memory_id(2)), name="home", policies={}, created_at=MOMENT)
    scope = Scope(tenant=TenantId(memory_id(1)), spaces=(space,))
    for as_of in (AsOf(), AsOf(valid=MOMENT, known=MOMENT)):
        limits = Filter(
            types=("a",), kinds=("b",), session_id="c", since=MOMENT, until=MOMENT, tags=("d",),
            speaker="e", metadata={"f": 1}, as_of=as_of,
        )  # fmt: skip
        # The tenant's other ids are those of nobody.
        for name in visible(scope, limits).named.keys() - {"tenant"}:
            assert because.kept_out(cube(), [name], limits, space="home"), name


def test_conditions_come_one_by_one() -> None:
    limits = Filter(types=("semantic",), kinds=("fact",), since=LATER, until=LATER)
    found = because.kept_out(cube(), ["types", "kinds", "since", "until"], limits, space="home")
    assert [exclusion for exclusion, _ in found] == [
        Exclusion.TYPE, Exclusion.KIND, Exclusion.TIME_RANGE,
    ]  # fmt: skip


def test_of_a_memory_elsewhere_only_that_is_told() -> None:
    found = because.kept_out(cube(), ["space", "state"], Filter(), space="work")
    assert found == [(Exclusion.SPACE, "It is in the space 'home', not in 'work'.")]


@pytest.mark.parametrize(
    ("embedding", "said"),
    [
        (Embedding(cosine=None, embedded=False, owed=True, error=None), "not embedded yet"),
        (Embedding(cosine=None, embedded=False, owed=True, error="BackendRefused"),
         "could not be embedded (BackendRefused)"),
        (Embedding(cosine=None, embedded=False, owed=False, error=None), "no embedding of the"),
    ],
)  # fmt: skip
def test_what_has_no_embedding_cannot_be_found_by_meaning(embedding: Embedding, said: str) -> None:
    found = because.unfound(embedding, FAR, {"dense": channel(None, score=None)}, LABELS, WORDS)
    assert [exclusion for exclusion, _ in found] == [Exclusion.NOT_EMBEDDED, Exclusion.NOT_FOUND]
    assert said in found[0][1]
    assert found[1][1] == "No channel found it."


def test_what_was_asked_by_words_alone_does_not_miss_an_embedding() -> None:
    owed = Embedding(cosine=None, embedded=False, owed=True, error=None)
    found = because.unfound(owed, FAR, {"lexical": channel()}, LABELS, WORDS)
    assert found == [
        (Exclusion.NOT_FOUND, "No channel found it. It shares no word with the question.")
    ]


def test_what_no_channel_found_is_told_its_scores_and_the_last_ones() -> None:
    near = Nearness(cosine=0.12, bm25=0.8, shared=("hike",), share=0.234)
    channels = {
        "dense": channel(), "lexical": channel(score=0.8, last=1.4, found=87),
        "tags": channel(score=None, found=3),
    }  # fmt: skip
    [(exclusion, said)] = because.unfound(EMBEDDED, near, channels, LABELS, WORDS)
    assert exclusion is Exclusion.NOT_FOUND
    assert said == (
        "No channel found it. By meaning it scores 0.12, the last of the 100 found 0.31."
        " By words it scores 0.80, the last of the 87 found 1.40: it shares 'hiking', 23% of what"
        " the question's words weigh. By tags it is not among the 3 found."
    )


def test_what_is_found_too_far_down_is_not_compared() -> None:
    channels = {"dense": channel(SEEDS + 12), "lexical": channel(SEEDS + 1)}
    [(exclusion, said)] = because.unfound(EMBEDDED, FAR, channels, LABELS, WORDS)
    assert exclusion is Exclusion.NOT_COMPARED
    assert said == (
        f"It is {because.ordinal(SEEDS + 1)} by words and {because.ordinal(SEEDS + 12)} by meaning,"
        f" but only the best {SEEDS} of a channel are compared."
    )


def test_a_place_is_told_with_what_is_shared_and_what_is_lacking() -> None:
    best = stands(1, shared=("trip", "hike"), words=3.0, window=2.0, session=2.6, asks=0.0)
    own = stands(34, shared=("trip",), words=1.0, window=0.1, session=2.4, asks=-0.8)
    said = because.ranked(own, best, of=180, itself=True, asked=3, labels=LABELS, words=WORDS)
    assert said == (
        "Ranked 34th of 180: shares only 'trip' with the question; the words around it do not"
        " match; it asks rather than tells."
    )


def test_the_first_lacks_nothing() -> None:
    best = stands(1, shared=("trip", "hike"), words=3.0)
    said = because.ranked(best, best, of=2, itself=True, asked=2, labels=LABELS, words=WORDS)
    assert said == "Ranked 1st of 2: 1st by meaning; shares 'trip', 'hiking' with the question."


def test_what_rests_on_an_episode_is_ranked_with_it() -> None:
    own = stands(1, shared=("trip",))
    said = because.ranked(own, own, of=2, itself=False, asked=1, labels=LABELS, words=WORDS)
    assert said.startswith("Ranked with the episode it rests on, 1st of 2: ")


def test_what_counts_whatever_is_asked_is_told_too() -> None:
    own = stands(2, prior=-1.0, words=3.0)
    said = because.ranked(
        own, stands(1, words=3.0), of=2, itself=True, asked=2, labels=LABELS, words=WORDS
    )
    assert "shares no word with the question" in said
    assert said.endswith("how far it is trusted and used, or its age, counts against it.")


def test_every_feature_that_is_weighed_has_words() -> None:
    assert set(MODEL.features) <= set(because._LESS)
    assert set(because._LESS) <= set(FEATURES)


def test_the_best_is_shown_where_it_differs() -> None:
    best = stands(1, words=3.0, window=2.0, asks=0.0)
    assert set(differing(stands(2, words=2.8, window=0.5, asks=-0.7), best, 0.5)) == {
        "window", "asks",
    }  # fmt: skip
    assert set(differing(None, best, 0.5)) == {"words", "window"}


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (21, "21st")],
)
def test_places_are_spelled(number: int, said: str) -> None:
    assert because.ordinal(number) == said


def test_nearness_is_that_of_the_best_part() -> None:
    counts = TermCounts(parts=100, mean_length=5.0, counts=(3, 50), labelled=False)
    held = [Occurrence(part=part, term="rare", frequency=1, length=length)
            for part, length in ((0, 50), (1, 5))]  # fmt: skip
    long, short = (
        nearness(("rare", "common"), counts, rows, cosine=0.4) for rows in (held[:1], held)
    )
    assert short.bm25 > long.bm25 > 0
    assert short.shared == ("rare",)
    assert 0.5 < short.share < 1


def test_nearness_of_nothing_shared_is_nothing() -> None:
    counts = TermCounts(parts=0, mean_length=1.0, counts=(), labelled=False)
    found = nearness((), counts, (), cosine=None)
    assert found == Nearness(cosine=None, bm25=0.0, shared=(), share=0.0)
