"""Stored memories are told apart as a careful reader would: pairs, verdicts, updates, probes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from benchmarks.writing import judging, updates
from benchmarks.writing.asking import Answer, answer, body
from benchmarks.writing.judging import Verdict, judge
from benchmarks.writing.lines import Fact
from benchmarks.writing.matching import Item, Quote, assigned, item_of, same_claim, scores
from benchmarks.writing.sessions import Probe, from_text
from benchmarks.writing.updates import Outcome

STORY = from_text("""# storyline: ada
# half: dev
# about: Ada and an assistant
# name: Ada = Ada Novak
# name: Mina = Ada's sister = Ada's sister Mina
# name: Bo
## session 1 | 2024-01-10 09:00
1 Ada: I live in Leeds with two cats. My sister Mina is a vet.
 + Ada lives in Leeds. | lives_in = Leeds | #home1
 + Ada has two cats. | has_pet = two cats
 + Mina is a vet. | has_job = vet
2 Assistant: As a vet you know cats well.
 - assistant's falsehood | Ada is a vet.
3 Ada: Bo says I will move to Rome. I do not eat meat.
 + Ada does not eat meat.
 - reported speech | Ada moves to Rome.
4 Ada: My flight is on 12 May at noon. The code is hunter2x.
 + Ada's flight is on 12 May. | plans_to = flight 12 May | #flight1
 - secret | hunter2x
5 Ada: Thanks so much, that was a nice talk!
 0
## session 2 | 2024-06-01 09:00
1 Ada: In March I moved to York. Bo and I married on 2 April.
 + Ada lives in York. | lives_in = York | since 2024-03 | #home2 | replaces #home1
 + Ada and Bo married on 2 April. | since 2024-04-02
 ~ Ada moved.
2 Ada: The flight was on 14 May, not the 12th, I mixed it up.
 + Ada's flight was on 14 May. | plans_to = flight 14 May | corrects #flight1
3 Ada: The two cats are well.
 = #home2
