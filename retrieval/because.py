"""Because: what keeps a memory out of an answer or puts it where it stands, in sentences. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from retrieval.gather import SEEDS
from retrieval.standing import InChannel, Nearness, Standing
from stores.ids import MemoryId
from stores.nearness import Embedding
from stores.records import MemCube, State
from stores.scope import HISTORICAL_STATES, Filter


class Exclusion(StrEnum):
    """What can keep a memory out of an answer."""

    SPACE = "space"
    ERASED = "erased"
    STATE = "state"
    EXPIRED = "expired"
    KNOWN = "not-known"
    VALID = "not-valid"
    ENDED = "ended"
    TYPE = "type"
    KIND = "kind"
    SESSION = "session"
    TIME_RANGE = "time-range"
    TAGS = "tags"
    SPEAKER = "speaker"
    METADATA = "metadata"
    NOT_EMBEDDED = "not-embedded"
    NOT_FOUND = "not-found"
    NOT_COMPARED = "not-compared"
    FOLDED = "folded"
    ABSTAINED = "abstained"
    BEYOND_K = "beyond-k"
    BEYOND_BUDGET = "beyond-budget"


#: What keeps a memory out, and the sentence that says so.
Because = tuple[Exclusion, str]
#: What a feature must add more or less to be worth telling.
NOTABLE = 0.5
_TOLD = 3
#: Places beyond this did not bring it up.
_HIGH = 20
_WORDS = 6

#: Of a candidate for which a feature says less than for the first one.
_LESS: Mapping[str, str] = {
    "words": "its words fit the question less",
    "meaning": "its meaning is farther from the question",
    "window": "the words around it do not match",
    "time": "it does not fit the time asked for",
    "key": "nothing that rests on it fits better than itself",
    "session": "its session has less to do with the question",
    "answers": "what was said before it does not ask this",
    "follows": "what was said before it is about something else",
    "place": "it names less that could be the place asked for",
    "person": "it names less that could be the person asked for",
    "number": "it holds no number to answer with",
    "date": "it holds no time to answer with",
    "dated": "it tells no time as seen from when it was said",
    "speaker": "it is not by or about whom the question names",
    "voice": "whom the question names does not speak in it",
    "asks": "it asks rather than tells",
    "phrase": "the question's words do not stand together in it",
    "length": "it is short",
    "graph": "it lies farther from what the question names",
    "support": "name, tags, time and importance speak less for it",
}


def kept_out(
    cube: MemCube, failed: Collection[str], limits: Filter, *, space: str
) -> list[Because]:
    """Every condition that a version fails, as the stores name them, in their order."""
    if "space" in failed:
        elsewhere = f"It is in the space {cube.space!r}, not in {space!r}."
        return [(Exclusion.SPACE, elsewhere)]
    if cube.lifecycle.state is State.ERASED:
        gone = f"It was erased on {_at(cube.time.created_at)}; nothing of it is left but its id."
        return [(Exclusion.ERASED, gone)]
    told = [
        (exclusion, said(cube, limits))
        for name, (exclusion, said) in _CONDITIONS.items()
        if name in failed
    ]
    return list(dict.fromkeys(told))


def aging(cube: MemCube) -> tuple[str, ...]:
    """That a memory is stale, if it is."""
    return ("It is stale: what it rests on has changed since.",) if cube.data.get("stale") else ()


def unfound(
    embedding: Embedding,
    near: Nearness,
    channels: Mapping[str, InChannel],
    labels: Mapping[str, str],
    words: Mapping[str, str],
) -> list[Because]:
    """Why nothing made it a candidate, although it may be seen."""
    found = []
    if "dense" in channels and not embedding.embedded:
        found.append((Exclusion.NOT_EMBEDDED, _unembedded(embedding)))
    low = [(c.rank, labels.get(name, name)) for name, c in channels.items() if c.rank is not None]
    if low:
        places = " and ".join(f"{ordinal(rank)} by {label}" for rank, label in sorted(low))
        said = f"It is {places}, but only the best {SEEDS} of a channel are compared."
        return [*found, (Exclusion.NOT_COMPARED, said)]
    said = " ".join(["No channel found it.", *_in_vain(near, channels, labels, words)])
    return [*found, (Exclusion.NOT_FOUND, said)]


def shown_instead(face: MemoryId) -> Because:
    """Another memory of its group is shown."""
    said = f"The memory {face} stands for it: both rest on one episode, and take one place."
    return Exclusion.FOLDED, said


def told_before(behind: Sequence[MemoryId]) -> Because:
    """All it rests on is told by better ones."""
    names = " and ".join(map(str, behind))
    said = f"What it rests on is already told by a better hit: {names}."
    return Exclusion.FOLDED, said


def nothing_fits() -> Because:
    """Recall abstained."""
    said = "Nothing was answered: even the best candidates have nothing to do with the question."
    return Exclusion.ABSTAINED, said


def unasked(channel: str) -> str:
    """A channel could not answer."""
    return f"The channel {channel!r} could not be asked; ask again."


def beyond_k(rank: int, k: int) -> Because:
    """Better ones were enough."""
    return Exclusion.BEYOND_K, f"It is {ordinal(rank)}, beyond the {k} asked for as k."


def beyond_budget(budget: int) -> Because:
    """Better ones took the tokens."""
    return (
        Exclusion.BEYOND_BUDGET,
        f"It does not fit into what better hits leave of {budget} tokens.",
    )


def ranked(
    own: Standing,
    best: Standing,
    *,
    of: int,
    itself: bool,
    asked: int,
    labels: Mapping[str, str],
    words: Mapping[str, str],
) -> str:
    """Its place in one sentence, and what it lacks against the first; `asked` terms there are.

    What rests on an episode is ranked with it, and not by `itself`.
    """
    how = "Ranked" if itself else "Ranked with the episode it rests on,"
    high = sorted(
        (c.rank, labels.get(name, name)) for name, c in own.channels.items() if c.rank is not None
    )
    parts = [f"{ordinal(rank)} by {label}" for rank, label in high if rank <= _HIGH]
    parts += [_shares(own.shared, asked, words), *_lacks(own, best)]
    return f"{how} {ordinal(own.rank)} of {of}: {'; '.join(parts)}."


def ordinal(number: int) -> str:
    """1st, 2nd, 11th."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in {11, 12, 13} else endings.get(number % 10, "th")
    return f"{number}{ending}"


