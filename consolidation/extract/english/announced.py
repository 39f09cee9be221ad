"""What is told in set shapes rather than by a verb of the speaker's: "New job: nurse at Acme"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.found import Found
from consolidation.extract.english.openings import statement_start
from consolidation.extract.english.phrases import name_at, phrase_at
from consolidation.extract.english.shapes import SHAPES, Shape
from consolidation.extract.english.vocabulary import PLAIN_KIN, is_one_of
from consolidation.extract.protocol import Claim, EntityKind, Mention


def announced(sentence: str, speaker: Mention) -> Iterator[Found]:
    """The claims of every shape that the sentence has."""
    start = statement_start(sentence)
    told = sentence[start:]
    for shape in SHAPES:
        match = shape.pattern.match(told)
        if match is None:
            continue
        value = shape.value or _value(shape, match["o"])
        if value is not None:
            yield Found(
                claim=Claim(
                    subject=_subject(match, speaker), predicate=shape.predicate,
                    object=Mention(name=value, kind=shape.kind), negated=shape.ends,
                ),
                event=shape.ends,
            )  # fmt: skip


def _value(shape: Shape, written: str) -> str | None:
    if shape.read is None:
        return written.strip()
    value = name_at(written) if shape.read == "name" else phrase_at(written)
    if value is None or (shape.vocabulary and not is_one_of(value, shape.vocabulary)):
        return None
    return value


def _subject(match: re.Match[str], speaker: Mention) -> Mention:
    groups = match.groupdict()
    if kin := groups.get("kin"):
        name = f"{speaker.name}'s {PLAIN_KIN.get(kin.lower(), kin.lower())}"
        return Mention(name=name, kind=EntityKind.PERSON)
    if who := groups.get("who"):
        return Mention(name=who, kind=EntityKind.PERSON)
    return speaker
