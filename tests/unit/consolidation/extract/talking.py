"""Talks of a few turns, and what is extracted from them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from consolidation.extract.protocol import Extraction, Utterance
from consolidation.extract.sentences import SentenceExtractor


def talk(*turns: tuple[str, str], before: int = 0) -> Extraction:
    """What is extracted of the turns, the first so many of which are only there to be heard."""
    said = [
        Utterance(
            episode_id=UUID(int=number), content=content, speaker=speaker, role="user",
            kind="message", occurred_at=datetime(2023, 5, 8, tzinfo=UTC), session_id="s1",
        )
        for number, (speaker, content) in enumerate(turns, start=1)
    ]  # fmt: skip
    return asyncio.run(SentenceExtractor().extract(said[before:], said[:before]))


def texts(*turns: tuple[str, str]) -> list[str]:
    """The texts of what is extracted of the turns."""
    return [candidate.text for candidate in talk(*turns).candidates]
