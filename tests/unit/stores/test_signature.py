"""A signature tells what a text is like, and the terms of it in order."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.lexical import terms
from stores.signature import MOST_NAMES, Trait, code, read, signature

_ANY_TEXT = st.text(max_size=400)


def _without_asides(text: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", text)


def _traits(text: str) -> Trait:
    return Trait(int(read([signature(text, [])]).traits[0]))


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        ("", Trait(0)),
        ("The lamp is green", Trait(0)),
        ("Is the lamp green?", Trait.ASKS | Trait.ENDS_ASKING),
        ("Is it green? Never mind.", Trait.ASKS),
        ("Is it green? [a picture of a lamp]", Trait.ASKS | Trait.ENDS_ASKING),
        ("[my picture of last week?]", Trait(0)),
        ("My lamp", Trait.FIRST_PERSON),
        ("I'm fine", Trait.FIRST_PERSON),
        ("Mine is a mine of salt", Trait.FIRST_PERSON),
        ("The image", Trait(0)),
        ("It rained in the morning", Trait.TIME_WORD),
        ("It rained last week", Trait.TIME_WORD | Trait.RELATIVE_TIME),
        ("It rained two days ago", Trait.TIME_WORD | Trait.RELATIVE_TIME | Trait.NUMBER),
        ("It rained in March", Trait.TIME_WORD | Trait.RELATIVE_TIME),
        ("It may rain", Trait(0)),
        ("She has three cats", Trait.NUMBER),
        ("She has 3 cats", Trait.NUMBER),
        ("Someone", Trait(0)),
    ],
)
def test_what_a_text_holds(text: str, traits: Trait) -> None:
    assert _traits(text) == traits


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", 0),
        ("Everything opens with a capital. Always", 0),
        ("Berlin is large", 0),  # it opens the sentence, so it tells nothing
        ("She went to Berlin", 1),
        ("She went to Berlin with Anna", 2),
        ("She went to Berlin, Potsdam, Ghent and Linz", MOST_NAMES),
        ("Is it so? Yes", 0),
        ("She is at IBM", 0),
    ],
)
def test_capitals_inside_sentences_are_counted(text: str, names: int) -> None:
    assert int(read([signature(text, [])]).names[0]) == names


@given(_ANY_TEXT)
def test_terms_come_back_in_order(text: str) -> None:
    found = terms(text)
    made = read([signature(text, found)])
    assert made.codes.tolist() == [code(term) for term in found]
    assert made.lengths.tolist() == [len(found)]
    assert made.words.tolist() == [len(_without_asides(text).split())]
    for term, count in Counter(found).items():
        assert made.frequencies(term)[0] >= count  # more, if another term has the same code


@given(st.lists(_ANY_TEXT, max_size=6))
def test_many_are_read_as_each_alone(texts: list[str]) -> None:
    signed = [signature(text, terms(text)) for text in texts]
    together = read(signed)
    for number, alone in enumerate(read([one]) for one in signed):
        assert together.traits[number] == alone.traits[0]
        assert together.names[number] == alone.names[0]
        assert together.words[number] == alone.words[0]
        assert together.codes[together.owners == number].tolist() == alone.codes.tolist()
    assert len(together.traits) == len(texts)


@given(_ANY_TEXT)
def test_the_same_text_has_the_same_signature(text: str) -> None:
    assert signature(text, terms(text)) == signature(text, terms(text))


def test_a_text_without_a_signature_has_nothing_in_it() -> None:
    made = read([None, signature("a lamp", ["lamp"]), None])
    assert made.lengths.tolist() == [0, 1, 0]
    assert made.frequencies("lamp").tolist() == [0, 1, 0]
    assert not made.has(Trait.ASKS).any()


def test_some_of_the_texts_are_read_as_before() -> None:
    signed = [signature(text, terms(text)) for text in ("a lamp?", "", "I like soup", "two lamps")]
    kept = read(signed).of(np.array([0, 2]))
    alone = read([signed[0], signed[2]])
    assert kept.codes.tolist() == alone.codes.tolist()
    assert kept.owners.tolist() == alone.owners.tolist()
    assert kept.traits.tolist() == alone.traits.tolist()
    assert kept.has(Trait.FIRST_PERSON).tolist() == [False, True]


@pytest.mark.parametrize("damaged", [b"\x01", b"\x01\x00\x00\x00\x00"])
def test_what_is_no_signature_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="buffer size"):
        read([damaged])
