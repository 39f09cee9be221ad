"""Talks of a few turns, and what is extracted from them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from consolidation.extract.protocol import Extraction, Utterance
from consolidation.extract.sentences import SentenceExtractor


def talk(*turns: tuple[str, str]) -> Extraction:
    utterances = [
        Utterance(
            episode_id=UUID(int=number), content=content, speaker=speaker, role="user",
            kind="message", occurred_at=datetime(2023, 5, 8, tzinfo=UTC), session_id="s1",
        )
        for number, (speaker, content) in enumerate(turns, start=1)
    ]  # fmt: skip
    return asyncio.run(SentenceExtractor().extract(utterances))


def texts(*turns: tuple[str, str]) -> list[str]:
    return [candidate.text for candidate in talk(*turns).candidates]
