"""One utterance in a conversation."""

from stores.kinds.base import EpisodePayload, Kind, dated_utterance
from stores.records import MemoryType

KIND = Kind(
    name="message",
    type=MemoryType.EPISODIC,
    payload=EpisodePayload,
    half_life_days=14,
    render=dated_utterance,
)