def _shares(shared: Sequence[str], asked: int, words: Mapping[str, str]) -> str:
    if not shared:
        return "shares no word with the question"
    only = "only " if len(shared) * 2 < asked else ""
    quoted = ", ".join(f"'{words.get(term, term)}'" for term in shared[:_WORDS])
    return f"shares {only}{quoted} with the question"


def _lacks(own: Standing, best: Standing) -> list[str]:
    """The most weighty features in which it is behind, the weightiest first."""
    behind = {
        _LESS.get(name, f"its {name} is less"): best.features[name].contribution - f.contribution
        for name, f in own.features.items()
        # Fewer words shared have been told already.
        if not (name == "words" and len(own.shared) < len(best.shared))
    }
    behind["how far it is trusted and used, or its age, counts against it"] = best.prior - own.prior
    order = sorted(behind.items(), key=lambda item: -item[1])
    return [said for said, lack in order[:_TOLD] if lack >= NOTABLE]


def _unembedded(embedding: Embedding) -> str:
    if embedding.error is not None:
        return (
            f"It could not be embedded ({embedding.error}) and stands aside until the space is"
            " consolidated again, so it cannot be found by meaning."
        )
    if embedding.owed:
        return "It is not embedded yet, so it cannot be found by meaning: let the space settle."
    return "It has no embedding of the model in use, so it cannot be found by meaning."


def _in_vain(
    near: Nearness,
    channels: Mapping[str, InChannel],
    labels: Mapping[str, str],
    words: Mapping[str, str],
) -> list[str]:
    """What each channel had against it."""
    said = []
    for name, there in channels.items():
        last = (
            "" if there.last is None else f", the last of the {there.found} found {there.last:.2f}"
        )
        if name == "lexical" and not near.shared:
            said.append("It shares no word with the question.")
        elif name == "lexical":
            held = ", ".join(f"'{words.get(term, term)}'" for term in near.shared[:_WORDS])
            said.append(
                f"By words it scores {near.bm25:.2f}{last}: it shares {held},"
                f" {near.share:.0%} of what the question's words weigh."
            )
        elif there.score is not None:
            said.append(f"By {labels.get(name, name)} it scores {there.score:.2f}{last}.")
        elif name != "dense":
            said.append(f"By {labels.get(name, name)} it is not among the {there.found} found.")
    return said


