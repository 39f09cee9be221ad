"""Claims: who, what, whether it still holds; and which sentences make none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from consolidation.extract.protocol import Candidate, EntityKind, Form, Utterance
from consolidation.extract.sentences import SentenceExtractor

MONDAY = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)


def candidates(content: str, *, role: str = "user") -> tuple[Candidate, ...]:
    utterance = Utterance(
        episode_id=UUID(int=1), content=content, speaker="Caroline", role=role, kind="message",
        occurred_at=MONDAY, session_id="s1",
    )  # fmt: skip
    return asyncio.run(SentenceExtractor().extract([utterance])).candidates


def claims(content: str, *, role: str = "user") -> list[str]:
    """Each claim as "subject | predicate | object", with a "not" before it if negated."""
    return [
        f"{'not ' if c.claim.negated else ''}{c.claim.subject.name} | {c.claim.predicate} | "
        f"{c.claim.object.name}"
        for c in candidates(content, role=role)
        if c.claim
    ]


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("I live in Lisbon.", "Caroline | lives_in | Lisbon"),
        ("I'm living in New York City right now.", "Caroline | lives_in | New York City"),
        ("I work at Acme.", "Caroline | works_at | Acme"),
        ("I work for a small bakery in Porto.", "Caroline | works_at | small bakery"),
        ("I work at the tax office.", "Caroline | works_at | tax office"),
        ("I work nights at the hospital in Leeds.", "Caroline | works_at | hospital"),
        ("I work as a nurse.", "Caroline | has_job | nurse"),
        ("I'm a software engineer.", "Caroline | has_job | software engineer"),
        ("I study biology at Lund University.", "Caroline | studies_at | Lund University"),
        ("I'm 34 years old.", "Caroline | age | 34"),
        ("My birthday is on 3 May.", "Caroline | birthday | 3 May"),
        ("I was born in Sweden.", "Caroline | born_in | Sweden"),
        ("I'm originally from Brazil.", "Caroline | from | Brazil"),
        ("I'm Swedish.", "Caroline | nationality | Swedish"),
        ("I'm married to Tom.", "Caroline | married_to | Tom"),
        ("I'm divorced.", "Caroline | relationship_status | divorced"),
        ("I'm vegan.", "Caroline | diet | vegan"),
        ("I am allergic to peanuts.", "Caroline | allergic_to | peanuts"),
        ("I have asthma.", "Caroline | has_condition | asthma"),
        ("I was diagnosed with celiac disease.", "Caroline | has_condition | celiac disease"),
        ("I speak Portuguese.", "Caroline | speaks | Portuguese"),
        ("My native language is Dutch.", "Caroline | native_language | Dutch"),
        ("My favourite food is ramen.", "Caroline | favourite_food | ramen"),
        ("Ramen is my favorite food.", "Caroline | favourite_food | Ramen"),
        ("My name is Caroline Smith.", "Caroline | name | Caroline Smith"),
        ("I have two cats.", "Caroline | has_pet | two cats"),
        ("I have three kids.", "Caroline | has_child | three kids"),
        ("I love black coffee.", "Caroline | likes | black coffee"),
        ("I can't stand mushrooms.", "Caroline | dislikes | mushrooms"),
        ("I play the violin.", "Caroline | plays | violin"),
        ("I own a red bicycle.", "Caroline | owns | red bicycle"),
        ("I'm a member of the Labour Party.", "Caroline | member_of | Labour Party"),
        ("My goal is to run a marathon.", "Caroline | current_goal | run a marathon"),
        ("I bought a kayak yesterday.", "Caroline | bought | kayak"),
        ("I ran 5 km on Saturday.", "Caroline | ran | 5 km"),
        ("I visited Rome last year.", "Caroline | visited | Rome"),
        ("I just finished reading 'Dune'.", None),
        ('I just read "The Left Hand of Darkness".', "Caroline | read | The Left Hand of Darkness"),
        ("My husband and I live in Porto.", "Caroline | lives_in | Porto"),
        ("We live in Porto.", "Caroline | lives_in | Porto"),
        ("i live in porto, and i love it.", "Caroline | lives_in | Porto"),
        ("I live with my brother in Bristol.", "Caroline | lives_in | Bristol"),
        ("I live at 4 Mill Lane.", "Caroline | lives_in | 4 Mill Lane"),
        ("I eat gluten free.", "Caroline | diet | gluten free"),
        ("I make 64,000 a year.", "Caroline | earns | 64,000 a year"),
        ("My mum's 70th birthday is on 3 May.", "Caroline's mother | birthday | 3 May"),
        ("Anna turns 30 on 3 May.", "Anna | birthday | 3 May"),
        ("My sister lives in Oslo.", "Caroline's sister | lives_in | Oslo"),
        ("My best friend works as a chef.", "Caroline's friend | has_job | chef"),
        ("Sara works at Acme.", "Sara | works_at | Acme"),
    ],
)
def test_what_is_said_plainly_is_claimed(sentence: str, claim: str | None) -> None:
    assert claims(sentence) == ([claim] if claim else [])


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I live in Porto and work at Acme.",
         ["Caroline | lives_in | Porto", "Caroline | works_at | Acme"]),
        ("I love hiking but hate running.",
         ["Caroline | likes | hiking", "Caroline | dislikes | running"]),
        ("I speak Spanish and French.",
         ["Caroline | speaks | Spanish", "Caroline | speaks | French"]),
        ("My sister Anna lives in Oslo.",
         ["Anna | lives_in | Oslo", "Caroline | has_sibling | Anna"]),
        ("My brother Karim came over with a van.", ["Caroline | has_sibling | Karim"]),
        ("I adopted a puppy named Rex.", ["Caroline | has_pet | Rex"]),
        ("My dog is called Rex.", ["Caroline | has_pet | Rex"]),
        ("I live in Boston and I work at Acme as a nurse.",
         ["Caroline | lives_in | Boston", "Caroline | has_job | nurse",
          "Caroline | works_at | Acme"]),
        ("I'm a nurse at Acme.", ["Caroline | has_job | nurse", "Caroline | works_at | Acme"]),
        ("Alan, that's my husband, hates Mondays.",
         ["Caroline | married_to | Alan"]),
        ("Our baby Noah is in Rome.", ["Caroline | has_child | Noah"]),
        ("My boss Mr Adler is in Rome.", ["Caroline | knows | Mr Adler"]),
        ("Did my sister Anna call?", ["Caroline | has_sibling | Anna"]),
    ],
)  # fmt: skip
def test_every_claim_is_a_memory_of_its_own(sentence: str, expected: list[str]) -> None:
    assert sorted(claims(sentence)) == sorted(expected)


def test_each_claim_has_its_kind_its_text_and_its_words() -> None:
    content = "I live in Porto and work at Acme as a nurse but hate running."
    found = candidates(content)

    assert [(c.kind, c.text, content[c.evidence[0].start : c.evidence[0].end]) for c in found] == [
        ("profile", "Caroline lives in Porto.", "I live in Porto"),
        ("profile", "Caroline is a nurse.", "work at Acme as a nurse"),
        ("profile", "Caroline works at Acme.", "work at Acme as a nurse"),
        ("preference", "Caroline hates running.", "hate running."),
    ]


def test_what_is_said_beyond_where_one_lives_is_a_fact_of_its_own() -> None:
    assert [c.text for c in candidates("I live in Porto, in a small flat with no lift.")] == [
        "Caroline lives in a small flat with no lift.",
        "Caroline lives in Porto.",
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I no longer work at Acme.", ["not Caroline | works_at | Acme"]),
        ("I don't work at Acme anymore.", ["not Caroline | works_at | Acme"]),
        ("I stopped working at Acme.", ["not Caroline | works_at | Acme"]),
        ("I quit my job at Acme.", ["not Caroline | works_at | Acme"]),
        ("I left my job at Acme last month.", ["not Caroline | works_at | Acme"]),
        ("I used to live in Oslo.", ["not Caroline | lives_in | Oslo"]),
        ("I moved out of Oslo.", ["not Caroline | lives_in | Oslo"]),
        ("I moved to Lisbon.", ["Caroline | lives_in | Lisbon"]),
        ("I moved from Oslo to Lisbon.", ["Caroline | lives_in | Lisbon"]),
        ("I switched from Android to Linux.",
         ["Caroline | uses | Linux", "not Caroline | uses | Android"]),
        ("I don't like mushrooms.", ["not Caroline | likes | mushrooms"]),
        ("I don't eat meat.", ["not Caroline | eats | meat"]),
        ("I broke up with Tom.", ["not Caroline | partner | Tom"]),
        ("I sold my car.", ["not Caroline | owns | car"]),
        ("I started working at Acme in March.", ["Caroline | works_at | Acme"]),
        ("I moved to Acme in March as a nurse.",
         ["Caroline | has_job | nurse", "Caroline | works_at | Acme"]),
        ("I got promoted to senior engineer.", ["Caroline | has_job | senior engineer"]),
        ("I switched to Linux.", ["Caroline | uses | Linux"]),
        ("We moved into a small flat in Leeds.", ["Caroline | lives_in | Leeds"]),
        ("My new number is 555 123 4567.", ["Caroline | phone | 555 123 4567"]),
        ("Tom and I broke up in May.", ["not Caroline | partner | Tom"]),
        ("I got engaged to Sam.", ["Caroline | partner | Sam"]),
        ("I got engaged in the fuel strike.", []),
        ("Tom and I split the rent.", []),
        ("I gave up coffee.", ["not Caroline | drinks | coffee"]),
        ("I started drinking coffee.", ["Caroline | drinks | coffee"]),
        ("I quit smoking.", ["not Caroline | practises | smoking"]),
        ("I'm eating fish again.", ["Caroline | diet | fish"]),
        ("From 1 June I'll be at the Bank of Rome.", ["Caroline | works_at | Bank of Rome"]),
        ("I work at Acme. I'm not at Acme any more.",
         ["Caroline | works_at | Acme", "not Caroline | works_at | Acme"]),
    ],
)  # fmt: skip
def test_ends_and_changes(sentence: str, expected: list[str]) -> None:
    assert claims(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm going to visit Rome next month.", ["Caroline | plans_to | visit Rome"]),
        ("I plan to move to Berlin.", ["Caroline | plans_to | move to Berlin"]),
        ("I'm moving to Berlin next month.", ["Caroline | plans_to | move to Berlin"]),
        ("I will move to Berlin in June.", ["Caroline | plans_to | move to Berlin"]),
        ("I would love to live in Rome.", []),
        ("I might move to Rome.", []),
        ("I want to work at Acme.", []),
        ("I'm not going to move to Rome.", []),
        ("I can't live in Rome.", []),
        ("I lived in Oslo.", []),
        ("I have lived in Oslo.", []),
        ("I haven't visited Rome.", []),
    ],
)
def test_plans_wishes_and_the_past_are_no_states(sentence: str, expected: list[str]) -> None:
    assert claims(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Tom said he works at Acme.",
        "Tom told me that Sara lives in Rome.",
        "Apparently Sara works at Acme.",
        "I heard Sara lives in Rome.",
        "Do I live in Rome?",
        "If I live in Rome, I would work at Acme.",
        "I wish I lived in Rome.",
        "I live in Rome, just kidding.",
        "I live in Rome lol.",
        "Maybe I work at Acme.",
        'Sara shouted "Tom lives in Rome" at the dog.',
        "We work at Acme.",
        "Maybe I work at Acme and I live in Rome.",
        "i live in town.",
        "I love it in Rome.",
        "I love my job at the bakery.",
        "I made a decision about the boat.",
        "I live in a small flat.",
        "I work at night.",
        "My mother comes from Sousse next Saturday.",
        "I like the contrast of the two.",
        "I left Paris this morning.",
    ],
)
def test_what_is_not_sure_is_not_claimed(sentence: str) -> None:
    assert claims(sentence) == []


def test_an_assistant_claims_nothing() -> None:
    assert claims("I live in Rome.", role="assistant") == []


def test_who_left_an_employer_is_known_from_the_talk() -> None:
    assert claims("I work at Acme. I left Acme.") == [
        "Caroline | works_at | Acme",
        "not Caroline | works_at | Acme",
    ]


@pytest.mark.parametrize(
    ("sentence", "valid_at", "invalid_at"),
    [
        ("I have lived in Ghent since 2019.", "2019-01-01", None),
        ("I've worked at Acme for five years.", "2018-01-01", None),
        ("I've been vegan for two weeks.", "2023-04-24", None),
        ("From 1 June I'll be at the Hospital of Rome.", "2023-06-01", None),
        ("I'm the head of the choir since 1 October.", "2022-10-01", None),
        ("I moved to Lisbon in March.", "2023-03-01", None),
        ("I worked at Acme from 2015 to 2018.", "2015-01-01", "2018-01-01"),
        ("I lived in Oslo in 2015.", "2015-01-01", "2016-01-01"),
        ("I used to live in Oslo until 2019.", None, "2019-01-01"),
        ("I stopped working at Acme in March.", "2023-03-01", None),
        ("I'm working at Acme until June 2024.", "2023-05-08", "2024-06-01"),
    ],
)
def test_a_claim_holds_as_long_as_it_says(
    sentence: str, valid_at: str | None, invalid_at: str | None
) -> None:
    (held,) = [c for c in candidates(sentence) if c.claim]

    assert str(held.valid_at)[:10] == str(valid_at)
    assert str(held.invalid_at)[:10] == str(invalid_at)


@pytest.mark.parametrize(
    ("sentence", "kind", "form"),
    [
        ("I live in Lisbon.", "profile", Form.STATE),
        ("I'm a nurse in Leeds.", "profile", Form.STATE),
        ("My sister Anna is a midwife.", "profile", Form.STATE),
        ("I love black coffee.", "preference", Form.STATE),
        ("I prefer tea to coffee.", "preference", Form.STATE),
        ("My favourite food is ramen.", "preference", Form.STATE),
        ("I'm a big fan of old jazz.", "preference", Form.STATE),
        ("I bought a kayak yesterday.", "fact", Form.EVENT),
        ("I moved to Lisbon in March.", "fact", Form.EVENT),
        ("I'm going to visit Rome next month.", "fact", Form.EVENT),
        ("I own two horses.", "fact", Form.STATE),
        ("The office is closed on Mondays in Rome.", "fact", Form.STATE),
        ("Sam gave me a lamp.", "fact", Form.EVENT),
        ("I would love to visit Japan.", "fact", Form.STATE),
        ("To reset the router, hold the button for ten seconds.", "procedure", Form.STATE),
        ("Every morning I first feed the cats and then bake bread.", "procedure", Form.STATE),
    ],
)
def test_kind_and_form(sentence: str, kind: str, form: Form) -> None:
    first = candidates(sentence)[0]

    assert (first.kind, first.form) == (kind, form)


def test_the_subject_and_the_object_are_mentioned() -> None:
    (fact,) = candidates("I work at Acme.")

    assert [(m.name, m.kind) for m in fact.mentions] == [
        ("Caroline", EntityKind.PERSON),
        ("Acme", EntityKind.ORGANISATION),
    ]
