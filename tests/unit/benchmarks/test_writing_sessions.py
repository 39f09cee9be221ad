"""The storylines of this repository are whole, and a note that is wrong is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.writing import sessions
from benchmarks.writing.lines import period
from benchmarks.writing.matching import essential
from benchmarks.writing.sessions import SESSIONS, Storyline, Unreadable, from_text, load
from benchmarks.writing.wording import says, worded

STORIES = load([SESSIONS])
CHATS = load([SESSIONS / "chats"])
HEAD = "# storyline: x\n# half: held\n# name: Ada\n## session 1 | 2024-01-10 09:00\n"
by_name = pytest.mark.parametrize("story", [*STORIES, *CHATS], ids=lambda story: story.name)


@by_name
def test_every_fact_is_about_somebody_and_says_its_own_object(story: Storyline) -> None:
    for fact in story.notes.facts:
        said = worded(fact.text, story.people)
        assert said.subjects, fact.text
        assert said.words or said.every, fact.text
        assert essential(fact.text, story.people, fact.object) <= said.every, fact.text


@by_name
def test_every_answer_to_a_probe_is_said_somewhere(story: Storyline) -> None:
    spoken = "\n".join(turn.text for turn in story.turns)
    for probe in story.probes:
        assert says(spoken, probe.expected), probe
        assert says(spoken, probe.forbidden), probe


@by_name
def test_every_secret_and_no_other_distractor_is_quoted(story: Storyline) -> None:
    texts = {turn.id: turn.text for turn in story.turns}
    for one in story.notes.distractors:
        assert one.reason != "secret" or says(texts[one.turn], one.text)


@by_name
def test_sessions_follow_each_other(story: Storyline) -> None:
    times = [turn.occurred_at for turn in story.turns]
    assert times == sorted(times)
    assert len({turn.id for turn in story.turns}) == len(story.turns)


def test_sessions_of_both_halves_are_long() -> None:
    for story in STORIES:
        for number in story.sessions:
            assert sum(turn.session == number for turn in story.turns) >= 14


def test_chats_are_short_and_tuned_on_like_the_first_half() -> None:
    assert {story.half for story in CHATS} == {"dev"}
    assert not {story.name for story in CHATS} & {story.name for story in STORIES}
    assert all(len(story.turns) <= 20 for story in CHATS)


def test_there_is_enough_of_everything_in_both_halves() -> None:
    for half in sessions.HALVES:
        stories = [story for story in STORIES if story.half == half]
        facts = [fact for story in stories for fact in story.notes.facts]
        assert sum(len(story.sessions) for story in stories) >= 10
        assert sum(bool(fact.replaces or fact.corrects) for fact in facts) >= 12
        assert sum(len(story.notes.distractors) for story in stories) >= 40
        assert any(len(fact.turns) > 1 for fact in facts)


def test_halves_are_read_apart() -> None:
    dev, held = load([SESSIONS], "dev"), load([SESSIONS], "held")

    assert {story.name for story in dev} | {story.name for story in held} == {
        story.name for story in STORIES
    }
    assert len(dev) + len(held) == len(STORIES)


def test_an_episode_names_a_person_and_not_a_role() -> None:
    story = from_text(HEAD + "1 Ada: Hi.\\nBye.\n 0\n2 Assistant: Hi.\n3 User: Yes.\n 0\n")
    ada, bot, user = (turn.episode(story.name) for turn in story.turns)

    assert (ada["speaker"], ada["role"], ada["content"]) == ("Ada", "user", "Hi.\nBye.")
    assert (bot["speaker"], bot["role"]) == (None, "assistant")
    assert (user["speaker"], user["role"]) == (None, "user")
    assert ada["external_id"] == "1:1"
    assert ada["session_id"] == "x-1"
    assert ada["occurred_at"] == "2024-01-10T09:01:00+00:00"


def test_notes_belong_to_the_turn_above() -> None:
    story = from_text(
        HEAD
        + "1 Ada: I row.\n + Ada rows. | practises = row | since 2024-02 | #row\n ~ Ada is wet.\n"
        "2 Ada: I still row. If I swam!\n = #row\n - hypothetical | Ada swims.\n"
    )
    (fact,) = story.notes.facts

    assert fact.turns == ("1:1", "1:2")
    assert (fact.predicate, fact.object) == ("practises", "row")
    assert story.notes.remarks[0].turn == "1:1"
    assert story.notes.distractors[0].reason == "hypothetical"


@pytest.mark.parametrize(
    "turns",
    [
        "1 Ada: I row.\n",
        "1 Ada: I row.\n 0\n ~ Ada rows.\n",
        "1 Ada: I row.\n ? Ada rows.\n",
        "1 Ada: I row.\n + Ada rows. | sometimes\n",
        "1 Ada: I row.\n + Ada rows. | since March\n",
        "1 Ada: I row.\n + Ada rows. | replaces #swim\n",
        "1 Ada: I row.\n = #row\n",
        "1 Ada: I row.\n - Ada swims.\n",
        "Ada rows.\n",
        "1 Ada: I row.\n 0\n## probes\ntoday | Does Ada row? | yes\n",
    ],
)
def test_a_line_that_is_wrong_is_refused(turns: str) -> None:
    with pytest.raises(Unreadable):
        from_text(HEAD + turns)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2024", (2024, 12, 31), (2023, 12, 30)),
        ("2024-12", (2024, 12, 1), (2024, 11, 29)),
        ("2024-02", (2024, 2, 29), (2024, 3, 3)),
        ("2024-05-10", (2024, 5, 9), (2024, 5, 8)),
    ],
)
def test_a_period_has_its_days_and_one_more_on_either_side(
    text: str, inside: tuple[int, int, int], outside: tuple[int, int, int]
) -> None:
    assert period(text).has(datetime(*inside, tzinfo=UTC))
    assert not period(text).has(datetime(*outside, tzinfo=UTC))
    assert not period(text).has(None)
