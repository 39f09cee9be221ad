"""The times a question names, seen from Wednesday, 14 June 2023."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.understanding.records import Relation, TimeConstraint
from retrieval.understanding.times import find_times

WEDNESDAY = datetime(2023, 6, 14, 12, tzinfo=UTC)


def times(text: str, reference: datetime = WEDNESDAY) -> list[TimeConstraint]:
    return [found.constraint for found in find_times(text, reference)]


def only(text: str, reference: datetime = WEDNESDAY) -> TimeConstraint:
    (constraint,) = times(text, reference)
    return constraint


def shown(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H}".removesuffix("T00")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("What did Hana do yesterday?", "2023-06-13", "2023-06-14"),
        ("the day before yesterday", "2023-06-12", "2023-06-13"),
        ("today's plan", "2023-06-14", "2023-06-15"),
        ("What did she say last week?", "2023-06-05", "2023-06-12"),
        ("the week before last", "2023-05-29", "2023-06-05"),
        ("last weekend", "2023-06-10", "2023-06-12"),
        ("last month", "2023-05-01", "2023-06-01"),
        ("last year", "2022-01-01", "2023-01-01"),
        ("last Friday", "2023-06-09", "2023-06-10"),
        ("in May", "2023-05-01", "2023-06-01"),
        ("in July", "2022-07-01", "2022-08-01"),
        ("in June", "2023-06-01", "2023-07-01"),
        ("in May 2023", "2023-05-01", "2023-06-01"),
        ("What did hana do in may 2023", "2023-05-01", "2023-06-01"),
        ("WHAT HAPPENED IN MAY 2022", "2022-05-01", "2022-06-01"),
        ("the July 2022 trip", "2022-07-01", "2022-08-01"),
        ("on 3 July", "2022-07-03", "2022-07-04"),
        ("on July 3rd, 2022", "2022-07-03", "2022-07-04"),
        ("shared on December 1,2022 by John", "2022-12-01", "2022-12-02"),
        ("on 2022-12-01", "2022-12-01", "2022-12-02"),
        ("in 2022-12", "2022-12-01", "2023-01-01"),
        ("in 2021", "2021-01-01", "2022-01-01"),
        ("in the 90s", "1990-01-01", "2000-01-01"),
        ("two months ago", "2023-04-01", "2023-05-01"),
        ("three days ago", "2023-06-11", "2023-06-12"),
        ("two weeks ago", "2023-05-29", "2023-06-05"),
        ("over the past two weeks", "2023-05-31", "2023-06-15"),
        ("in the last 3 months", "2023-03-14", "2023-06-15"),
        ("in the past year", "2022-06-14", "2023-06-15"),
        ("this summer", "2023-06-01", "2023-09-01"),
        ("last summer", "2022-06-01", "2022-09-01"),
        ("in summer 2021", "2021-06-01", "2021-09-01"),
        ("in the fall of 2021", "2021-09-01", "2021-12-01"),
        ("in winter", "2022-12-01", "2023-03-01"),
        ("at Christmas", "2022-12-24", "2022-12-27"),
        ("at Easter 2022", "2022-04-15", "2022-04-19"),
        ("on New Year's Eve", "2022-12-31", "2023-01-01"),
        ("over New Year", "2022-12-31", "2023-01-02"),
        ("during Thanksgiving 2022", "2022-11-24", "2022-11-25"),
        ("in Q3 2022", "2022-07-01", "2022-10-01"),
        ("the first week of May", "2023-05-01", "2023-05-08"),
        ("the last weekend of May", "2023-05-27", "2023-05-29"),
        ("the last Friday of May", "2023-05-26", "2023-05-27"),
        ("the first half of 2022", "2022-01-01", "2022-07-02"),
        ("in the morning of 5 May", "2023-05-05T05", "2023-05-05T12"),
        ("yesterday evening", "2023-06-13T17", "2023-06-13T23"),
        ("last night", "2023-06-13T18", "2023-06-14T06"),
        ("the weekend before 5 August 2022", "2022-07-30", "2022-08-01"),
        ("the week before August 3, 2023", "2023-07-27", "2023-08-03"),
        ("the Friday before 22 October, 2023", "2023-10-20", "2023-10-21"),
        ("two days before 5 May 2022", "2022-05-03", "2022-05-04"),
        ("two months before 5 May 2022", "2022-03-01", "2022-04-01"),
        ("the day after Christmas", "2022-12-27", "2022-12-28"),
        ("between April and June 2022", "2022-04-01", "2022-07-01"),
        ("between November and February 2022", "2021-11-01", "2022-03-01"),
        ("between 3 May and 10 June 2022", "2022-05-03", "2022-06-11"),
        ("from 17 to 20 April 2023", "2023-04-17", "2023-04-21"),
        ("April 17-20, 2023", "2023-04-17", "2023-04-21"),
        ("from August 19 to August 27", "2022-08-19", "2022-08-28"),
        ("between 2019 and 2021", "2019-01-01", "2022-01-01"),
        ("from Monday to Wednesday", "2023-06-05", "2023-06-08"),
        ("on Tuesday", "2023-06-13", "2023-06-14"),
        ("Tuesday afternoon", "2023-06-13T12", "2023-06-13T18"),
        ("on the 3rd?", "2023-06-03", "2023-06-04"),
        ("What will Tim do in September?", "2023-09-01", "2023-10-01"),
        ("What about June?", "2023-06-01", "2023-07-01"),
    ],
)
def test_during(text: str, since: str, until: str) -> None:
    found = only(text)

    assert (shown(found.since), shown(found.until)) == (since, until)
    assert found.relation is Relation.DURING


@pytest.mark.parametrize(
    ("text", "since", "until", "relation"),
    [
        ("before August 3, 2022", "", "2022-08-03", Relation.BEFORE),
        ("before 2020", "", "2020-01-01", Relation.BEFORE),
        ("until 5 May", "", "2023-05-06", Relation.BEFORE),
        ("by March", "", "2023-04-01", Relation.BEFORE),
        ("after 2 June", "2023-06-03", "", Relation.AFTER),
        ("since March", "2023-03-01", "", Relation.AFTER),
        ("since 2019", "2019-01-01", "", Relation.AFTER),
        ("from May 2022 onwards", "2022-05-01", "", Relation.AFTER),
        ("about two weeks ago", "2023-05-29", "2023-06-05", Relation.AROUND),
        ("said about the summer of 2022", "2022-06-01", "2022-09-01", Relation.DURING),
        ("around 5 May", "2023-05-05", "2023-05-06", Relation.AROUND),
        ("at the beginning of November 2022", "2022-11-01", "2022-11-11", Relation.AROUND),
        ("in early June 2022", "2022-06-01", "2022-06-11", Relation.AROUND),
        ("the end of last month", "2023-05-22", "2023-06-01", Relation.AROUND),
        ("the other day", "2023-06-07", "2023-06-14", Relation.AROUND),
    ],
)
def test_open_sides_and_vagueness(text: str, since: str, until: str, relation: Relation) -> None:
    found = only(text)

    assert (shown(found.since), shown(found.until), found.relation) == (since, until, relation)


@pytest.mark.parametrize(
    "text",
    [
        "May I ask you something?",
        "Did they march to the castle?",
        "Did June call?",
        "What did Hana give to April?",
        "What did Hana get from May?",
        "When did Hana watch Last Night in Soho?",
        'Who wrote "Last Summer in May 2020"?',
        "Who read 'Yesterday' to Hana?",
        "What is the latest version of the app?",
        "Who lives next to Oskar?",
        "Is the bike second-hand?",
        "What is her last name?",
        "What does she do every Tuesday?",
        "What did Hana buy on Black Friday?",
        "What did Hana buy Oskar for Christmas?",
        "How long did it last?",
        "She can fall asleep anywhere",
        "What did Hana do on 31 February 2023?",
        "",
    ],
)
def test_what_only_looks_like_a_time(text: str) -> None:
    assert times(text) == []


def test_the_words_are_kept_with_their_preposition() -> None:
    assert only("What did Hana do before 5 August 2022?").text == "before 5 August 2022"


def test_days_are_those_of_the_asker() -> None:
    late = datetime(2023, 6, 14, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    found = only("yesterday", late)

    assert found.since == datetime(2023, 6, 12, 22, tzinfo=UTC)
    assert found.until == datetime(2023, 6, 13, 22, tzinfo=UTC)


def test_without_a_zone_the_reference_is_in_utc() -> None:
    assert only("yesterday", WEDNESDAY.replace(tzinfo=None)) == only("yesterday")


SCRAPS = st.sampled_from(
    (
        *("in", "on", "the", "before", "after", "between", "and", "May", "5", "2022", "31", "week"),
        *("last", "next", "first", "of", "from", "to", "-", "Friday", "weekend", "two", "ago"),
        *("99", "years", "months", "Christmas", "since", "until", "1st", "Q3", "9999-12-31", ","),
        *("February", "early", "the 90s", "morning", "summer", "Easter", "yesterday", "?", "’"),
    )
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(SCRAPS, max_size=30).map(" ".join)),
    reference=st.datetimes(timezones=st.one_of(st.none(), st.just(UTC))),
)
def test_intervals_are_ordered_and_aware_whatever_is_written(
    text: str, reference: datetime
) -> None:
    for found in find_times(text, reference):
        since, until = found.constraint.since, found.constraint.until
        assert since is not None or until is not None
        assert all(side is None or side.tzinfo is UTC for side in (since, until))
        assert since is None or until is None or since < until
        assert text[found.start : found.end] == found.constraint.text
