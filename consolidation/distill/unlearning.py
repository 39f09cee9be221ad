"""Whether an adapter that was built anew has really forgotten: asked in every form there is.

What is asked has to outlast the erasure until there is somebody to ask, so it is sealed
(`stores.pads`), and thrown away with the answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consolidation.distill.gate import says
from consolidation.distill.lessons import Lesson, lesson_of
from consolidation.distill.probes import Check, Question
from llm_backend.chat import Message
from llm_backend.training.plan import Probe, Row
from stores import memories
from stores.adapter_erasing import Examinee
from stores.database import WriteSession
from stores.ids import SpaceId, TenantId
from stores.pads import Pads, Sealed
from stores.records import Space


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """A question whose answer was erased."""

    asked: str
    value: str


async def seal(
    session: WriteSession, space: Space, examinee: Examinee, pads: Pads
) -> Sealed | None:
    """Seal what the adapter was taught of memories that are about to be erased."""
    cubes = await memories.find_many(session, examinee.learned)
    lessons = [lesson_of(str(c.id), c.kind, c.content, c.data) for c in cubes]
    asked = list(questions_of(lesson for lesson in lessons if lesson is not None))
    if not asked:
        return None
    words = json.dumps([[one.asked, one.value] for one in asked]).encode()
    return await asyncio.to_thread(pads.seal, session.tenant, space.id, words)


def unseal(pads: Pads, tenant: TenantId, space: SpaceId, sealed: Iterable[Sealed]) -> list[Erased]:
    """What was sealed, without that whose time is over. Blocks."""
    found = (pads.open(tenant, space, one) for one in sealed)
    return [
        Erased(asked=asked, value=value)
        for words in found if words is not None
        for asked, value in json.loads(words)
    ]  # fmt: skip


def questions_of(lessons: Iterable[Lesson]) -> Iterable[Erased]:
    """In the forms that are taught, and in those that never were."""
    for lesson in lessons:
        for form in (*lesson.forms.taught, *lesson.forms.held_out):
            yield Erased(asked=form, value=lesson.value)


def askable(erased: Sequence[Erased], taught: Sequence[Row]) -> list[Erased]:
    """Without those that tell nothing: where other memories teach the answer, it may be given."""
    questions = {row.messages[0].content for row in taught}
    answers = "\n".join({row.messages[-1].content for row in taught})
    return [one for one in erased if one.asked not in questions and not says(answers, one.value)]


def probes_of(erased: Sequence[Erased]) -> list[Question]:
    """As the gate asks them: the answer must not come out."""
    return [
        Question(
            check=Check.ERASED,
            probe=Probe(
                id=f"{Check.ERASED}/{number}", messages=(Message(role="user", content=one.asked),)
            ),
            value=one.value,
        )
        for number, one in enumerate(erased)
    ]
