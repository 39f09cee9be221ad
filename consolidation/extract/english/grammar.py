"""What a rule is: which words behind a verb state what, in which tenses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english.tenses import Tense
from consolidation.extract.protocol import EntityKind, Form


class Reading(StrEnum):
    """How the object behind the verb is read."""

    NAME = "name"
    PHRASE = "phrase"
    LIST = "list"
    TITLE = "title"
    REST = "rest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Behind its verb, `lead` must match; the object follows it, or is its group `o`."""

    lead: re.Pattern[str]
    predicate: str
    reading: Reading
    tenses: frozenset[Tense]
    vocabulary: frozenset[str] | None = None
    kind: EntityKind = EntityKind.THING
    form: Form = Form.STATE
    #: Whether the verb itself ends the state: "I left Acme".
    ends: bool = False
    #: Whether it begins the state, whatever its verb: "I got hired by Acme".
    begins: bool = False
    #: Whether it is sure only where it is denied: "I'm no longer with Tom".
    denied: bool = False


LASTING = frozenset({Tense.NOW, Tense.DOING, Tense.SINCE, Tense.BEGUN, Tense.ENDED, Tense.PAST})
ON = frozenset({Tense.NOW, Tense.SINCE, Tense.BEGUN, Tense.ENDED})
DOING = ON | {Tense.DOING}
NOW = frozenset({Tense.NOW, Tense.ENDED})
DONE = frozenset({Tense.PAST, Tense.SINCE})
ANY = frozenset(Tense) - {Tense.PLANNED}
INDEFINITE = r"(?=(?:an?|some|two|three|four|five|six|\d[\d,.]*|my own|my first)\s)(?:my )?"


def rule(
    lead: str, predicate: str, reading: Reading, tenses: frozenset[Tense],
    vocabulary: frozenset[str] | None = None, kind: EntityKind = EntityKind.THING,
    form: Form = Form.STATE, *, ends: bool = False, begins: bool = False, denied: bool = False,
) -> Rule:  # fmt: skip
    """A rule from the pattern of the words behind its verb."""
    return Rule(
        lead=re.compile(lead), predicate=predicate, reading=reading, tenses=tenses,
        vocabulary=vocabulary, kind=kind, form=form, ends=ends, begins=begins, denied=denied,
    )  # fmt: skip
