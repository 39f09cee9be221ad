"""Which verb with which words behind it states what: the table that claims are read from."""

from __future__ import annotations

from collections.abc import Mapping

from consolidation.extract.english import vocabulary as v
from consolidation.extract.english.changing import CHANGING
from consolidation.extract.english.grammar import (
    ANY,
    DOING,
    DONE,
    INDEFINITE,
    LASTING,
    NOW,
    ON,
    Reading,
    Rule,
    rule,
)
from consolidation.extract.english.tenses import Tense
from consolidation.extract.protocol import EntityKind, Form

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
#: "I work at the bakery", but neither "at the moment" nor "at the kitchen table".
_WORKPLACE = (
    r"(?=the [a-z])(?!the (?:office|same|other|very|latest|earliest)\b)"
    r"(?!the (?:[a-z-]+ )?(?:moment|minute|time|weekends?|end|start|beginning|top|bottom|back|"
    r"front|side|desk|table|counter|computer|laptop|house|home|place|expense|edge|border|rate|"
    r"speed|pace|level|limit)\b)"
)
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
WORKS_AT = rule(r"", "works_at", _P, LASTING, kind=_ORGANISATION)
HAS_JOB = rule(r"", "has_job", _P, LASTING)

_RULES: Mapping[str, tuple[Rule, ...]] = {
    "be": (
        rule(rf"(?P<o>{_AGE})(?: years? old)?(?= ?(?:$|[.,!;]| and| now))", "age", _P,
              frozenset({Tense.NOW})),
        rule(r"born (?:and raised |and bred )?in ", "born_in", _N, ANY, kind=_PLACE),
        rule(r"born on ", "birthday", Reading.REST, ANY, kind=EntityKind.DATE),
        rule(r"(?:originally )?from ", "from", _N, frozenset({Tense.NOW}), kind=_PLACE),
        rule(r"married to (?:my (?:husband|wife) )?", "married_to", _N, NOW, kind=_PERSON),
        rule(r"engaged to ", "partner", _N, NOW, kind=_PERSON),
        rule(r"(?P<o>single|married|engaged|divorced|widowed|separated)(?=$|[.,!;]| now| again|"
              r" since| for)", "relationship_status", _P, ON),
        rule(r"(?:an? )?(?:strict )?(?P<o>vegan|vegetarian|pescatarian|flexitarian)(?=$|[.,!;]|"
              r" (?:"
              r"now|since|for|and|so)\b)", "diet", _P, ON),
        rule(r"allergic to ", "allergic_to", _L, ON),
        rule(r"(?P<o>pregnant)(?=$|[.,!;]| )", "has_condition", _P, ON),
        rule(r"(?:mad|crazy|nuts) about ", "likes", _L, NOW),
        rule(r"(?:very |so |such )?(?:fond of|keen on|into|an? (?:big |huge )?fan of) ", "likes",
              _L, NOW),
        rule(r"promoted to ", "has_job", _P, DONE),
        rule(r"(?:the )?(?=(?:head|director|manager|captain|chair|leader|lead) of )"
              r"(?P<o>\w+ of (?:the |our |my )?[\w' -]{3,40}?)(?= since| now| as of|$|[.,!;])",
              "has_job", _P, ON),
        rule(rf"(?:on|at|in) {_ADDRESS}(?=$|[.,!;]| now)", "lives_in", _P, NOW, kind=_PLACE),
        rule(rf"on {_SYSTEMS}", "uses", _P, NOW),
        rule(r"diagnosed with ", "has_condition", _P, ANY),
        rule(r"an? (?:proud |active |board |founding )?member of ", "member_of", _P, ON),
        rule(r"an? (?P<o>[A-Z][a-z]+)(?: citizen)(?=$|[.,!;])", "nationality", _P, ON,
              v.NATIONALITIES),
        rule(r"(?P<o>[A-Z][a-z]+)(?=$|[.,!;])", "nationality", _P, frozenset({Tense.NOW}),
              v.NATIONALITIES),
        rule(r"(?=an? )", "has_job", _P, ON, v.OCCUPATIONS),
        rule(r"fluent in ", "speaks", _L, NOW, v.LANGUAGES),
        rule(r"(?:called|named) ", "name", _N, frozenset({Tense.NOW}), kind=_PERSON),
    ),
    "live": (
        rule(_HOME_IN, "lives_in", _N, LASTING, kind=_PLACE),
        rule(rf"(?:at|on|in) {_ADDRESS}", "lives_in", _P, LASTING, kind=_PLACE),
        rule(r"(?:\w+ |with (?:my |our )?[\w' ]{2,30}? )?in ", "lives_in", _N, LASTING,
              kind=_PLACE),
    ),
    "work": (
        rule(r"(?:\w+ )?(?:at|for) (?=an? )", "works_at", _P, LASTING, kind=_ORGANISATION),
        rule(r"(?:\w+ )?(?:at|for) ", "works_at", _N, LASTING, kind=_ORGANISATION),
        rule(rf"(?:\w+ )?at {_WORKPLACE}", "works_at", _P, LASTING, kind=_ORGANISATION),
        rule(_AS_A, "has_job", _P, LASTING),
    ),
    "volunteer": (rule(r"(?:at|with|for) (?:the |an? )?", "volunteers_at", _P, DOING,
                        kind=_ORGANISATION),),
    "study": (
        rule(r"(?:[\w ]{1,30} )?at (?:the )?", "studies_at", _N, LASTING, kind=_ORGANISATION),
        rule(r"(?!at\b|for\b|in\b|hard\b|to\b|abroad\b)", "studies", _P, DOING),
    ),
    "major": (rule(r"in ", "studies", _P, DOING),),
    "graduate": (rule(r"from ", "graduated_from", _N, DONE, None, _ORGANISATION, _EVENT),),
    "come": (
        rule(r"(?:over |here )?from (?=[A-Z][\w ]* in \d{4}\b)", "from", _N, DONE, kind=_PLACE),
        rule(r"(?:originally )?from ", "from", _N, frozenset({Tense.NOW}),
              kind=_PLACE),
    ),
    "grow": (rule(r"up in ", "raised_in", _N, DONE, None, _PLACE, _EVENT),),
    "have": (
        rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_pet", _P, NOW, v.PETS,
              _ANIMAL),
        rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_child", _P, NOW, v.CHILDREN,
              _PERSON),
        rule(r"(?=(?:an?|one|two|three|four|five|six|\d)\s)", "has_sibling", _P, NOW,
              v.SIBLINGS, _PERSON),
        rule(_ILLNESS, "has_condition", _P, ON),
        rule(r"(?:type \d )?(?:mild |severe |chronic |bad )?", "has_condition", _P, ON,
              v.CONDITIONS),
    ),
    "own": (rule(INDEFINITE, "owns", _P, ON),),
    "adopt": (rule(INDEFINITE, "has_pet", _P, DONE, v.PETS, _ANIMAL),),
    "get": (
        rule(r"(?:my first )?(?=an? )", "has_pet", _P, DONE, v.PETS, _ANIMAL),
        rule(r"married to ", "married_to", _N, DONE, kind=_PERSON),
        rule(r"engaged to ", "partner", _N, DONE, kind=_PERSON),
        rule(r"promoted to ", "has_job", _P, DONE),
        rule(rf"(?:an?|my|the) (?:new )?job (?:at|with) {_ORGANISED}", "works_at", _N, DONE,
              kind=_ORGANISATION),
        rule(r"(?:an?|my|the) (?:new )?job (?:at|with) ", "works_at", _P, DONE,
              kind=_ORGANISATION),
        rule(r"(?P<o>married|engaged|divorced)(?=$|[.,!;]| (?:last|on|this|two|yesterday|"
              r"and|in (?:\d{4}|[A-Z]))\b)",
              "relationship_status", _P, DONE),
    ),
    "marry": (rule(r"", "married_to", _N, DONE, kind=_PERSON),),
    "break": (rule(r"up with ", "partner", _N, DONE, kind=_PERSON, ends=True),),
    "divorce": (rule(r"", "married_to", _N, DONE, kind=_PERSON, ends=True),),
    "love": (rule(r"", "likes", _L, NOW),),
    "like": (rule(r"", "likes", _L, NOW),),
    "enjoy": (rule(r"", "likes", _L, NOW),),
    "adore": (rule(r"", "likes", _L, NOW),),
    "prefer": (rule(r"", "likes", _P, NOW),),
    "hate": (rule(r"", "dislikes", _L, NOW),),
    "dislike": (rule(r"", "dislikes", _L, NOW),),
    "play": (
        rule(r"(?:the )?", "plays", _L, ON, v.INSTRUMENTS),
        rule(r"", "plays", _L, ON, v.SPORTS),
    ),
    "practise": (rule(r"", "practises", _P, ON, v.PRACTICES),),
    "practice": (rule(r"", "practises", _P, ON, v.PRACTICES),),
    "do": (rule(r"", "practises", _P, ON, v.PRACTICES),),
    "speak": (rule(r"(?:fluent |some |a little |a bit of )?", "speaks", _L, NOW, v.LANGUAGES),),
    "suffer": (rule(r"from ", "has_condition", _P, DOING, v.CONDITIONS),),
    "date": (rule(r"(?:an? \w+ (?:called|named) )?", "partner", _N, DOING, kind=_PERSON),),
    "become": (rule(r"(?=an? |the )", "has_job", _P, DONE, v.OCCUPATIONS),),
    "give": (
        rule(r"up (?:drinking )?", "drinks", _P, DONE, _DRINKS, ends=True),
        rule(r"up (?:eating )?", "eats", _P, DONE, _FOODS, ends=True),
        rule(r"up (?P<o>smoking|drinking|running|rowing|swimming|climbing|cycling)"
              r"(?=$|[.,!;]| )", "practises", _P, DONE, ends=True),
    ),
    "earn": (rule(_PAY, "earns", _P, ON),),
    "turn": (rule(rf"(?:{_AGE}) on (?:the )?", "birthday", Reading.REST, NOW | DONE,
                   kind=EntityKind.DATE),),
    "sing": (rule(_IN_GROUP, "member_of", _P, NOW, v.GROUPS, _ORGANISATION),),
    "row": (rule(_IN_GROUP, "member_of", _P, NOW, v.GROUPS, _ORGANISATION),),
    "eat": (
        rule(_FOOD_AGAIN, "diet", _P, DOING),
        rule(_DIET, "diet", _P, DOING),
        rule(r"(?!out\b|an?\b)", "eats", _L, NOW | {Tense.BEGUN}),
    ),
    "drink": (rule(r"(?!an?\b)", "drinks", _L, NOW | {Tense.BEGUN}),),
    "drive": (rule(r"(?=an? )", "drives", _P, NOW),),
    "use": (rule(r"(?=[A-Z])", "uses", _N, NOW),),
    "collect": (rule(r"(?!my\b)", "collects", _P, ON),),
    "teach": (rule(r"(?:\w+ )?at (?:the )?", "works_at", _N, ON, kind=_ORGANISATION),),
    "move": (
        rule(_HOME_IN, "lives_in", _N, DONE, kind=_PLACE),
        rule(r"(?:[\w ]{1,20} )?from (?P<old>[A-Z][\w ]*?) to ", "lives_in", _N, DONE,
              kind=_PLACE),
        rule(r"(?:back |over |out )?to ", "lives_in", _N, DONE, kind=_PLACE),
        rule(r"(?:out of|away from|(?:here |over |away )?from) ", "lives_in", _N, DONE,
              kind=_PLACE, ends=True),
    ),
    "relocate": (rule(r"(?:from [A-Z][\w ]*? )?to ", "lives_in", _N, DONE, kind=_PLACE),),
    "leave": (
        rule(_JOB_AT, "works_at", _N, DONE, kind=_ORGANISATION, ends=True),
        rule(r"", "works_at", _N, DONE, kind=_ORGANISATION, ends=True),
    ),
    "quit": (
        rule(r"(?P<o>smoking|drinking|vaping)(?=$|[.,!;]| )", "practises", _P, DONE, ends=True),
        rule(_JOB_AT, "works_at", _N, DONE, kind=_ORGANISATION, ends=True),
        rule(r"(?:working (?:at|for) )?", "works_at", _N, DONE, kind=_ORGANISATION, ends=True),
    ),
    "resign": (rule(r"from (?:my (?:job|position|role) at )?", "works_at", _N, DONE,
                     kind=_ORGANISATION, ends=True),),
    "retire": (rule(r"from ", "works_at", _N, DONE, kind=_ORGANISATION, ends=True),),
    "join": (
        rule(r"(?=[A-Z])(?=[\w&' -]+ as an? )", "works_at", _N, DONE, kind=_ORGANISATION),
        rule(r"(?=an? |the )", "member_of", _P, DONE, v.GROUPS, _ORGANISATION),
    ),
    "start": (
        rule(_JOB_AT, "works_at", _N, DONE, kind=_ORGANISATION),
        rule(rf"(?:work )?(?:at|with) {_ORGANISED}", "works_at", _N, DONE, kind=_ORGANISATION),
        rule(r"(?:my |a )?(?:new )?(?:job|position|role) as (?=an? )", "has_job", _P, DONE),
        rule(r"(?=(?:an?|my own) )(?:my own )?", "started", _P, DONE, form=_EVENT),
    ),
    "buy": (rule(INDEFINITE + r"(?:own )?", "bought", _P, DONE, form=_EVENT),),
    "sell": (rule(r"(?:my|our|the) (?:old )?", "owns", _P, DONE, ends=True),),
    "win": (rule(r"(?=an? |the |first |second |third )", "won", _P, DONE, form=_EVENT),),
    "finish": (
        rule(r"(?:reading )", "read", _T, DONE, None, _WORK, _EVENT),
        rule(r"(?=an? |my first )(?:my )?", "finished", _P, DONE, form=_EVENT),
    ),
    "complete": (rule(r"(?=an? |the |my first )(?:my )?", "finished", _P, DONE, form=_EVENT),),
    "read": (rule(r"(?:the book )?", "read", _T, DONE, None, _WORK, _EVENT),),
    "watch": (rule(r"(?:the (?:film|movie|series|documentary) )?", "watched", _T, DONE, None,
                    _WORK, _EVENT),),
    "visit": (rule(r"", "visited", _N, DONE, None, _PLACE, _EVENT),),
    "travel": (rule(r"to ", "visited", _N, DONE, None, _PLACE, _EVENT),),
    "attend": (rule(r"(?=an? |the |my first |[A-Z])(?:my )?", "attended", _P, DONE,
                     form=_EVENT),),
    "go": (
        rule(_WENT_TO, "attended", _P, DONE, _EVENTS, form=_EVENT),
        rule(r"to (?=an? )", "attended", _P, NOW, frozenset({"class"})),
    ),
    "run": (
        rule(r"(?=(?:my|his|her|our) own )\w+ own ", "works_at", _P, ON, kind=_ORGANISATION),
        rule(r"(?=(?:an?|my first|\d[\d.,]*|two|three) )(?:my )?", "ran", _P, DONE, frozenset(
            {"marathon", "race", "km", "kilometre", "kilometer", "mile", "k", "10k", "5k",
             "half-marathon"}), form=_EVENT),
    ),
    "meet": (rule(r"", "knows", _N, DONE, kind=_PERSON),),
    "know": (rule(r"", "knows", _N, frozenset({Tense.NOW}), kind=_PERSON),),
    "make": (
        rule(_PAY, "earns", _P, ON),
        rule(INDEFINITE + r"(?:own )?", "made", _P, DONE, form=_EVENT),
    ),
    **{verb: (rule(INDEFINITE + r"(?:own )?", "made", _P, DONE, form=_EVENT),)
       for verb in ("bake", "paint", "build", "knit", "sew", "crochet", "design")},
    **{verb: (rule(INDEFINITE + r"(?:own )?", "wrote", _P, DONE, form=_EVENT),)
       for verb in ("write", "compose")},
}  # fmt: skip
#: Of each verb the rules in order; those of changes first, which are the more special ones.
RULES: Mapping[str, tuple[Rule, ...]] = {
    verb: (*CHANGING.get(verb, ()), *_RULES.get(verb, ())) for verb in {**CHANGING, **_RULES}
}
