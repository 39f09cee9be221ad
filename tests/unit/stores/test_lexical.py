"""How text becomes the terms of the index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.lexical import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The lamps, the LAMP and Lamp's", ["lamp", "lamp", "lamp"]),
        ("hiking hikes hiked", ["hike", "hike", "hike"]),
        ("Order ZX-4471", ["order", "zx", "4471"]),
        ("I don’t know", ["don't", "know"]),
        ("not no never", ["not", "no", "never"]),
        ("what is it", []),
        ("naïve Straße", ["naïv", "straße"]),
        ("漢字 テスト", ["漢字", "テス", "スト"]),
        ("ﬁne", ["fine"]),
        ("snake_case e-mail", ["snake_cas", "e", "mail"]),
        ("x" * 61, []),
        ("\x00 ; DROP TABLE", ["drop", "tabl"]),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@given(st.text(max_size=300))
def test_terms_do_not_depend_on_case_or_spacing(text: str) -> None:
    ascii_only = text.encode("ascii", "ignore").decode()
    assert terms(ascii_only.upper()) == terms(ascii_only.lower())
    assert terms(f"  {text} \n") == terms(text)


@given(st.text(max_size=300))
def test_terms_can_be_stored(text: str) -> None:
    for term in terms(text):
        assert term
        assert "\x00" not in term