def _at(moment: datetime | None) -> str:
    return "an unknown time" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _one_of(values: Sequence[object]) -> str:
    return " or ".join(map(str, values))


def _state(cube: MemCube, limits: Filter) -> str:
    state = cube.lifecycle.state
    since = _at(cube.time.created_at)
    if state in HISTORICAL_STATES and state not in limits.states:
        return f"It is {state}, since {since}; include_superseded brings it all the same."
    return f"It is {state}, since {since}; no recall brings it."


def _ended(cube: MemCube, limits: Filter) -> str:  # noqa: ARG001
    ended = _at(cube.time.invalid_at)
    return f"What it says ended on {ended}; include_superseded brings it all the same."


def _known(cube: MemCube, limits: Filter) -> str:
    known = limits.as_of.known
    return f"It was stored on {_at(cube.time.created_at)} and not known yet on {_at(known)}."


def _valid(cube: MemCube, limits: Filter) -> str:
    asked = limits.as_of.valid
    ended = cube.time.invalid_at
    if asked is not None and ended is not None and ended <= asked:
        return f"What it says ended on {_at(ended)}, before {_at(asked)}."
    began = cube.time.valid_at or cube.time.occurred_at or cube.time.created_at
    return f"What it says holds since {_at(began)}, not yet on {_at(asked)}."


def _in_session(cube: MemCube, limits: Filter) -> str:
    own = "no session" if cube.session_id is None else f"the session {cube.session_id!r}"
    return f"It is of {own}, not of {limits.session_id!r}."


def _in_time(cube: MemCube, limits: Filter) -> str:
    sides = [(w, t) for w, t in (("from", limits.since), ("to", limits.until)) if t is not None]
    asked = " ".join(f"{word} {_at(moment)}" for word, moment in sides)
    happened = cube.time.occurred_at
    if happened is not None:
        return f"It happened on {_at(happened)}, outside the time asked for, {asked}."
    until = "" if cube.time.invalid_at is None else f" until {_at(cube.time.invalid_at)}"
    began = _at(cube.time.valid_at or cube.time.created_at)
    return f"It holds since {began}{until}, outside the time asked for, {asked}."


def _tagged(cube: MemCube, limits: Filter) -> str:
    missing = ", ".join(repr(tag) for tag in limits.tags if tag not in cube.tags)
    return f"It does not have the tag {missing}."


def _spoken(cube: MemCube, limits: Filter) -> str:
    own = cube.data.get("speaker")
    said = "It does not say who speaks" if own is None else f"{own} says it"
    return f"{said}; asked for is what {limits.speaker} says."


#: By the names of `stores.scope.visible`.
_CONDITIONS: Mapping[str, tuple[Exclusion, Callable[[MemCube, Filter], str]]] = {
    "state": (Exclusion.STATE, _state),
    "event": (
        Exclusion.KIND,
        lambda _cube, _limits: "It is an event, which is recalled where kinds ask for it.",
    ),
    "summary": (
        Exclusion.KIND,
        lambda _cube, _limits: "It is a summary, which is recalled where kinds ask for it.",
    ),
    "graph": (
        Exclusion.TYPE,
        lambda cube, _: f"It is {cube.type}, which is recalled where types ask for it.",
    ),
    "expires_at": (
        Exclusion.EXPIRED,
        lambda cube, _: f"It expired on {_at(cube.lifecycle.expires_at)}.",
    ),
    "known": (Exclusion.KNOWN, _known),
    "valid": (Exclusion.VALID, _valid),
    "invalid_at": (Exclusion.ENDED, _ended),
    "types": (
        Exclusion.TYPE,
        lambda cube, limits: f"It is {cube.type}; asked for is {_one_of(limits.types)}.",
    ),
    "kinds": (
        Exclusion.KIND,
        lambda cube, limits: f"It is a {cube.kind}; asked for is {_one_of(limits.kinds)}.",
    ),
    "session_id": (Exclusion.SESSION, _in_session),
    "since": (Exclusion.TIME_RANGE, _in_time),
    "until": (Exclusion.TIME_RANGE, _in_time),
    "tags": (Exclusion.TAGS, _tagged),
    "speaker": (Exclusion.SPEAKER, _spoken),
    "metadata": (
        Exclusion.METADATA,
        lambda _, limits: f"Its metadata does not contain {json.dumps(dict(limits.metadata))}.",
    ),
}
