"""When something is promoted to the prefix of a space, and when the prefix is given up. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from stores.model_usage import Amount
from stores.prefixes import Rule

#: Shown by so many of so many recalls, and its text as old as this.
LEAST, TURNS, SETTLED = 3, 20, timedelta(hours=24)
#: Memories that are looked at, at most.
MOST = 100
#: Of a pattern: how sure it is (in 0..1), and how often it was borne out.
CONFIDENCE, EVIDENCE = 0.7, 5
#: What stands in front of everything is trusted at least so far.
TRUST = 0.5
#: A prefix is given up where a server that keeps what it has read found less of the prompts there.
_SHARE = 0.1
#: Requests of at least so many are judged by.
_REQUESTS = 20


def promoted(now: datetime) -> Rule:
    """Which memories are to stand in a prefix now."""
    return Rule(now=now, since=now - SETTLED, trust=TRUST, least=LEAST, turns=TURNS, limit=MOST)


def pays(read: Amount) -> bool:
    """Whether a prefix is worth its place, by the chats since the day after it was made.

    A server that never says what it found is not one that found nothing.
    """
    if read.requests < _REQUESTS or not read.cached_tokens:
        return True
    return read.cached_tokens >= _SHARE * read.prompt_tokens
