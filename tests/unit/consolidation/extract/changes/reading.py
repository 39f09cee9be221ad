"""What a sentence of Caroline's claims, short enough for a table."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from consolidation.extract.protocol import Claim, Utterance
from consolidation.extract.sentences import SentenceExtractor


def values(sentence: str, family: str) -> set[str]:
    """The objects of the claims whose predicate begins so, with "not " before those denied.

    Somebody else's have their name before them, and those of a family that ends in "_" their
    predicate: "Anna: own_flight: 9".
    """
    utterance = Utterance(
        episode_id=UUID(int=1), content=sentence, speaker="Caroline", role="user", kind="message",
        occurred_at=datetime(2023, 5, 8, 13, 56, tzinfo=UTC), session_id="s1",
    )  # fmt: skip
    found = asyncio.run(SentenceExtractor().extract([utterance])).candidates
    return {
        _written(c.claim, family)
        for c in found
        if c.claim and (c.claim.predicate == family or _is_of(c.claim, family))
    }


def _is_of(claim: Claim, family: str) -> bool:
    return family.endswith("_") and claim.predicate.startswith(family)


def _written(claim: Claim, family: str) -> str:
    who = "" if claim.subject.name == "Caroline" else f"{claim.subject.name}: "
    what = f"{claim.predicate}: " if _is_of(claim, family) else ""
    return f"{who}{what}{'not ' if claim.negated else ''}{claim.object.name}"