## probes
today | Where does Ada live? | York | Leeds
2024-02-01 | Where did Ada live? | Leeds | York
""")
MARCH = datetime(2024, 3, 5, tzinfo=UTC)
APRIL = datetime(2024, 4, 2, tzinfo=UTC)
JUNE = datetime(2024, 6, 1, 9, 1, tzinfo=UTC)
TEXTS = {turn.id: turn.text for turn in STORY.turns}


def item(text: str, turn: str, **changes: Any) -> Item:
    said = TEXTS[turn]
    made: dict[str, Any] = {
        "id": f"{turn} {text}", "text": text, "kind": "fact", "state": "active", "subject": None,
        "predicate": None, "object": None, "negated": False, "valid_at": None, "invalid_at": None,
        "quotes": (Quote(turn=turn, start=0, end=len(said), text=said),), "run_id": None,
    }  # fmt: skip
    return Item(**made | changes)


def fact(text: str, turn: str = "1:1", **changes: Any) -> Fact:
    return Fact(key="k", text=text, turns=(turn,), **changes)


@pytest.mark.parametrize(
    ("stored", "gold", "value", "same"),
    [
        ("Ada lives in Leeds.", "Ada lives in Leeds.", "Leeds", True),
        ("Ada is living in Leeds (January 2024).", "Ada lives in Leeds.", "Leeds", True),
        ("Ada Novak lives in Leeds now.", "Ada lives in Leeds.", "Leeds", True),
        ("Ada has 2 cats.", "Ada has two cats.", None, True),
        ("Bo and Ada married in April.", "Ada and Bo married in April.", None, True),
        ("Ada's sister is a vet.", "Mina is a vet.", "vet", True),
        # Near misses.
        ("Ada lives in York.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada's sister lives in Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada is a vet.", "Mina is a vet.", "vet", False),
        ("Bo lives in Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada does not live in Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada doesn't live in Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada used to live in Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Ada eats meat.", "Ada does not eat meat.", None, False),
        ("Ada has three cats.", "Ada has two cats.", None, False),
        ("Ada has cats.", "Ada has two cats.", None, False),
        ("Ada's flight is on 12 May.", "Ada's flight is on 14 May.", "14 May", False),
        ("Ada likes Brahms a lot.", "Ada likes Bach a lot.", None, False),
        ("Ada complained about the trains to Leeds.", "Ada lives in Leeds.", "Leeds", False),
        ("Somebody lives in Leeds.", "Ada lives in Leeds.", "Leeds", False),
    ],
)  # fmt: skip
def test_the_rule_on_pairs(stored: str, gold: str, value: str | None, *, same: bool) -> None:
    table = scores([item(stored, "1:1")], [fact(gold, object=value)], STORY.people)

    assert (table[0, 0] > 0) == same


def test_another_turn_never_matches_and_a_repeat_does() -> None:
    facts = STORY.notes.facts
    york = [f.key for f in facts].index("home2")

    assert scores([item("Ada lives in York.", "2:3")], facts, STORY.people)[0, york] == 1
    assert not scores([item("Ada lives in York.", "1:1")], facts, STORY.people).any()


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"object": "the city of York"}, True),
        ({"subject": "Bo"}, False),
        ({"predicate": "visited"}, False),
        ({"object": "New York State"}, True),
        ({"object": "Leeds"}, False),
        ({"negated": True}, False),
    ],
)
def test_claims_are_equal_in_all_parts(changes: dict[str, Any], *, same: bool) -> None:
    claim = {"subject": "Ada", "predicate": "lives_in", "object": "York"} | changes

    found = same_claim(item("Home: York.", "2:1", **claim), STORY.fact("home2"), STORY.people)
    assert found == same


def test_the_assignment_is_the_best_one_not_the_first() -> None:
    assert assigned(np.array([[0.9, 0.8], [0.9, 0.0], [0.0, 0.0]])) == {0: 1, 1: 0}


@pytest.mark.parametrize(
    ("text", "turn", "verdict", "reason"),
    [
        ("Ada lives in Leeds.", "1:1", Verdict.MATCHED, ""),
        ("Ada is a vet.", "1:2", Verdict.HALLUCINATED, "assistant's falsehood"),
        ("Ada moves to Rome.", "1:3", Verdict.HALLUCINATED, "reported speech"),
        ("Ada has a code hunter2x.", "1:4", Verdict.HALLUCINATED, "secret"),
        ("Bo lives in Leeds.", "1:1", Verdict.HALLUCINATED, "wrong subject"),
        ("Ada had a nice talk.", "1:5", Verdict.JUNK, "a turn that says nothing"),
        ("Cats are animals.", "1:2", Verdict.JUNK, "an assistant's turn"),
        ("Lives with cats.", "1:1", Verdict.JUNK, "about nobody in question"),
        ("Ada lives in Leeds with three cats.", "1:1", Verdict.JUNK, "another number"),
        ("Ada adores big northern towns.", "1:1", Verdict.JUNK, "words of its own"),
        ("Ada mixed flights up.", "2:2", Verdict.JUNK, "not worth keeping"),
        ("Ada moved in March.", "2:1", Verdict.TRUE, ""),
    ],
)
def test_verdicts(text: str, turn: str, verdict: Verdict, reason: str) -> None:
    (judged,) = judge(STORY, [item(text, turn)])

    assert (judged.verdict, judged.reason) == (verdict, reason)


def test_the_subject_field_stands_in_where_the_text_names_nobody() -> None:
    (judged,) = judge(STORY, [item("Lives in Leeds.", "1:1", subject="Ada")])

    assert judged.fact == "home1"


def test_a_second_memory_of_a_fact_is_a_repetition_and_a_duplicate() -> None:
    pair = [item("Ada lives in Leeds.", "1:1"), item("Ada is living in Leeds.", "1:1")]
    judged = judge(STORY, pair)

    assert sorted(one.verdict for one in judged) == [Verdict.MATCHED, Verdict.REPEATED]
    assert len(judging.duplicates(STORY, judged)) == 1
    closed = [pair[0], item("Ada is living in Leeds.", "1:1", state="superseded")]
    assert not judging.duplicates(STORY, judge(STORY, closed))


def test_nearly_the_same_words_are_a_duplicate_unless_a_number_differs() -> None:
    judged = judge(STORY, [item(f"Ada feeds {n} hungry stray birds.", "1:5") for n in (3, 3, 4)])

    assert len(judging.duplicates(STORY, judged)) == 1


def test_distractors_that_are_stored_are_counted_once() -> None:
    stored = [item("Ada moves to Rome.", "1:3"), item("Ada is moving to Rome.", "1:3")]

    assert judging.stored_distractors(STORY, stored) == 1
    assert judging.stored_distractors(STORY, [item("Ada lives in Leeds.", "1:1")]) == 0


def test_evidence_must_be_what_the_turn_says_there() -> None:
    good = Quote(turn="1:1", start=2, end=15, text="live in Leeds")
    bad = [Quote(turn="1:1", start=0, end=13, text="live in Leeds"),
           Quote(turn="9:9", start=0, end=1, text="I"),
           Quote(turn="1:1", start=1, end=2, text=" ")]  # fmt: skip
    items = [item("x", "1:1", id=str(n), quotes=(q,)) for n, q in enumerate([good, *bad])]

    assert judging.unquoted(STORY.turns, [*items, item("x", "1:1", id="4", quotes=())]) == [
        "1", "2", "3", "4",
    ]  # fmt: skip


OLD = {"state": "superseded", "invalid_at": MARCH}


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (OLD, {"valid_at": MARCH}, Outcome.CORRECT),
        ({}, {"valid_at": MARCH}, Outcome.STALE),
        (OLD, {"state": "invalidated"}, Outcome.OMITTED),
        (OLD, None, Outcome.OMITTED),
        (None, {"valid_at": MARCH}, Outcome.CORRECT),
        (OLD | {"invalid_at": JUNE}, {"valid_at": MARCH}, Outcome.UNDATED),
        (OLD | {"invalid_at": None}, {"valid_at": MARCH}, Outcome.UNDATED),
        (OLD, {"valid_at": JUNE}, Outcome.UNDATED),
    ],
)
def test_updates(old: dict[str, Any] | None, new: dict[str, Any] | None, outcome: Outcome) -> None:
    stored = [
        item(text, turn, **changes)
        for text, turn, changes in [("Ada lives in Leeds.", "1:1", old),
                                    ("Ada lives in York.", "2:1", new)]
        if changes is not None
    ]  # fmt: skip

    found = {f.key: o for f, o in updates.outcomes(STORY, judge(STORY, stored))}
    assert found["home2"] is outcome


def test_a_correction_needs_no_date_but_the_old_one_gone() -> None:
    new = item("Ada's flight was on 14 May.", "2:2")
    for state, outcome in (("active", Outcome.STALE), ("invalidated", Outcome.CORRECT)):
        judged = judge(STORY, [item("Ada's flight is on 12 May.", "1:4", state=state), new])
        found = {f.corrects: o for f, o in updates.outcomes(STORY, judged)}
        assert found["flight1"] is outcome
        assert bool(updates.contradictions(STORY, judged)) == (state == "active")


def test_two_values_of_a_functional_claim_contradict_each_other() -> None:
    def claim(value: str, turn: str, predicate: str = "lives_in") -> Item:
        return item(value, turn, subject="Ada", predicate=predicate, object=value)

    def clashes(*items: Item) -> int:
        return len(updates.contradictions(STORY, judge(STORY, items)))

    assert clashes(claim("Paris", "1:5"), claim("Rome", "1:3")) == 1
    assert clashes(claim("Paris", "1:5"), claim("paris", "1:3")) == 0
    assert clashes(claim("Paris", "1:5", "visited"), claim("Rome", "1:3", "visited")) == 0


def test_beginnings_are_compared_with_what_is_known() -> None:
    judged = judge(STORY, [item("Ada lives in York.", "2:1", valid_at=JUNE),
                           item("Ada and Bo married.", "2:1", valid_at=APRIL),
                           item("Ada lives in Leeds.", "1:1", valid_at=JUNE)])  # fmt: skip

    assert updates.dated(STORY, judged) == (1, 2)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["Rain.", "I live in York."], Answer.RIGHT),
        (["I live in Leeds.", "I live in York."], Answer.WRONG),
        (["I moved from Leeds to York."], Answer.RIGHT),
        (["The Yorker is a magazine."], Answer.NEITHER),
        ([], Answer.NEITHER),
    ],
)
def test_the_first_hit_that_holds_a_value_answers(texts: list[str], found: Answer) -> None:
    hits = [{"memory": {"content": text}} for text in texts]

    assert answer(STORY.probes[0], hits) is found


def test_a_question_of_the_past_asks_for_what_held_then() -> None:
    today, past = (body(STORY, probe, ()) for probe in STORY.probes)

    assert "as_of" not in today
    assert today["reference_time"] == "2024-06-02T09:03:00+00:00"
    assert past["as_of"] == {"valid": "2024-02-01T00:00:00+00:00"}
    assert isinstance(STORY.probes[1], Probe)


def test_a_memory_is_read_from_the_services_answer() -> None:
    cube = {
        "id": "m", "content": "Ada lives in York.", "kind": "profile",
        "data": {"subject": "Ada", "predicate": "lives_in", "object": "York"},
        "provenance": {"run_id": "r", "evidence": [
            {"episode_id": "e", "external_id": "2:1", "span": [0, 2], "quote": "In"}]},
        "time": {"valid_at": "2024-03-05T00:00:00Z", "invalid_at": None},
        "lifecycle": {"state": "active"},
    }  # fmt: skip
    read = item_of(cube)

    assert (read.predicate, read.valid_at, read.invalid_at) == ("lives_in", MARCH, None)
    assert read.quotes == (Quote(turn="2:1", start=0, end=2, text="In"),)
    assert read.is_active
