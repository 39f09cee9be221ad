"""Verbs that begin or end what lasts: hired and laid off, gone vegan, taken up, given up."""

from __future__ import annotations

from collections.abc import Mapping

from consolidation.extract.english import vocabulary as v
from consolidation.extract.english.grammar import DOING, DONE, NOW, ON, Reading, Rule, rule
from consolidation.extract.english.tenses import Tense
from consolidation.extract.protocol import EntityKind

_PLACE, _ORGANISATION = EntityKind.PLACE, EntityKind.ORGANISATION
_PERSON, _ANIMAL = EntityKind.PERSON, EntityKind.ANIMAL
_N, _P, _L = Reading.NAME, Reading.PHRASE, Reading.LIST
_NOW_ONLY = frozenset({Tense.NOW})
_STILL = NOW | {Tense.DOING, Tense.SINCE}
_END = (
    r"(?=\s*(?:$|[.,!;]| (?:last|on|this|in|at|today|yesterday|two|three|now|again|since|"
    r"because|"
    r"and|so|back|about|around|a (?:week|month|year|few|couple)|when|after|for)\b))"
)
_DIET = (
    r"(?P<o>vegan|vegetarian|pescatarian|flexitarian|kosher|halal|keto|paleo|plant[- ]based|"
    r"gluten[- ]free|dairy[- ]free|sugar[- ]free|low[- ]carb|carnivore|raw)"
)
_A_DIET = rf"(?:an? |the |my )?(?:strict(?:ly)? |fully |completely |totally )?{_DIET}"
_PERSON_NAME = r"(?P<o>[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
_POST = r"(?:[a-z-]+ ){0,3}?(?:job|position|role|post|gig|internship|apprenticeship|work)"
_A_POST = rf"(?:an? |the |my |that )?{_POST} (?:at|with|for) "
_AS = r"as (?:an? |the )?"
#: What is a school by its name.
_SCHOOL = (
    r"(?:the )?(?P<o>(?:University|Institute|College|School|Academy) of [A-Z]\w+(?: [A-Z]\w+)*|"
    r"(?:[A-Z][\w'.-]+ ){1,4}(?:University|College|School|Academy|Institute|Polytechnic|"
    r"Conservatory|Gymnasium|Uni)(?: [A-Z]\w+)*)"
)
_DEGREE = (
    r"(?:my|an?|the) (?:[a-z]+ )?(?:master's|masters|bachelor's|bachelors|phd|PhD|doctorate|degree|"
    r"MBA|MA|MSc|BA|BSc|studies|course|diploma|postdoc|apprenticeship)(?: [\w ]{1,30}?)? (?:at|in) "
)
_NATION = r"(?:my |the |an? )?(?P<o>[A-Z][a-z]+) (?:citizenship|nationality|passport)"
_A_HOME = (
    r"(?:an?|the|our|my)(?: own| new)? (?:[a-z-]+ ){0,2}(?:flat|room|house|apartment|place|studio|"
    r"bungalow|cottage|loft|bedsit|condo|houseshare|flatshare) (?:in|on|near) "
)
_PRACTICES = v.PRACTICES | v.words(
    "running swimming climbing cycling rowing pottery painting drawing knitting gardening sewing "
    "photography surfing sailing dancing hiking fencing archery woodworking birdwatching baking "
    "ceramics jogging weightlifting crossfit smoking vaping gaming skating skiing"
)
_DRINKS = v.words("coffee alcohol tea wine beer soda cola booze caffeine")
_FOODS = v.words("meat sugar gluten dairy fish cheese chocolate bread carbs pork beef")


def _lost(lead: str) -> tuple[Rule, ...]:
    """What somebody gives up: a game, a practice, a drink, a food."""
    return (
        rule(lead + r"(?:(?:playing|learning) )?(?:the )?", "plays", _L, DONE, v.INSTRUMENTS,
             ends=True),
        rule(lead + r"(?:playing )?", "plays", _L, DONE, v.SPORTS, ends=True),
        rule(lead + r"(?:drinking )?", "drinks", _L, DONE, _DRINKS, ends=True),
        rule(lead + r"(?:eating )?", "eats", _L, DONE, _FOODS, ends=True),
        rule(lead + r"(?:doing |practising |practicing )?", "practises", _P, DONE, _PRACTICES,
             ends=True),
        rule(lead + rf"(?:being |eating |going )?(?:an? )?{_DIET}", "diet", _P, DONE, ends=True),
    )  # fmt: skip


