"""A quote is found where the turn says it, and the characters are the turn's own."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.extract.llm_quote import find_quote


@pytest.mark.parametrize(
    ("content", "quote", "found"),
    [
        ("I have two cats.", "two cats", "two cats"),
        ("I have two cats.", "Two  CATS.", "two cats"),
        ("I have two cats.", "“two cats”", "two cats"),
        ("I have two cats.", "two cats...", "two cats"),
        ("I don’t eat meat", "I don't eat meat", "I don’t eat meat"),
        ("I don't eat meat", "I don’t eat meat", "I don't eat meat"),
        ("a well–known place", "well-known", "well–known"),
        ("one\n\n  two\tthree", "one two three", "one\n\n  two\tthree"),
        ("wait… what now", "wait... what", "wait… what"),
        ("in the STRASSE here", "straße", "STRASSE"),
        ("in der Straße da", "STRASSE", "Straße"),
        ("un café noir", "cafe\u0301", "café"),
        ("un cafe\u0301 noir", "café noir", "cafe\u0301 noir"),
        ("zero\u200bwidth joiner", "zerowidth", "zero\u200bwidth"),
        ("我住在里斯本。", "住在里斯本", "住在里斯本"),
        ("🐈 two cats 🐈", "two CATS", "two cats"),
        ("art, started, art", "art", "art"),
    ],
)
def test_found(content: str, quote: str, found: str) -> None:
    place = find_quote(content, quote)
    assert place is not None
    assert content[place[0] : place[1]] == found


@pytest.mark.parametrize(
    ("content", "quote"),
    [
        ("I have two cats.", "three cats"),
        ("I have two cats.", "two cat"),
        ("I have two cats.", "wo cats"),
        ("I started late", "art"),
        ("I have two cats.", ""),
        ("I have two cats.", "."),
        ("I have two cats.", "I"),
        ("I have two cats.", "I ... cats"),
        ("un café noir", "un cafe"),
        ("", "two cats"),
        ("the year 12019", "2019"),
    ],
)
def test_not_found(content: str, quote: str) -> None:
    assert find_quote(content, quote) is None


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_fine(content: str, quote: str) -> None:
    place = find_quote(content, quote)
    if place is not None:
        assert 0 <= place[0] < place[1] <= len(content)


@given(st.lists(st.sampled_from(["Ärger", "naïve", "don’t", "— so", "ok", "😀"]), min_size=2))
def test_what_is_quoted_in_another_spelling_is_found(words: list[str]) -> None:
    content = "  ".join(words)
    quote = unicodedata.normalize("NFD", " ".join(words)).upper().replace("’", "'")
    place = find_quote(content, quote)
    if any(map(str.isalpha, "".join(words))):
        assert place is not None
