"""What candidates are ranked by: a matrix of features, each of which a person can understand.

Every feature is between 0 and about 2 and grows with relevance, but for `asks`. They were chosen
from some forty on conversations written for this project; what each is worth is in
docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from retrieval.candidates import Candidates, Floats
from retrieval.timefit import time_fit
from retrieval.understanding.records import Answer, Question, Understanding
from stores.signature import MOST_NAMES, Trait, code

#: What a term in the next turn, and in the one after, counts against one in the turn itself.
NEAR, FAR = 0.7, 0.4
#: So many of a session's best make what the session is worth.
_OF_SESSION = 3
_PAIRS = 3
#: What shared words count in a passage, which is of nobody and no conversation. Questions to
#: passages need several that share few words with them (chosen on MuSiQue; docs/benchmarks.md).
IN_PASSAGES = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question, as far as features need it."""

    #: Its terms in order, also those that occur twice.
    terms: tuple[str, ...]
    understood: Understanding
    #: (n,) what the other channels say for each candidate, 0..1.
    support: Floats
    #: (n,) how near each lies to what the question names, 0..1; 0 if nobody looked.
    graph: Floats | float = 0.0


def matrix(found: Candidates, asked: Asked, names: tuple[str, ...]) -> Floats:
    """(n, len(names)) the features of every candidate."""
    if not len(found):
        return np.zeros((0, len(names)))
    return np.column_stack([FEATURES[name](found, asked) for name in names])


def window(found: Candidates) -> Floats:
    """What the turns around add: terms of the question that they hold and the turn does not."""
    holds = found.holds.astype(np.float64)
    padded = np.vstack([holds, np.zeros((1, holds.shape[1]))])
    before, after = np.append(found.before, len(found)), np.append(found.after, len(found))
    near = np.maximum(padded[found.before], padded[found.after])
    far = np.maximum(padded[before[found.before]], padded[after[found.after]])
    around = np.maximum(holds, np.maximum(NEAR * near, FAR * far))
    return np.asarray(((around - holds) * found.worth).sum(axis=1))


def session(found: Candidates) -> Floats:
    """The mean of the best three candidates of the session, by meaning and words."""
    coverage = (found.holds * found.worth).sum(axis=1)
    own = found.cosine + 0.4 * found.bm25 + 0.3 * (coverage + window(found))
    order = np.lexsort((-own, found.session))
    sessions = found.session[order]
    starts = np.searchsorted(sessions, np.arange(sessions[-1] + 1))
    among_best = np.arange(len(order)) - starts[sessions] < _OF_SESSION
    sums = np.bincount(sessions, weights=own[order] * among_best)
    return np.asarray((sums / np.bincount(sessions, weights=among_best))[found.session])


def phrase(found: Candidates, asked: Asked) -> Floats:
    """Pairs of words of the question that stand together in the text, up to three."""
    codes, owners = found.signatures.codes, found.signatures.owners
    adjacent = owners[:-1] == owners[1:] if len(owners) else np.zeros(0, dtype=np.bool_)
    total = np.zeros(len(found))
    for first, second in set(pairwise(asked.terms)):
        there = adjacent & (codes[:-1] == code(first)) & (codes[1:] == code(second))
        total += np.bincount(owners[:-1][there], minlength=len(found)) > 0
    return np.minimum(total, _PAIRS) / _PAIRS


def follows(found: Candidates) -> Floats:
    """How well the turn before fits by meaning, if it asks something."""
    low, high = float(found.cosine.min()), float(found.cosine.max())
    fit = (found.at(found.cosine, found.before, low) - low) / max(high - low, 1e-6)
    return found.at(found.has(Trait.ASKS), found.before) * fit


def _wanted(asked: Asked, answer: Answer, values: Floats) -> Floats:
    """The values, if that kind of answer is wanted: how long wants numbers and words for times."""
    wanted = {asked.understood.answer}
    if asked.understood.question is Question.DURATION:
        wanted |= {Answer.NUMBER, Answer.DATE}
    return values if answer in wanted else np.zeros(len(values))


def _names(found: Candidates) -> Floats:
    return found.signatures.names.astype(np.float64) / MOST_NAMES


_Feature = Callable[[Candidates, Asked], Floats]

#: Every feature by name. What a `where` question wants is a place, and so on.
FEATURES: Mapping[str, _Feature] = {
    "words": lambda found, _: found.bm25 * np.where(found.said, 1.0, IN_PASSAGES),
    "meaning": lambda found, _: found.cosine,
    "window": lambda found, _: window(found),
    "time": lambda found, asked: time_fit(found, asked.understood.times),
    "key": lambda found, _: found.keyed - found.cosine,
    "session": lambda found, _: session(found),
    "answers": lambda found, _: found.at(found.has(Trait.ENDS_ASKING) * found.bm25, found.before),
    "follows": lambda found, _: follows(found),
    "place": lambda found, asked: _wanted(asked, Answer.PLACE, _names(found)),
    "person": lambda found, asked: _wanted(asked, Answer.PERSON, _names(found)),
    "number": lambda found, asked: _wanted(asked, Answer.NUMBER, found.has(Trait.NUMBER)),
    "date": lambda found, asked: _wanted(asked, Answer.DATE, found.has(Trait.TIME_WORD)),
    "dated": lambda found, asked: _wanted(asked, Answer.DATE, found.has(Trait.RELATIVE_TIME)),
    "speaker": lambda found, _: found.named.astype(np.float64),
    "voice": lambda found, _: found.named * found.has(Trait.FIRST_PERSON),
    "asks": lambda found, _: found.has(Trait.ASKS),
    "phrase": phrase,
    "length": lambda found, _: np.log1p(found.signatures.words.astype(np.float64)),
    "support": lambda _, asked: asked.support,
    "graph": lambda found, asked: np.asarray(asked.graph * ~found.said),
}
