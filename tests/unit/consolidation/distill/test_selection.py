"""What may be learned: one table of reasons, and the order in which places are given away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from consolidation.distill.errors import BadPolicy
from consolidation.distill.policy import Selection, policy_of
from consolidation.distill.selection import Reason, select
from stores.candidates import Candidate
from stores.ids import MemoryId

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = Selection(consent=True)


def fact(number: int = 1, **more: Any) -> Candidate:
    """A memory that may be learned under the default rules."""
    names = {"subject": f"Ada{number}", "predicate": "door pin", "object": f"{number:04}"}
    made = Candidate(
        id=MemoryId(UUID(int=number)),
        kind="fact",
        content=f"The door pin of Ada{number} is {number:04}.",
        data=names,
        stable_since=NOW - timedelta(days=40),
        used=5,
        confirmations=1,
    )
    return replace(made, **more)


def reason_of(candidate: Candidate, policy: Selection = POLICY) -> Reason | None:
    """Why it is not learned."""
    selected = select([candidate], policy, NOW)
    return selected.excluded[0].reason if selected.excluded else None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"kind": "insight"}, Reason.KIND),
        ({"tags": ("never-learn",)}, Reason.NOT_CONSENTED),
        ({"sensitivity": ("health",)}, Reason.SENSITIVE),
        ({"visibility": "private"}, Reason.PRIVATE),
        ({"visibility": "session"}, Reason.PRIVATE),
        ({"legal_hold": True}, Reason.HELD),
        ({"invalid_at": NOW + timedelta(days=900)}, Reason.ENDS),
        ({"valid_at": NOW + timedelta(days=1)}, Reason.ENDS),
        ({"expires_at": NOW + timedelta(days=900)}, Reason.ENDS),
        ({"trust": 0.4}, Reason.UNTRUSTED),
        ({"confirmations": 0}, Reason.UNVERIFIED),
        ({"contradicted": True}, Reason.CONTRADICTED),
        ({"stable_since": NOW - timedelta(days=29)}, Reason.UNSTABLE),
        ({"used": 4}, Reason.UNUSED),
        ({"stable_since": NOW - timedelta(days=181)}, Reason.IDLE),
        (
            {"last_used_at": NOW - timedelta(days=1), "stable_since": NOW - timedelta(days=900)},
            None,
        ),
        (
            {"last_used_at": NOW - timedelta(days=181), "stable_since": NOW - timedelta(days=900)},
            Reason.IDLE,
        ),
        ({"content": "Yes.", "data": {}}, Reason.NOTHING_TO_ASK),
        ({"content": "x " * 400, "data": {}}, Reason.NOTHING_TO_ASK),
        # More than one holds: who consents matters before how often it was used.
        ({"tags": ("never-learn",), "used": 0}, Reason.NOT_CONSENTED),
    ],
)
def test_a_memory_is_learned_or_there_is_a_reason(
    change: dict[str, Any], reason: Reason | None
) -> None:
    assert reason_of(fact(**change)) is reason


def test_without_consent_only_what_is_tagged_is_learned() -> None:
    nobody = Selection()
    assert reason_of(fact(), nobody) is Reason.NOT_CONSENTED
    assert reason_of(fact(tags=("learn",)), nobody) is None
    assert reason_of(fact(tags=("learn", "never-learn")), nobody) is Reason.NOT_CONSENTED


def test_a_label_that_the_policy_allows_keeps_nothing_out() -> None:
    allowed = Selection(consent=True, sensitive=("health",))
    assert reason_of(fact(sensitivity=("health",)), allowed) is None
    assert reason_of(fact(sensitivity=("health", "secret")), allowed) is Reason.SENSITIVE


def test_the_most_used_get_the_places_and_the_order_of_reading_does_not_matter() -> None:
    facts = [fact(n, used=5 + n) for n in range(1, 7)]
    policy = Selection(consent=True, most=2)
    one, other = select(facts, policy, NOW), select(facts[::-1], policy, NOW)
    assert one == other
    assert [c.candidate.id.int for c in one.chosen] == [5, 6]
    assert {e.reason for e in one.excluded} == {Reason.BEYOND_CAPACITY}


def test_one_question_has_one_answer() -> None:
    same = {"subject": "ada1", "predicate": "Door Pin", "object": "9999"}
    twin = fact(2, content="The door pin of ada1 is 9999.", data=same, used=9)
    selected = select([fact(1), twin], POLICY, NOW)
    assert [c.candidate.id for c in selected.chosen] == [twin.id]
    assert [e.reason for e in selected.excluded] == [Reason.SAID_TWICE]


@pytest.mark.parametrize(
    "said",
    [
        {"select": {"stable_days": -1}},
        {"training": {"steps": 0}},
        {"gate": {"recall": 1.5}},
        {"nothing": 1},
        {"abstention": "I do not know {this}."},
        {"abstention": "I do not know {}."},
    ],
)
def test_a_policy_that_says_nonsense_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(BadPolicy, match=r"^parametric/"):
        policy_of({"parametric": said})