def _left(lead: str) -> tuple[Rule, ...]:
    """A school or a club that somebody is no longer at."""
    return (
        rule(lead + _SCHOOL, "studies_at", _P, DONE, kind=_ORGANISATION, ends=True),
        rule(lead + r"(?=the |my |our |an? )(?:my |our )?", "member_of", _P, DONE, v.GROUPS,
             _ORGANISATION, ends=True),
    )  # fmt: skip


def _schooled(lead: str) -> Rule:
    return rule(lead + _SCHOOL, "studies_at", _P, DONE | {Tense.BEGUN}, kind=_ORGANISATION,
                begins=True)  # fmt: skip


def _dieting(lead: str) -> Rule:
    return rule(lead + _A_DIET, "diet", _P, DONE | DOING, begins=True)


def _turned(lead: str) -> Rule:
    return rule(lead + rf"(?P<o>\d{{1,3}}|{v.NUMBERS_OF_YEARS})(?: years old)?{_END}", "age", _P,
                DONE,
                begins=True)  # fmt: skip


def _separated(lead: str) -> tuple[Rule, ...]:
    return (rule(lead + _PERSON_NAME + _END, "partner", _P, DONE, kind=_PERSON, ends=True),)


#: "I was hired by", "I got laid off from": what others did.
_DONE_TO = (
    rule(r"(?:hired|employed|recruited|headhunted|taken on|poached|snapped up)(?: \w+){0,2}? "
         r"(?:by|at|with) (?:a company called )?", "works_at", _N, DONE | NOW, kind=_ORGANISATION,
         begins=True),
    rule(r"(?:laid off|let go|fired|sacked|dismissed|made redundant|axed|released|pushed out)"
         r"(?: \w+){0,3}? (?:from|by|at|of) ", "works_at", _N, DONE, kind=_ORGANISATION, ends=True),
    rule(r"(?:transferred|relocated|posted|moved|seconded) (?:over |back |out )?to "
         r"(?=[A-Z]\w+(?: [A-Z]\w+)?\s*(?:$|[.,!;]|last|in|for|with|this|by))", "lives_in", _N,
         DONE,
         kind=_PLACE, begins=True),
    rule(r"(?:promoted|moved up|bumped up)(?: from [\w -]{3,30}?)? to ", "has_job", _P, DONE,
         v.ROLES,
         begins=True),
    rule(r"(?:made|appointed|named|elected|promoted to)(?: as| to be)?(?: the)? (?P<o>(?:head|"
         r"director|"
         r"manager|leader|captain|chair|vice president|chief) of (?:the )?[\w -]{2,30}?)"
         r"(?=\s*(?:$|[.,!;]| at| since| last| this| in| on| and))", "has_job", _P, DONE,
         begins=True),
    rule(r"(?:made|appointed|named|elected|voted)(?: as| to be)? ", "has_job", _P, DONE, v.ROLES,
         begins=True),
    rule(r"(?:accepted|admitted|transferred) (?:to|into) " + _SCHOOL + r"(?=.*\b(?:start|"
                                                                       r"study)\w*)",
         "studies_at", _P, DONE, kind=_ORGANISATION, begins=True),
    rule(r"(?:granted|given) " + _NATION, "nationality", _P, DONE, v.NATIONALITIES, begins=True),
    rule(r"diagnosed (?:as having|with) ", "has_condition", _P, DONE, begins=True),
    rule(r"(?P<o>married|engaged|divorced|separated|widowed)(?=\s*(?:$|[.,!;]| (?:last|on|this|"
         r"two|three|"
         r"yesterday|today|and|now|again|a (?:week|month|year|few|couple)|in (?:\d{4}|"
         r"[A-Z]\w+))\b))",
         "relationship_status", _P, DONE, begins=True),
)  # fmt: skip
CHANGING: Mapping[str, tuple[Rule, ...]] = {
    "be": (
        *_DONE_TO,
        rule(r"(?:employed) (?:by|at|with) ", "works_at", _N, ON, kind=_ORGANISATION),
        rule(r"settled (?:down )?in ", "lives_in", _N, _STILL, kind=_PLACE),
        rule(r"at (?=[A-Z][\w&'-]*(?: [A-Z][\w&'-]*)* (?:since \d{4}|for (?:\w+ )?\w+ years))",
             "works_at",
             _N, frozenset({Tense.SINCE}), kind=_ORGANISATION),
        rule(r"based (?:out of|in|at|near) ", "lives_in", _N, _STILL, kind=_PLACE),
        rule(r"in [A-Z][\w ]+? (?:permanently|for good)|in (?=[A-Z]\w+(?: [A-Z]\w+)? since "
             r"(?:\d{4}|[A-Z]))", "lives_in", _N, _STILL, kind=_PLACE),
        rule(r"an? (?P<o>[A-Z]\w+(?: [A-Z]\w+)?) (?:resident|local)(?= now|$|[.,!;])", "lives_in",
             _P,
             _STILL, kind=_PLACE),
        rule(rf"on {_A_DIET}(?: diet)?{_END}", "diet", _P, _STILL),
        rule(rf"{_DIET}(?=$|[.,!;]| now| these| since| again| at| any)", "diet", _P,
             ON | {Tense.ENDED}),
        rule(r"(?:back )?(?:in a (?:\w+ )?relationship|together|living together|"
             r"going steady) with ",
             "partner", _N, _STILL | {Tense.ENDED}, kind=_PERSON),
        rule(rf"with {_PERSON_NAME}(?=$|[.,!;]| any ?more| any longer)", "partner", _P, NOW,
             kind=_PERSON, denied=True),
        rule(rf"in love with {_PERSON_NAME}(?= any ?more| any longer)", "partner", _P, NOW,
             kind=_PERSON, denied=True),
        rule(r"(?:completely |totally |so |really )?(?:obsessed with|hooked on|crazy about|"
             r"mad about|addicted to|wild about|passionate about) ", "likes", _L, _STILL),
        rule(r"(?:sick|bored|fed up|tired) (?:of|with) (?!the\b|my\b|being\b|having\b)", "likes",
             _L,
             NOW, ends=True),
        rule(r"off (?P<o>coffee|alcohol|caffeine|booze|wine|beer|tea)\b", "drinks", _P, NOW,
             ends=True),
        rule(r"off (?P<o>meat|sugar|gluten|dairy|carbs|bread|chocolate)\b", "eats", _P, NOW,
             ends=True),
        rule(r"in (?=the |an? )", "member_of", _P, NOW, v.GROUPS - {"class", "group"},
             _ORGANISATION),
        rule(r"(?:an? )?(?:[\w-]+ ){0,2}?(?:student|undergrad|undergraduate|freshman|sophomore|"
             r"postgrad|PhD student) at " + _SCHOOL, "studies_at", _P, _STILL, kind=_ORGANISATION),
        rule(r"(?:now )?enrolled (?:at|in) " + _SCHOOL, "studies_at", _P, _STILL | DONE,
             kind=_ORGANISATION, begins=True),
        rule(r"(?:the )?(?:new )?(?P<o>(?:[a-z]+ ){0,2}(?:lead|manager|director|supervisor|captain|"
             r"president|principal))(?= now| at| of\b|$|[.,!;])", "has_job", _P, _STILL),
        rule(r"(?P<o>[A-Z][a-z]+)(?: citizen)?(?= now| by (?:birth|passport))", "nationality", _P,
             _NOW_ONLY, v.NATIONALITIES),
        rule(rf"(?P<o>\d{{1,3}}|{v.NUMBERS_OF_YEARS})(?= (?:today|as of|tomorrow's|now)\b)",
             "age", _P,
             _NOW_ONLY),
        rule(r"done (?:working )?(?:at|with|for) (?=[A-Z])(?!.*\bfor (?:today|the day)\b)",
             "works_at",
             _N, _NOW_ONLY, kind=_ORGANISATION, ends=True),
    ),
    "get": (
        *_DONE_TO,
        rule(r"back together with ", "partner", _N, DONE, kind=_PERSON, begins=True),
        rule(_A_POST, "works_at", _N, DONE, kind=_ORGANISATION),
        rule(rf"(?:an? |the |my ){_POST} as (?=an? )", "has_job", _P, DONE),
        rule(_NATION, "nationality", _P, DONE, v.NATIONALITIES),
        rule(r"rid of (?:my|our|the) (?:old )?", "owns", _P, DONE, ends=True),
        rule(r"rid of (?=[A-Z])", "uses", _N, DONE, ends=True),
        rule(r"(?:really |totally )?(?:into|hooked on|obsessed with) (?!an?\b|the\b|"
             r"my\b)(?=\w+(?:ing)?"
             r"(?:\s*$|[.,!;]| (?:last|this|lately|recently)))(?!trouble|fights?|debt|shape|bed|"
             r"town|"
             r"work|college|uni|university|school)", "likes", _P, DONE),
        rule(r"hitched to ", "married_to", _N, DONE, kind=_PERSON),
        *_separated(r"(?:divorced|separated) from "),
    ),
    "go": (
        _dieting(""),
        rule(r"to " + _SCHOOL, "studies_at", _P, DOING, kind=_ORGANISATION),
        rule(r"out with (?!.*\b(?:tonight|tomorrow|today|for|on|this|next|later)\b)" + _PERSON_NAME,
             "partner", _P, DOING, kind=_PERSON),
        rule(r"off (?:of )?(?!to\b|and\b|the\b|on\b|with\b|at\b|in\b|for\b|my\b)", "likes", _L,
             DONE,
             ends=True),
    ),
    "become": (
        rule(r"(?:an? |the )?(?:fully |proud )?", "has_job", _P, DONE, v.ROLES),
        _dieting(""),
        rule(r"an? (?P<o>[A-Z][a-z]+) citizen", "nationality", _P, DONE, v.NATIONALITIES),
        rule(r"(?:completely |totally )?(?:obsessed with|hooked on|an? fan of) ", "likes", _L,
             DONE),
        rule(r"an? member of ", "member_of", _P, DONE, kind=_ORGANISATION),
        rule(r"allergic to ", "allergic_to", _L, DONE),
    ),
    "turn": (_turned(""), _dieting("")),
    "hit": (_turned("(?:the big )?"),),
    "qualify": (rule(_AS, "has_job", _P, DONE, v.ROLES, begins=True),),
    "retrain": (rule(_AS, "has_job", _P, DONE, v.ROLES, begins=True),),
    "work": (rule(_AS, "has_job", _P, DOING, v.ROLES),),
    "make": (
        rule(rf"(?:my|a) living {_AS}", "has_job", _P, NOW),
        rule(r"(?:the|a|my|our) (?:[a-z]+ )?move (?:back |over |out |down |up )?to ", "lives_in",
             _N,
             DONE, kind=_PLACE, begins=True),
    ),
    "take": (
        rule(_A_POST, "works_at", _N, DONE, kind=_ORGANISATION, begins=True),
        rule(rf"(?:an? |the |on the ){_POST} {_AS}", "has_job", _P, DONE, begins=True),
        rule(r"over as (?:an? |the )?", "has_job", _P, DONE, begins=True),
        rule(r"up (?:playing |learning )?(?:the )?", "plays", _L, DONE, v.INSTRUMENTS | v.SPORTS,
             begins=True),
        rule(r"up (?:doing |practising |practicing )?", "practises", _P, DONE, _PRACTICES,
             begins=True),
    ),
    **{verb: (rule(_A_POST, "works_at", _N, DONE, kind=_ORGANISATION, begins=True),
              rule(rf"(?:an? |the |my ){_POST} {_AS}", "has_job", _P, DONE, begins=True))
       for verb in ("land", "find", "secure")},
    "accept": (
        rule(_A_POST, "works_at", _N, DONE, kind=_ORGANISATION, begins=True),
        rule(r"(?:an?|the|their) (?:[a-z-]+ ){0,2}offer (?:from|at|with) ", "works_at", _N, DONE,
             kind=_ORGANISATION, begins=True),
        rule(rf"(?:an? |the |my ){_POST} {_AS}", "has_job", _P, DONE, begins=True),
    ),
    "intern": (rule(r"(?:at|with|for) ", "works_at", _N, _STILL, kind=_ORGANISATION),),
    "have": (
        rule(r"my first (?:day|week|shift) (?:of work )?(?:at|with) ", "works_at", _N, DONE,
             kind=_ORGANISATION, begins=True),
        rule(r"my last (?:day|week|shift) (?:at|with) ", "works_at", _N, DONE, kind=_ORGANISATION,
             ends=True),
        rule(_NATION, "nationality", _P, NOW, v.NATIONALITIES),
        rule(r"(?:really |totally )?into (?=\w+ing\b)", "likes", _P, NOW),
        rule(r"an? (?:\w+ )?(?P<o>[a-z]+) allergy\b", "allergic_to", _P, NOW),
        rule(r"an? (?:\w+ )?allergy to ", "allergic_to", _L, NOW),
        rule(rf"an? (?:new |lovely )?(?:boyfriend|girlfriend|partner|fianc\w+)"
             rf"(?:,| called| named|: ) ?{_PERSON_NAME}", "partner", _P, NOW | DONE, kind=_PERSON),
    ),
    "hold": (rule(r"an? " + _NATION, "nationality", _P, NOW, v.NATIONALITIES),
             rule(_NATION, "nationality", _P, NOW, v.NATIONALITIES)),
    "hand": (rule(r"in my (?:notice|resignation) (?:at|to|with) ", "works_at", _N, DONE,
                  kind=_ORGANISATION, ends=True),),
    "finish": (rule(r"(?:up )?(?:working )?at (?=[A-Z])", "works_at", _N, DONE, kind=_ORGANISATION,
                    ends=True),),
    "join": (rule(r"(?=[A-Z])(?!Facebook|Twitter|Instagram|Reddit|TikTok|LinkedIn|Tinder|Bumble|"
                  r"Hinge|Discord|Netflix|Zoom|Mensa|X\b)(?=[A-Z][\w&'-]*(?: [A-Z][\w&'-]*){0,2}"
                  r"(?:\s*$|[.,!;]| (?:as|in|last|on|this|two|three|a|recently|after)\b))",
                  "works_at",
                  _N, DONE, kind=_ORGANISATION),),
    "live": (rule(r"(?:up|down|over|out|here|back|there) in ", "lives_in", _N, _STILL,
                  kind=_PLACE),),
    "stay": (rule(r"in (?=.*\b(?:permanently|for good|from now on)\b)", "lives_in", _N, _STILL,
                  kind=_PLACE),),
    "settle": (rule(r"(?:down |back |here )?in ", "lives_in", _N, DONE, kind=_PLACE, begins=True),),
    "rent": (rule(_A_HOME, "lives_in", _N, _STILL, kind=_PLACE),),
    "move": (
        rule(r"(?:back )?in with (?:my |our )?[\w' ]{2,30}? in ", "lives_in", _N, DONE,
             kind=_PLACE),
        rule(r"(?:back |over |down |up |out |away |here )+to ", "lives_in", _N, DONE, kind=_PLACE),
    ),
    "leave": (
        *_left(""),
        rule(r"(?P<o>[A-Z]\w+(?: [A-Z]\w+)?) for good", "lives_in", _P, DONE, kind=_PLACE,
             ends=True),
    ),
    "quit": (*_left(""), *_lost("")),
    "drop": (*_left("out of "), *_lost("")),
    "stop": _lost(""),
    "give": (
        *_lost("up (?:on )?"),
        rule(r"(?:in )?my (?:\w+ )?(?:notice|resignation) (?:at|to|with) ", "works_at", _N, DONE,
             kind=_ORGANISATION, ends=True),
        rule(r"up " + _NATION, "nationality", _P, DONE, v.NATIONALITIES, ends=True),
    ),
    "cut": _lost("(?:out|down on) "),
    "sign": (rule(r"up (?:with|at|to|for) (?=an? |the )", "member_of", _P, DONE,
                  v.GROUPS - {"class"}, _ORGANISATION, begins=True),),
    "study": (rule(r"(?:[\w ]{1,30} )?at " + _SCHOOL, "studies_at", _P, _STILL,
                   kind=_ORGANISATION),),
    "attend": (rule(_SCHOOL, "studies_at", _P, DOING, kind=_ORGANISATION),),
    "enrol": (_schooled("(?:at|in) "),),
    "enroll": (_schooled("(?:at|in) "),),
    "transfer": (_schooled("(?:over )?to "),),
    "start": (
        _schooled("(?:studying |uni |college |school )?at "),
        _schooled(_DEGREE),
    ),
    "begin": (
        _schooled("(?:studying )?at "),
        _schooled(_DEGREE),
        rule(r"(?:work(?:ing)? )?(?:at|with) (?=[A-Z])", "works_at", _N, DONE, kind=_ORGANISATION,
             begins=True),
    ),
    "do": (rule(_DEGREE + _SCHOOL, "studies_at", _P, DOING, kind=_ORGANISATION),),
    "see": (rule(rf"(?:an? \w+ (?:called|named) )?{_PERSON_NAME}(?=$|[.,!;]| now| again| since|"
                 rf" these| any)",
                 "partner", _P, frozenset({Tense.DOING, Tense.BEGUN, Tense.SINCE}), kind=_PERSON),),
    "date": (rule(_PERSON_NAME, "partner", _P, DOING | {Tense.ENDED}, kind=_PERSON),),
    "split": _separated("(?:up )?(?:with|from) "),
    "separate": _separated("from "),
    "dump": _separated(""),
    "end": _separated("(?:things|it|my relationship|the relationship) with "),
    "develop": (
        rule(r"an? (?:\w+ )?allergy to ", "allergic_to", _L, DONE, begins=True),
        rule(r"(?:mild |severe |chronic )?", "has_condition", _P, DONE, v.CONDITIONS, begins=True),
    ),
    "outgrow": (rule(r"(?:my |the )?(?:allergy to )", "allergic_to", _L, DONE, ends=True),),
    "follow": (rule(_A_DIET + r" diet", "diet", _P, _STILL),),
    "keep": (rule(r"(?P<o>kosher|halal)\b", "diet", _P, _STILL),),
    "eat": (rule(_A_DIET + _END, "diet", _P, _STILL | {Tense.BEGUN}),
            rule(r"(?P<o>fish|meat|dairy|eggs|cheese|seafood|chicken)(?= again)", "diet", _P,
                 _STILL | {Tense.BEGUN})),
    "use": (rule(r"(?=[A-Z])", "uses", _N, frozenset(Tense) - {Tense.PLANNED, Tense.PAST}),),
    "rescue": (rule(r"(?=an? |two |three )", "has_pet", _P, DONE, v.PETS, _ANIMAL, begins=True),),
    "fall": (
        rule(r"(?:head over heels )?in love with (?!an?\b|the\b|my\b)(?=[a-z])", "likes", _L, DONE,
             begins=True),
        rule(r"out of love with (?=[a-z])", "likes", _L, DONE, ends=True),
    ),
    "lose": (rule(r"(?:all )?interest in ", "likes", _L, DONE, ends=True),),
    "come": (rule(r"to (?:love|like|enjoy|adore) ", "likes", _L, DONE, begins=True),),
    "resign": (rule(r"(?:from|as \w+ (?:at|of)) ", "works_at", _N, DONE, kind=_ORGANISATION,
                    ends=True),),
    "aim": (rule(r"to (?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|[.!;]))", "current_goal", _P,
                 frozenset({Tense.DOING})),),
}  # fmt: skip
