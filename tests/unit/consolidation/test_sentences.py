"""The sentence extractor: what it states, about whom, since when, and what it leaves alone."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation.extract.protocol import (
    Candidate,
    EvidenceSpan,
    Extraction,
    Utterance,
    verified,
)
from consolidation.extract.sentences import SentenceExtractor

EPISODE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
MONDAY = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)


def said(
    content: str,
    *,
    speaker: str | None = "Caroline",
    role: str = "user",
    kind: str = "message",
    occurred_at: datetime = MONDAY,
) -> Utterance:
    return Utterance(
        episode_id=EPISODE,
        content=content,
        speaker=speaker,
        role=role,
        kind=kind,
        occurred_at=occurred_at,
        session_id="s1",
    )


def extract(*utterances: Utterance) -> Extraction:
    return asyncio.run(SentenceExtractor().extract(utterances))


def facts(content: str, **about: str | None) -> list[str]:
    found = extract(said(content, **about)).candidates  # type: ignore[arg-type]
    return [c.text for c in found]


def only(content: str) -> Candidate:
    (candidate,) = extract(said(content)).candidates
    return candidate


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("I'm a vegetarian.", "Caroline is a vegetarian."),
        ("I am allergic to peanuts", "Caroline is allergic to peanuts."),
        ("I've worked at a bakery.", "Caroline has worked at a bakery."),
        ("I have two cats!", "Caroline has two cats."),
        ("I was born in Sweden.", "Caroline was born in Sweden."),
        ("I like black coffee.", "Caroline likes black coffee."),
        ("I teach maths in Porto.", "Caroline teaches maths in Porto."),
        ("I study biology in Lund.", "Caroline studies biology in Lund."),
        ("I play the violin.", "Caroline plays the violin."),
        ("I go swimming with Sam.", "Caroline goes swimming with Sam."),
        ("I really need new glasses.", "Caroline really needs new glasses."),
        ("I rely on my brother.", "Caroline relies on Caroline's brother."),
        ("I usually bike to the office.", "Caroline usually bikes to the office."),
        ("I moved to Lisbon.", "Caroline moved to Lisbon."),
        ("I bought a red bicycle.", "Caroline bought a red bicycle."),
        ("I put the parcel in the cellar.", "Caroline put the parcel in the cellar."),
        ("I can play the cello.", "Caroline can play the cello."),
        ("I'll bake bread with Sam.", "Caroline will bake bread with Sam."),
        ("I'd love to visit Japan.", "Caroline would love to visit Japan."),
        ("I'd never eaten oysters before.", "Caroline had never eaten oysters before."),
        ("I'd finished the marathon.", "Caroline had finished the marathon."),
        ("My sister lives in Oslo.", "Caroline's sister lives in Oslo."),
        ("Sam gave me a lamp.", "Sam gave Caroline a lamp."),
        ("I taught myself Spanish.", "Caroline taught themself Spanish."),
        ("A friend of mine runs Acme.", "A friend of Caroline's runs Acme."),
        ("My husband and I live in Porto.", "Caroline's husband and Caroline live in Porto."),
        ("Me and my brother own a boat.", "Caroline and Caroline's brother own a boat."),
        ("I want to travel and have kids.", "Caroline wants to travel and have kids."),
        ("i'm a nurse in Leeds", "Caroline is a nurse in Leeds."),
        ("I’m a plumber.", "Caroline is a plumber."),
        ("Yeah, I own two horses.", "Caroline owns two horses."),
        (
            "We adopted a puppy from the shelter.",
            "Caroline and others adopted a puppy from the shelter.",
        ),
        ("Our office is in Porto.", "Caroline's office is in Porto."),
        ("I no longer work at Acme.", "Caroline no longer works at Acme."),
        ("Sara works at Acme.", "Sara works at Acme."),
        ("The launch is on Friday.", "The launch is on Friday (12 May 2023)."),
        ("But I own, you know, a boat.", "Caroline owns a boat."),
    ],
)
def test_a_statement_is_told_in_the_third_person(sentence: str, fact: str) -> None:
    assert facts(sentence) == [fact]


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("I don't eat meat.", "Caroline doesn't eat meat."),
        ("I'm not a smoker.", "Caroline is not a smoker."),
        ("I haven't visited Rome.", "Caroline hasn't visited Rome."),
        ("I never drink coffee.", "Caroline never drinks coffee."),
        ("I can't eat gluten.", "Caroline can't eat gluten."),
    ],
)
def test_negation_is_kept(sentence: str, fact: str) -> None:
    assert facts(sentence) == [fact]


@pytest.mark.parametrize(
    ("sentence", "label", "valid_at"),
    [
        ("I got married in Oslo on 26 June.", "26 June (26 June 2022)", "2022-06-26"),
        ("I joined a choir yesterday.", "yesterday (7 May 2023)", "2023-05-07"),
        ("I sold the car last Friday.", "last Friday (5 May 2023)", "2023-05-05"),
        ("I visited Bergen two weeks ago.", "two weeks ago (24 April 2023)", "2023-04-24"),
        ("I left Acme last month.", "last month (April 2023)", "2023-04-01"),
        ("I painted a mural last year.", "last year (2022)", "2022-01-01"),
        ("I ran a race last weekend.", "last weekend (weekend of 6 May 2023)", "2023-05-06"),
        ("I ran a race two weekends ago.", "ago (weekend of 29 April 2023)", "2023-04-29"),
        ("I broke a tooth this morning.", "this morning (8 May 2023)", "2023-05-08"),
        ("I met Sam on 3 May.", "on 3 May (3 May 2023)", "2023-05-03"),
        ("I met Sam on May 3rd.", "May 3rd (3 May 2023)", "2023-05-03"),
        ("I met Sam on 12 December.", "12 December (12 December 2022)", "2022-12-12"),
        ("I met Sam on 3 May 2021.", "on 3 May 2021.", "2021-05-03"),
        ("I moved here in 2019.", "in 2019.", "2019-01-01"),
        ("I changed jobs in March.", "in March (March 2023)", "2023-03-01"),
        ("I went sailing last summer.", "last summer (summer 2022)", "2022-06-01"),
        ("I moved to Lisbon in March.", "in March (March 2023)", "2023-03-01"),
        ("I have lived in Ghent since 23 May.", "23 May (23 May 2022)", "2022-05-23"),
        ("I began pottery five years ago.", "five years ago (2018)", "2018-01-01"),
        ("I called the plumber on Friday.", "on Friday (5 May 2023)", "2023-05-05"),
        ("Yesterday I lost my keys.", "Yesterday (7 May 2023) Caroline lost", "2023-05-07"),
    ],
)
def test_a_time_expression_is_resolved(sentence: str, label: str, valid_at: str) -> None:
    fact = only(sentence)

    assert label in fact.text
    assert fact.valid_at == datetime.fromisoformat(valid_at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("sentence", "label"),
    [
        ("I'm going to visit Rome next month.", "next month (June 2023)"),
        ("I will call the bank tomorrow.", "tomorrow (9 May 2023)"),
        ("I plan to run a marathon in October.", "in October (October 2023)"),
        ("I'm flying to Rome on Friday.", "on Friday (12 May 2023)"),
        ("I'm starting a new job in two weeks.", "in two weeks (22 May 2023)"),
        ("The launch slipped to 2 June.", "2 June (2 June 2023)"),
        ("My last day is 26 June.", "26 June (26 June 2023)"),
        ("Sara starts on 1 July.", "1 July (1 July 2023)"),
        ("The price goes up a hundred euros on 1 June.", "1 June (1 June 2023)"),
    ],
)
def test_a_plan_holds_since_it_was_told(sentence: str, label: str) -> None:
    fact = only(sentence)

    assert label in fact.text
    assert fact.valid_at == MONDAY


@pytest.mark.parametrize("sentence", ["I own two horses.", "I may paint the shed in Oslo."])
def test_without_a_date_a_fact_holds_since_it_was_said(sentence: str) -> None:
    assert only(sentence).valid_at == MONDAY


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("How have you been?", "question"),
        ("What do you think of the new kitchen", "question"),
        ("Did I tell Sam about Rome? 😊", "question"),
        ("Wow, that's great!", "filler"),
        ("Thanks!", "too-short"),
        ("Sounds good to me!", "filler"),
        ("That's really cool to hear!", "filler"),
        ("I totally agree with that.", "filler"),
        ("What a lovely painting!", "filler"),
        ("Good luck with the exam!", "filler"),
        ("You are amazing at this!", "second-person"),
        ("I'm so proud of you.", "second-person"),
        ("I'll let you know once the parcel is here.", "second-person"),
        ("Let me know about Friday.", "imperative"),
        ("Take a look at the garden.", "imperative"),
        ("If I were rich, I'd buy a boat.", "hypothetical"),
        ("I wish Sam lived in Rome.", "hypothetical"),
        ("I should have called Sam.", "hypothetical"),
        ("It was such a long day in Rome.", "pronoun"),
        ("I made it in the pottery class.", "pronoun"),
        ("I love it here.", "pronoun"),
        ('Sam said "I am leaving Acme" again.', "quotation"),
        ("My doctor says gardening is better than pills.", "reported"),
        ("Sara told me the water will be cut in Rome.", "reported"),
        ("I drove past.", "no-content"),
        ("I'm full!", "no-content"),
        ("I didn't, after a bit.", "no-content"),
        ("I'm Caroline.", "no-content"),
        ("My boss, the gardener.", "no-statement"),
        ("The 64 was with the bonus.", "pronoun"),
        ("Sara would live on tea.", "hypothetical"),
        ("Family is everything to people.", "unspecific"),
        ("Really nice colours over there", "no-statement"),
        (" ".join(["I bake bread"] + ["and bread"] * 60), "too-long"),
        ("{} () => [] == != ;; 12 a b c", "not-prose"),
    ],
)
def test_talk_that_states_nothing_is_left_alone(sentence: str, reason: str) -> None:
    extraction = extract(said(sentence))

    assert [c.text for c in extraction.candidates] == []
    assert dict(extraction.rejected) == {reason: 1}


def test_without_a_speaker_the_user_is_meant() -> None:
    assert facts("I live in Rome and my dog is old.", speaker=None) == [
        "The user lives in Rome.",
        "The user's dog is old.",
    ]
    assert facts("I live in Rome.", speaker="user") == ["The user lives in Rome."]


def test_an_assistant_states_nothing_unless_it_has_a_name() -> None:
    assert facts("I booked a table in Rome.", speaker=None, role="assistant") == []
    assert facts("I booked a table in Rome.", speaker="assistant", role="assistant") == []
    assert facts("I booked a table in Rome.", speaker="Ada", role="assistant") == [
        "Ada booked a table in Rome."
    ]


@pytest.mark.parametrize("kind", ["document", "trajectory"])
def test_only_what_was_said_is_read(kind: str) -> None:
    extraction = extract(said("I live in Rome. I own a boat.", kind=kind))

    assert extraction.candidates == ()
    assert dict(extraction.rejected) == {kind: 1}


def test_an_event_is_read_like_a_message() -> None:
    assert facts("I moved to Rome.", kind="event") == ["Caroline moved to Rome."]


def test_the_listener_is_left_out() -> None:
    extraction = extract(
        said("Hey Mel, I bought a kayak, Melanie!"), said("Nice!", speaker="Melanie")
    )

    assert [c.text for c in extraction.candidates] == ["Caroline bought a kayak."]


def test_evidence_is_the_sentence_behind_its_opener() -> None:
    content = "Hi! 😊 Well, I moved to Rome. Bye!"
    (candidate,) = extract(said(content)).candidates
    (span,) = candidate.evidence

    assert content[span.start : span.end] == "I moved to Rome."


def test_sentences_that_end_like_an_abbreviation_are_split() -> None:
    assert len(facts("Sam walked to Rome with me. I carried the tent.")) == 2


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("I own two horses.", "Caroline"),
        ("My sister lives in Oslo.", "Caroline's sister"),
        ("My sister sings all day.", "Caroline"),
        ("Sara works at Acme.", "Sara"),
        ("We adopted a puppy from the shelter.", "Caroline"),
        ("The launch is on Friday.", None),
    ],
)
def test_the_subject_is_who_it_is_about(sentence: str, subject: str | None) -> None:
    assert only(sentence).subject == subject


def test_feelings_dates_and_plans_count() -> None:
    plain = only("I painted the shed.")
    dated = only("I painted the shed yesterday.")
    felt = only("I lost the shed yesterday.")
    plan = only("I plan to paint the shed.")

    assert plain.importance < dated.importance < felt.importance <= 1
    assert (plain.confidence, plan.confidence) == (0.7, 0.6)
    assert plan.tags == ("plan",)


def test_what_is_said_twice_is_one_fact() -> None:
    extraction = extract(said("I own two horses. I own two horses."))

    assert len(extraction.candidates) == 1
    assert extraction.rejected["repeated"] == 1


@pytest.mark.parametrize(
    "span",
    [
        EvidenceSpan(episode_id=EPISODE, start=0, end=99),
        EvidenceSpan(episode_id=EPISODE, start=3, end=3),
        EvidenceSpan(episode_id=EPISODE, start=-1, end=3),
        EvidenceSpan(episode_id=UUID(int=1), start=0, end=3),
    ],
)
def test_a_candidate_whose_evidence_is_not_there_is_dropped(span: EvidenceSpan) -> None:
    candidate = Candidate(
        kind="fact",
        text="Caroline owns two horses.",
        subject="Caroline",
        evidence=(span,),
        valid_at=None,
        invalid_at=None,
        importance=0.5,
        confidence=0.7,
        tags=(),
    )
    extraction = Extraction(candidates=(candidate,), rejected={"question": 2})

    kept = verified(extraction, [said("I own two horses.")])

    assert kept.candidates == ()
    assert dict(kept.rejected) == {"question": 2, "no-evidence": 1}


SCRAPS = st.sampled_from(
    (
        *("I", "I'm", "I'd", "i've", "my", "me", "Mel", "Caroline", "and", "you", "went", "to"),
        *("Rome", "yesterday", "last", "Friday", "in", "2019", ".", "?", "!", "...", ",", "is"),
        *("love", "don't", "the", "week", "next", "e.g.", "May 5", "2023-13-45", "thanks", '"'),
        *(
            "my sister",
            "used to live in",
            "work at",
            "<memories>",
            "password:",
            "in 99 years",
            "999 months ago",
            "on 31 February",
            "\n",
            "\n- ",
            "😊",
            "؟",
            "مرحبا",
        ),
        *("\x00", "\u2028", "\x85", "x" * 300, "’", "\u202e", "é.", "…", "(", ")"),
    )
)
TEXTS = st.one_of(st.text(), st.lists(SCRAPS, max_size=40).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(
    content=TEXTS,
    speaker=st.one_of(st.none(), st.text(), st.just("Mel (work)")),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
)
def test_no_text_breaks_it_and_all_evidence_exists(
    content: str, speaker: str | None, occurred_at: datetime
) -> None:
    utterance = said(content, speaker=speaker, occurred_at=occurred_at)
    extraction = extract(utterance)

    assert extraction == extract(utterance)
    assert verified(extraction, [utterance]) == extraction
    for candidate in extraction.candidates:
        (span,) = candidate.evidence
        if candidate.claim is not None:
            assert candidate.claim.object.name
        assert content[span.start : span.end].strip()
        assert candidate.text.strip(" .")
        assert 0 <= candidate.importance <= 1


@pytest.mark.parametrize(
    "filling",
    [
        " ",
        ":",
        "(",
        "a",
        "a+",
        "eyJ-",
        "A ",
        '"A',
        "[1] a: b\n",
        "my sister Anna ",
        "1 ",
        "my good ",
        "and I work ",
        "Ab, ",
        "back in June, ",
    ],
)
def test_a_wall_of_characters_is_turned_down_quickly(filling: str) -> None:
    began = time.process_time()
    extraction = extract(said(f"I am{filling * (100_000 // len(filling))}here."))
    assert time.process_time() - began < 5
    assert not extraction.candidates
