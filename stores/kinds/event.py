"""Something that happened, told in a few words; or turns of a session that belong together."""

from datetime import datetime

from stores.kinds.base import EpisodePayload, Kind, dated_utterance
from stores.records import MemoryType


class EventPayload(EpisodePayload):
    """What an event that was found in a session says besides."""

    #: When its last turn was said.
    ended_at: datetime | None = None
    #: How many turns it has, and who spoke, in order of appearance.
    turns: int | None = None
    speakers: tuple[str, ...] = ()


KIND = Kind(
    name="event",
    type=MemoryType.EPISODIC,
    payload=EventPayload,
    half_life_days=14,
    render=dated_utterance,
)
