"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import formats

NOW = datetime(2026, 5, 8, 13, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (999, "999"), (1234, "1.2k"), (250_000, "250k"), (3_400_000, "3.4M")],
)
def test_short_numbers(value: float | None, text: str) -> None:
    assert formats.short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.42, "0.4 ms"), (12.34, "12 ms"), (999.0, "999 ms"), (1234.0, "1.2 s")],
)
def test_milliseconds(value: float | None, text: str) -> None:
    assert formats.milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0 s"), (90, "2 min"), (7300, "2 h"), (200_000, "2 d")]
)
def test_durations(value: float | None, text: str) -> None:
    assert formats.seconds(value) == text


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (-timedelta(days=3), "in 3 d"),
        (timedelta(days=800), "2 y ago"),
    ],
)
def test_how_long_ago_with_the_time_itself_on_hover(away: timedelta, text: str) -> None:
    shown = str(formats.ago(NOW - away, now=NOW))

    assert f">{text}</time>" in shown
    assert formats.stamp(NOW - away) in shown


def test_midnight_is_a_day() -> None:
    assert formats.stamp("2024-05-08T00:00:00Z") == "8 May 2024"
    assert formats.stamp("2024-05-08T13:56:00Z") == "8 May 2024, 13:56 UTC"
    assert formats.day(None) == "–"


def test_marked_stretches_are_escaped_and_never_overlap() -> None:
    assert (
        formats.marked("<b> and c", [(0, 3), (8, 9)]) == "<mark>&lt;b&gt;</mark> and <mark>c</mark>"
    )
    assert formats.marked("abcdef", [(2, 5), (0, 3)]) == "<mark>abc</mark>def"


def test_a_clipped_text_ends_at_a_word() -> None:
    assert formats.clip("one two three", 9) == "one two …"
    assert formats.clip("a\n b", 9) == "a · b"


def test_lines_become_one_that_shows_where_they_ended() -> None:
    assert formats.clip("Ghent\n Ana:  hello\n\n") == "Ghent · Ana: hello"


def test_the_time_of_day_has_the_day_on_hover() -> None:
    assert ">13:56</time>" in formats.clock(NOW)
    assert "8 May 2026" in formats.clock(NOW)
