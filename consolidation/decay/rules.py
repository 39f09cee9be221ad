"""By which rules a space forgets: what its policies say, and the defaults where they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from consolidation.decay import PROFILES
from consolidation.decay.ebbinghaus import PROFILE as DEFAULT
from consolidation.decay.protocol import Profile
from stores import kinds
from stores.records import Payload

#: Counted up when a formula changes, so that every memory is looked at again.
_VERSION = 2
#: What is no news any more is remembered yet: so many times the half-life of a kind, which is that
#: of its recency. With 1, the vectors of a message that nobody used would go after 27 days.
LASTING = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How the memories of a space decay."""

    #: None: they do not.
    profile: Profile | None
    #: Days, by kind.
    half_lives: Mapping[str, float]

    @property
    def key(self) -> int:
        """A number, not 0, that is another one for other rules."""
        named = self.profile.name if self.profile else None
        told = [_VERSION, named, sorted(self.half_lives.items())]
        return crc32(json.dumps(told).encode()) >> 1 | 1


def rules_of(policies: Payload) -> Rules:
    """The rules that a space's policies make."""
    policy = policies.get("decay") or {}
    named = policy.get("profile", DEFAULT.name)
    usual = {kind.name: LASTING * kind.half_life_days for kind in kinds.load().values()}
    return Rules(
        profile=PROFILES.get(named),
        half_lives={**usual, **(policy.get("half_lives") or {})},
    )
