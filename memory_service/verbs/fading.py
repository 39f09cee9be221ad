"""How one memory fades, and until when it stays where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consolidation.decay.curve import Point, curve
from consolidation.decay.outlook import outlook
from consolidation.decay.protocol import Kept, Outlook
from consolidation.decay.rules import rules_of
from consolidation.lifecycle.fading import kept_of
from memory_service.auth import Principal
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import decay, memories
from stores.errors import MemoryNotFound
from stores.ids import MemoryId


@dataclass(frozen=True, kw_only=True, slots=True)
class Fading:
    """`profile` is None, and there are no points, where the memory does not decay."""

    memory_id: MemoryId
    profile: str | None
    kept: Kept
    outlook: Outlook
    points: tuple[Point, ...]

    @property
    def fresh_at(self) -> datetime:
        """Since when it ages."""
        return self.kept.fresh_at


async def fading(services: Services, principal: Principal, space: str, memory_id: UUID) -> Fading:
    """As the rules of the space have it now; raises MemoryNotFound, Erased, NotPermitted."""
    home = (await scope_of(services, principal, [space])).spaces[0]
    wanted, now = MemoryId(memory_id), services.clock()
    async with services.database.read(principal.tenant) as session:
        await memories.get(session, home.id, wanted)
        found = await decay.find(session, wanted)
    if found is None or found.current is None:
        raise MemoryNotFound(f"there is no memory {memory_id} in this space")
    rules = rules_of(home.policies)
    kept = kept_of(rules, found, found.current)
    profile = None if kept.held else rules.profile
    return Fading(
        memory_id=wanted,
        profile=None if profile is None else profile.name,
        kept=kept,
        outlook=outlook(profile, kept, now),
        points=() if profile is None else curve(profile, kept, now),
    )
