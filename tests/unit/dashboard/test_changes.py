"""Two versions of a memory, compared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from dashboard.changes import revisions, words

TEXTS = st.text(alphabet="ab <&\"'>.\n", max_size=30)


def version(number: int, content: str, **life: Any) -> dict[str, Any]:
    return {
        "version": number,
        "content": content,
        "lifecycle": {
            "state": "active", "pinned": False, "importance": 0.5, "expires_at": None, **life,
        },
        "time": {"valid_at": None, "invalid_at": None},
        "governance": {"trust": 0.5, "legal_hold": False, "visibility": "space", "sensitivity": []},
        "tags": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("lives in Oslo.", "lives in Porto.", "lives in <del>Oslo</del><ins>Porto</ins>."),
        ("likes tea", "likes green tea", "likes <ins>green </ins>tea"),
        ("same", "same", "same"),
        ("", "new", "<ins>new</ins>"),
        ("a <b>", "a <i>", "a &lt;<del>b</del><ins>i</ins>&gt;"),
    ],
)
def test_what_went_and_what_came_is_marked(before: str, after: str, marked: str) -> None:
    assert words(before, after) == marked


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_without_what_went_it_is_the_later_text_and_without_what_came_the_earlier(
    before: str, after: str
) -> None:
    made = str(words(before, after))

    later = re.sub(r"</?ins>", "", re.sub(r"(?s)<del>.*?</del>", "", made))
    earlier = re.sub(r"</?del>", "", re.sub(r"(?s)<ins>.*?</ins>", "", made))
    assert later == str(escape(after))
    assert earlier == str(escape(before))


def test_long_texts_are_not_compared_word_by_word() -> None:
    assert words("a " * 20_000, "b").startswith("<del>a a ")


def test_a_version_tells_what_it_changed_and_the_first_nothing() -> None:
    found = revisions([
        version(3, "Ana lives in Porto.", pinned=True),
        version(2, "Ana lives in Porto."),
        version(1, "Ana lives in Oslo."),
    ])  # fmt: skip

    assert [one.version["version"] for one in found] == [3, 2, 1]
    assert [(c.name, c.before, c.after) for c in found[0].changes] == [("pinned", False, True)]
    assert found[0].words is None
    assert "<del>Oslo</del>" in str(found[1].words)
    assert found[2].words is None
    assert found[2].changes == ()
