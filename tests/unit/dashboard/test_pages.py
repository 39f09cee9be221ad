"""What pages work out of answers before they show them."""

from __future__ import annotations

from dashboard.pages import conversations, jobs, timeline


def test_a_run_says_what_it_did_and_apart_from_that_what_it_left_out() -> None:
    counts = {"stored": 3, "amended": 0, "rejected:too-short": 5, "rejected:filler": 2}

    assert jobs.parted(counts) == ({"stored": 3}, {"too-short": 5, "filler": 2})


def test_what_held_for_decades_does_not_press_the_others_together() -> None:
    ends = {"at": "2026-02-01T00:00:00Z", "invalid_at": "2026-08-01T00:00:00Z"}
    items = [
        {"id": "old", "at": "1998-01-01T00:00:00Z", "valid_at": "1998-01-01T00:00:00Z",
         "invalid_at": "2026-01-01T00:00:00Z"},
        {"id": "new", "valid_at": ends["at"], **ends},
    ]  # fmt: skip

    bars = timeline._bars(items)

    assert bars["old"][0] == 0
    assert bars["new"][1] > 15


def test_a_summary_stands_with_the_conversation_and_not_beside_every_turn() -> None:
    evidence = [{"episode_id": "e1", "span": [0, 4]}]
    made = [{"kind": kind, "provenance": {"evidence": evidence}} for kind in ("fact", "summary")]

    assert [m["kind"] for m, _ in conversations._quoting(made)["e1"]] == ["fact"]
    assert [m["kind"] for m in conversations._without_place(made, {"e1"})] == ["summary"]
