"""The verbs that claims are made of: each written form with its base and its tense."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from consolidation.extract.english.vocabulary import words

_IRREGULAR = (
    "be am|is|are was|were been being", "have has had had having", "go goes went gone going",
    "get gets got gotten|got getting", "buy buys bought bought buying",
    "read reads read read reading", "win wins won won winning", "run runs ran run running",
    "make makes made made making", "write writes wrote written writing",
    "build builds built built building", "knit knits knit|knitted knit|knitted knitting",
    "draw draws drew drawn drawing", "eat eats ate eaten eating", "drink drinks drank drunk "
    "drinking",
    "drive drives drove driven driving", "speak speaks spoke spoken speaking",
    "teach teaches taught taught teaching", "leave leaves left left leaving",
    "quit quits quit quit quitting", "meet meets met met meeting",
    "know knows knew known knowing", "come comes came come coming",
    "begin begins began begun beginning", "grow grows grew grown growing",
    "lose loses lost lost losing", "sell sells sold sold selling", "do does did done doing",
    "take takes took taken taking", "see sees saw seen seeing", "study studies studied studied "
    "studying",
    "marry marries married married marrying", "swim swims swam swum swimming",
    "ride rides rode ridden riding", "wear wears wore worn wearing", "fly flies flew flown flying",
    "break breaks broke broken breaking", "give gives gave given giving",
    "plan plans planned planned planning", "stop stops stopped stopped stopping",
    "sign signs signed signed signing", "sew sews sewed sewn sewing",
    "travel travels travelled|traveled travelled|traveled travelling|traveling",
    "sing sings sang sung singing", "find finds found found finding", "die dies died died dying",
    "become becomes became become becoming", "date dates dated dated dating",
)  # fmt: skip
_REGULAR = words(
    """
    live work love like enjoy hate dislike prefer adore own play practise practice move
    relocate switch change resign retire adopt visit attend finish complete start paint bake
    cook watch join graduate major divorce suffer use need want crochet design compose publish
    collect volunteer stay open launch apply host return learn renovate repaint turn row earn
    weigh
    """
)
#: Verbs of change. They are as often nouns or stand in other senses, so that only where a clause
#: has its subject they are read as verbs.
_CHANGING = (
    "hit hits hit hit hitting", "hold holds held held holding",
    "keep keeps kept kept keeping", "fall falls fell fallen falling", "cut cuts cut cut cutting",
    "split splits split split splitting", "drop drops dropped dropped dropping",
    "qualify qualifies qualified qualified qualifying",
    "outgrow outgrows outgrew outgrown outgrowing",
    "transfer transfers transferred transferred transferring",
    "swap swaps swapped swapped swapping", "enrol enrols enrolled enrolled enrolling",
)  # fmt: skip
_REGULAR_CHANGING = words(
    """
    settle accept land retrain intern rent hand follow rescue develop dump end separate enroll
    secure replace ditch trade aim elope cancel
    """
)


class Inflection(StrEnum):
    """How a verb is written."""

    BASE = "base"
    THIRD = "third"
    PAST = "past"
    PARTICIPLE = "participle"
    GERUND = "gerund"


def _regular(verb: str) -> str:
    stem = verb.removesuffix("e")
    third = verb + ("es" if verb.endswith(("ch", "sh")) else "s")
    return f"{verb} {third} {stem}ed {stem}ed {stem}ing"


def _read(lines: Iterable[str]) -> dict[str, dict[Inflection, str]]:
    forms: dict[str, dict[Inflection, str]] = {}
    for line in lines:
        base, *rest = line.split()
        for form, written in zip(Inflection, (base, *rest), strict=True):
            for word in written.split("|"):
                forms.setdefault(word, {}).setdefault(form, base)
    return forms


#: What each written form can be, and of which verb: `{"left": {PAST: "leave", PARTICIPLE: …}}`.
FORMS = _read((*_IRREGULAR, *map(_regular, sorted(_REGULAR))))
#: The same with verbs of change.
ALL_FORMS = _read((*_CHANGING, *map(_regular, sorted(_REGULAR_CHANGING)))) | FORMS
#: What is planned as a whole, rather than done in passing.
PLANNABLE = words("""
    move relocate visit go travel fly buy adopt marry run start join build write study learn sell
    retire attend paint read open launch host volunteer apply return publish bake cook watch quit
    leave switch teach play graduate renovate repaint drive design practise practice knit
    """)
#: To be doing one of these is to be about to: "I'm moving to Oslo".
CHANGES = frozenset({"move", "relocate", "start", "join", "switch", "leave", "fly", "travel",
                     "marry", "retire", "get", "adopt", "buy", "visit", "sell", "go", "run",
                     "come"})  # fmt: skip
