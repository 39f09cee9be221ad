"""Which verb with which words behind it states what: the table that claims are read from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english import vocabulary as v
from consolidation.extract.english.clauses import Tense
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


_LASTING = frozenset({Tense.NOW, Tense.DOING, Tense.SINCE, Tense.BEGUN, Tense.ENDED, Tense.PAST})
_ON = frozenset({Tense.NOW, Tense.SINCE, Tense.BEGUN, Tense.ENDED})
_DOING = _ON | {Tense.DOING}
_NOW = frozenset({Tense.NOW, Tense.ENDED})
_DONE = frozenset({Tense.PAST, Tense.SINCE})
_ANY = frozenset(Tense) - {Tense.PLANNED}
_INDEFINITE = r"(?=(?:an?|some|two|three|four|five|six|\d[\d,.]*|my own|my first)\s)(?:my )?"


def _rule(
    lead: str, predicate: str, reading: Reading, tenses: frozenset[Tense],
    vocabulary: frozenset[str] | None = None, kind: EntityKind = EntityKind.THING,
    form: Form = Form.STATE, *, ends: bool = False,
) -> Rule:  # fmt: skip
    return Rule(
        lead=re.compile(lead), predicate=predicate, reading=reading, tenses=tenses,
        vocabulary=vocabulary, kind=kind, form=form, ends=ends,
    )  # fmt: skip


_PLACE, _ORGANISATION = EntityKind.PLACE, EntityKind.ORGANISATION
_PERSON, _ANIMAL, _WORK = EntityKind.PERSON, EntityKind.ANIMAL, EntityKind.WORK
_EVENT = Form.EVENT
_N, _P, _L, _T = Reading.NAME, Reading.PHRASE, Reading.LIST, Reading.TITLE
_AS_A = r"(?:(?:part-time|full-time) )?as (?=an? )"
_JOB_AT = r"(?:my |a |the |an? new )?(?:\w+ )?(?:job|position|role|work) (?:at|with) "
_WENT_TO = r"(?:back )?to (?=(?:an?|the|my first) )(?:my )?"
_EVENTS = v.words("""
    concert conference festival workshop wedding parade meetup seminar exhibition exhibit show fair
    convention retreat party gala ceremony gig rally march protest class lecture webinar summit
    hackathon auction game match tournament race play opera premiere funeral graduation reunion
    """)
_ORGANISED = r"(?=[A-Z]|the [A-Z]|St\b)"
#: Behind it stands the place: "moved into a small flat in", "bought a house on".
_HOME_IN = (
    r"(?:back |over |out )?(?:in|into|to) (?:an?|the|our|my|his|her)(?: own|"
    r" new)? (?:[a-z-]+ ){0,2}"
    r"(?:flat|house|apartment|place|home|bungalow|studio|room|cottage|condo|loft) "
    r"(?:in|on|at|near) "
)
_ADDRESS = (
    r"(?P<o>(?:\d+\w? )?[A-Z][\w'-]+(?: [A-Z][\w'-]+)? "
    r"(?:Street|Road|Lane|Avenue|Close|Drive|Terrace|Square|Boulevard)(?: \d+\w?)?)"
)
_DIET = r"(?P<o>gluten[- ]free|dairy[- ]free|vegan|vegetarian|kosher|halal|low[- ]carb|keto)"
_FOOD_AGAIN = r"(?P<o>fish|meat|dairy|eggs|cheese|seafood|chicken)(?= again)"
_DRINKS = v.words("coffee alcohol tea wine beer soda cola")
_FOODS = v.words("meat sugar gluten dairy fish cheese chocolate bread")
_SYSTEMS = r"(?P<o>Linux|Windows|macOS|Android|iOS|Ubuntu|ChromeOS)\b"
_ILLNESS = (
    r"(?P<o>(?:high|low) blood pressure|Parkinson's(?: disease)?|Alzheimer's(?: disease)?|"
    r"[Cc](?:o)?eliac disease|multiple sclerosis|MS\b|type [12] diabetes|long [Cc]ovid)"
)
_GROUPS = v.words(
    "club team choir band group gym society union league orchestra committee board community "
    "association church class league program programme"
)

_AGE = (
    r"\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety)(?:-\w+)?"
)
_PAY = (
    r"(?P<o>[$€£]?\d[\d,.]*k?(?: (?:euros|dollars|pounds))? (?:a|an|per) (?:year|month|week|hour))"
)
_IN_GROUP = r"(?:[a-z]+ )?(?:in|for|with) (?=an? |the )"
#: Where somebody works and as what, told together: "at Acme as a nurse", "a nurse at Acme".
WORKS_AT = _rule(r"", "works_at", _P, _LASTING, kind=_ORGANISATION)
HAS_JOB = _rule(r"", "has_job", _P, _LASTING)

RULES: Mapping[str, tuple[Rule, ...]] = {
    "be": (
        _rule(rf"(?P<o>{_AGE})(?: years? old)?(?= ?(?:$|[.,!;]| and| now))", "age", _P,
              frozenset({Tense.NOW})),
        _rule(r"born (?:and raised |and bred )?in ", "born_in", _N, _ANY, kind=_PLACE),
        _rule(r"born on ", "birthday", Reading.REST, _ANY, kind=EntityKind.DATE),
        _rule(r"(?:originally )?from ", "from", _N, frozenset({Tense.NOW}), kind=_PLACE),
        _rule(r"married to (?:my (?:husband|wife) )?", "married_to", _N, _NOW, kind=_PERSON),
        _rule(r"engaged to ", "partner", _N, _NOW, kind=_PERSON),
        _rule(r"(?P<o>single|married|engaged|divorced|widowed|separated)(?=$|[.,!;]| now| again|"
              r" since| for)", "relationship_status", _P, _ON),
        _rule(r"(?:an? )?(?:strict )?(?P<o>vegan|vegetarian|pescatarian|flexitarian)(?=$|[.,!;]|"
              r" (?:"
              r"now|since|for|and|so)\b)", "diet", _P, _ON),
        _rule(r"allergic to ", "allergic_to", _L, _ON),
        _rule(r"(?P<o>pregnant)(?=$|[.,!;]| )", "has_condition", _P, _ON),
        _rule(r"(?:mad|crazy|nuts) about ", "likes", _L, _NOW),
        _rule(r"(?:very |so |such )?(?:fond of|keen on|into|an? (?:big |huge )?fan of) ", "likes",
              _L, _NOW),
        _rule(r"promoted to ", "has_job", _P, _DONE),
        _rule(r"(?:the )?(?=(?:head|director|manager|captain|chair|leader|lead) of )"
              r"(?P<o>\w+ of (?:the |our |my )?[\w' -]{3,40}?)(?= since| now| as of|$|[.,!;])",
              "has_job", _P, _ON),
        _rule(rf"(?:on|at|in) {_ADDRESS}(?=$|[.,!;]| now)", "lives_in", _P, _NOW, kind=_PLACE),
        _rule(rf"on {_SYSTEMS}", "uses", _P, _NOW),
        _rule(r"diagnosed with ", "has_condition", _P, _ANY),
        _rule(r"an? (?:proud |active |board |founding )?member of ", "member_of", _P, _ON),
        _rule(r"an? (?P<o>[A-Z][a-z]+)(?: citizen)(?=$|[.,!;])", "nationality", _P, _ON,
              v.NATIONALITIES),
        _rule(r"(?P<o>[A-Z][a-z]+)(?=$|[.,!;])", "nationality", _P, frozenset({Tense.NOW}),
              v.NATIONALITIES),
        _rule(r"(?=an? )", "has_job", _P, _ON, v.OCCUPATIONS),
        _rule(r"fluent in ", "speaks", _L, _NOW, v.LANGUAGES),
        _rule(r"(?:called|named) ", "name", _N, frozenset({Tense.NOW}), kind=_PERSON),
    ),
    "live": (
        _rule(_HOME_IN, "lives_in", _N, _LASTING, kind=_PLACE),
        _rule(rf"(?:at|on|in) {_ADDRESS}", "lives_in", _P, _LASTING, kind=_PLACE),
        _rule(r"(?:\w+ |with (?:my |our )?[\w' ]{2,30}? )?in ", "lives_in", _N, _LASTING,
              kind=_PLACE),
    ),
    "work": (
        _rule(r"(?:\w+ )?(?:at|for) (?=an? )", "works_at", _P, _LASTING, kind=_ORGANISATION),
        _rule(r"(?:\w+ )?(?:at|for) ", "works_at", _N, _LASTING, kind=_ORGANISATION),
        _rule(_AS_A, "has_job", _P, _LASTING),
    ),
    "volunteer": (_rule(r"(?:at|with|for) (?:the |an? )?", "volunteers_at", _P, _DOING,
                        kind=_ORGANISATION),),
    "study": (
        _rule(r"(?:[\w ]{1,30} )?at (?:the )?", "studies_at", _N, _LASTING, kind=_ORGANISATION),
        _rule(r"(?!at\b|for\b|in\b|hard\b|to\b|abroad\b)", "studies", _P, _DOING),
    ),
    "major": (_rule(r"in ", "studies", _P, _DOING),),
    "graduate": (_rule(r"from ", "graduated_from", _N, _DONE, None, _ORGANISATION, _EVENT),),
    "come": (
        _rule(r"(?:over |here )?from (?=[A-Z][\w ]* in \d{4}\b)", "from", _N, _DONE, kind=_PLACE),
        _rule(r"(?:originally )?from ", "from", _N, frozenset({Tense.NOW}),
              kind=_PLACE),
    ),
    "grow": (_rule(r"up in ", "raised_in", _N, _DONE, None, _PLACE, _EVENT),),
    "have": (
        _rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_pet", _P, _NOW, v.PETS,
              _ANIMAL),
        _rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_child", _P, _NOW, v.CHILDREN,
              _PERSON),
        _rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_sibling", _P, _NOW,
              v.SIBLINGS, _PERSON),
        _rule(_ILLNESS, "has_condition", _P, _ON),
        _rule(r"(?:type \d )?(?:mild |severe |chronic |bad )?", "has_condition", _P, _ON,
              v.CONDITIONS),
    ),
    "own": (_rule(_INDEFINITE, "owns", _P, _ON),),
    "adopt": (_rule(_INDEFINITE, "has_pet", _P, _DONE, v.PETS, _ANIMAL),),
    "get": (
        _rule(r"(?:my first )?(?=an? )", "has_pet", _P, _DONE, v.PETS, _ANIMAL),
        _rule(r"married to ", "married_to", _N, _DONE, kind=_PERSON),
        _rule(r"engaged to ", "partner", _N, _DONE, kind=_PERSON),
        _rule(r"promoted to ", "has_job", _P, _DONE),
        _rule(rf"(?:an?|my|the) (?:new )?job (?:at|with) {_ORGANISED}", "works_at", _N, _DONE,
              kind=_ORGANISATION),
        _rule(r"(?:an?|my|the) (?:new )?job (?:at|with) ", "works_at", _P, _DONE,
              kind=_ORGANISATION),
        _rule(r"(?P<o>married|engaged|divorced)(?=$|[.,!;]| (?:last|on|this|two|yesterday|"
              r"and|in (?:\d{4}|[A-Z]))\b)",
              "relationship_status", _P, _DONE),
    ),
    "marry": (_rule(r"", "married_to", _N, _DONE, kind=_PERSON),),
    "break": (_rule(r"up with ", "partner", _N, _DONE, kind=_PERSON, ends=True),),
    "divorce": (_rule(r"", "married_to", _N, _DONE, kind=_PERSON, ends=True),),
    "love": (_rule(r"", "likes", _L, _NOW),),
    "like": (_rule(r"", "likes", _L, _NOW),),
    "enjoy": (_rule(r"", "likes", _L, _NOW),),
    "adore": (_rule(r"", "likes", _L, _NOW),),
    "prefer": (_rule(r"", "likes", _P, _NOW),),
    "hate": (_rule(r"", "dislikes", _L, _NOW),),
    "dislike": (_rule(r"", "dislikes", _L, _NOW),),
    "play": (
        _rule(r"(?:the )?", "plays", _L, _ON, v.INSTRUMENTS),
        _rule(r"", "plays", _L, _ON, v.SPORTS),
    ),
    "practise": (_rule(r"", "practises", _P, _ON, v.PRACTICES),),
    "practice": (_rule(r"", "practises", _P, _ON, v.PRACTICES),),
    "do": (_rule(r"", "practises", _P, _ON, v.PRACTICES),),
    "speak": (_rule(r"(?:fluent |some |a little |a bit of )?", "speaks", _L, _NOW, v.LANGUAGES),),
    "suffer": (_rule(r"from ", "has_condition", _P, _DOING, v.CONDITIONS),),
    "date": (_rule(r"(?:an? \w+ (?:called|named) )?", "partner", _N, _DOING, kind=_PERSON),),
    "become": (_rule(r"(?=an? |the )", "has_job", _P, _DONE, v.OCCUPATIONS),),
    "give": (
        _rule(r"up (?:drinking )?", "drinks", _P, _DONE, _DRINKS, ends=True),
        _rule(r"up (?:eating )?", "eats", _P, _DONE, _FOODS, ends=True),
        _rule(r"up (?P<o>smoking|drinking|running|rowing|swimming|climbing|cycling)"
              r"(?=$|[.,!;]| )", "practises", _P, _DONE, ends=True),
    ),
    "earn": (_rule(_PAY, "earns", _P, _ON),),
    "turn": (_rule(rf"(?:{_AGE}) on (?:the )?", "birthday", Reading.REST, _NOW | _DONE,
                   kind=EntityKind.DATE),),
    "sing": (_rule(_IN_GROUP, "member_of", _P, _NOW, _GROUPS, _ORGANISATION),),
    "row": (_rule(_IN_GROUP, "member_of", _P, _NOW, _GROUPS, _ORGANISATION),),
    "eat": (
        _rule(_FOOD_AGAIN, "diet", _P, _DOING),
        _rule(_DIET, "diet", _P, _DOING),
        _rule(r"(?!out\b|an?\b)", "eats", _L, _NOW | {Tense.BEGUN}),
    ),
    "drink": (_rule(r"(?!an?\b)", "drinks", _L, _NOW | {Tense.BEGUN}),),
    "drive": (_rule(r"(?=an? )", "drives", _P, _NOW),),
    "use": (_rule(r"(?=[A-Z])", "uses", _N, _NOW),),
    "collect": (_rule(r"(?!my\b)", "collects", _P, _ON),),
    "teach": (_rule(r"(?:\w+ )?at (?:the )?", "works_at", _N, _ON, kind=_ORGANISATION),),
    "move": (
        _rule(_HOME_IN, "lives_in", _N, _DONE, kind=_PLACE),
        _rule(r"(?:[\w ]{1,20} )?from (?P<old>[A-Z][\w ]*?) to ", "lives_in", _N, _DONE,
              kind=_PLACE),
        _rule(r"(?:back |over |out )?to ", "lives_in", _N, _DONE, kind=_PLACE),
        _rule(r"(?:out of|away from|(?:here |over |away )?from) ", "lives_in", _N, _DONE,
              kind=_PLACE, ends=True),
    ),
    "relocate": (_rule(r"(?:from [A-Z][\w ]*? )?to ", "lives_in", _N, _DONE, kind=_PLACE),),
    "leave": (
        _rule(_JOB_AT, "works_at", _N, _DONE, kind=_ORGANISATION, ends=True),
        _rule(r"", "works_at", _N, _DONE, kind=_ORGANISATION, ends=True),
    ),
    "quit": (
        _rule(r"(?P<o>smoking|drinking|vaping)(?=$|[.,!;]| )", "practises", _P, _DONE, ends=True),
        _rule(_JOB_AT, "works_at", _N, _DONE, kind=_ORGANISATION, ends=True),
        _rule(r"(?:working (?:at|for) )?", "works_at", _N, _DONE, kind=_ORGANISATION, ends=True),
    ),
    "resign": (_rule(r"from (?:my (?:job|position|role) at )?", "works_at", _N, _DONE,
                     kind=_ORGANISATION, ends=True),),
    "retire": (_rule(r"from ", "works_at", _N, _DONE, kind=_ORGANISATION, ends=True),),
    "join": (
        _rule(r"(?=[A-Z])(?=[\w&' -]+ as an? )", "works_at", _N, _DONE, kind=_ORGANISATION),
        _rule(r"(?=an? |the )", "member_of", _P, _DONE, _GROUPS, _ORGANISATION),
    ),
    "start": (
        _rule(_JOB_AT, "works_at", _N, _DONE, kind=_ORGANISATION),
        _rule(rf"(?:work )?(?:at|with) {_ORGANISED}", "works_at", _N, _DONE, kind=_ORGANISATION),
        _rule(r"(?:my |a )?(?:new )?(?:job|position|role) as (?=an? )", "has_job", _P, _DONE),
        _rule(r"(?=(?:an?|my own) )(?:my own )?", "started", _P, _DONE, form=_EVENT),
    ),
    "buy": (_rule(_INDEFINITE + r"(?:own )?", "bought", _P, _DONE, form=_EVENT),),
    "sell": (_rule(r"(?:my|our|the) (?:old )?", "owns", _P, _DONE, ends=True),),
    "win": (_rule(r"(?=an? |the |first |second |third )", "won", _P, _DONE, form=_EVENT),),
    "finish": (
        _rule(r"(?:reading )", "read", _T, _DONE, None, _WORK, _EVENT),
        _rule(r"(?=an? |my first )(?:my )?", "finished", _P, _DONE, form=_EVENT),
    ),
    "complete": (_rule(r"(?=an? |the |my first )(?:my )?", "finished", _P, _DONE, form=_EVENT),),
    "read": (_rule(r"(?:the book )?", "read", _T, _DONE, None, _WORK, _EVENT),),
    "watch": (_rule(r"(?:the (?:film|movie|series|documentary) )?", "watched", _T, _DONE, None,
                    _WORK, _EVENT),),
    "visit": (_rule(r"", "visited", _N, _DONE, None, _PLACE, _EVENT),),
    "travel": (_rule(r"to ", "visited", _N, _DONE, None, _PLACE, _EVENT),),
    "attend": (_rule(r"(?=an? |the |my first |[A-Z])(?:my )?", "attended", _P, _DONE,
                     form=_EVENT),),
    "go": (
        _rule(_WENT_TO, "attended", _P, _DONE, _EVENTS, form=_EVENT),
        _rule(r"to (?=an? )", "attended", _P, _NOW, frozenset({"class"})),
    ),
    "run": (
        _rule(r"(?=(?:my|his|her|our) own )\w+ own ", "works_at", _P, _ON, kind=_ORGANISATION),
        _rule(r"(?=(?:an?|my first|\d[\d.,]*|two|three) )(?:my )?", "ran", _P, _DONE, frozenset(
            {"marathon", "race", "km", "kilometre", "kilometer", "mile", "k", "10k", "5k",
             "half-marathon"}), form=_EVENT),
    ),
    "meet": (_rule(r"", "knows", _N, _DONE, kind=_PERSON),),
    "know": (_rule(r"", "knows", _N, frozenset({Tense.NOW}), kind=_PERSON),),
    "make": (
        _rule(_PAY, "earns", _P, _ON),
        _rule(_INDEFINITE + r"(?:own )?", "made", _P, _DONE, form=_EVENT),
    ),
    **{verb: (_rule(_INDEFINITE + r"(?:own )?", "made", _P, _DONE, form=_EVENT),)
       for verb in ("bake", "paint", "build", "knit", "sew", "crochet", "design")},
    **{verb: (_rule(_INDEFINITE + r"(?:own )?", "wrote", _P, _DONE, form=_EVENT),)
       for verb in ("write", "compose")},
}  # fmt: skip
#: "I switched from Android to Linux": what is used now, and what no longer is.
SWITCHED = re.compile(r"(?:over )?from (?P<old>[\w' -]{2,40}?) to ")
#: "I switched to Linux".
SWITCHED_TO = re.compile(r"(?:over )?to (?=[A-Z])")
