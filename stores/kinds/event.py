"""Something that happened, told in a few words."""

from stores.kinds.base import EpisodePayload, Kind, dated_utterance
from stores.records import MemoryType

KIND = Kind(
    name="event",
    type=MemoryType.EPISODIC,
    payload=EpisodePayload,
    half_life_days=14,
    render=dated_utterance,
)
