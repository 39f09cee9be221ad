"""What things are or have become: "my flight is now at 11", "our rent went up to 950"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.found import Found
from consolidation.extract.english.openings import statement_start
from consolidation.extract.english.vocabulary import (
    GROUPS,
    OTHERS,
    PETS,
    PLAIN_KIN,
    PRACTICES,
    RELATIVES,
    SPORTS,
    words,
)
from consolidation.extract.protocol import Claim, EntityKind, Mention
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.words import NOT_NAMES

_MONTH = f"(?i:{'|'.join(MONTHS)})"
_WEEKDAY = f"(?i:{'|'.join(WEEKDAYS)})"
_CLOCK = (
    r"(?:half past |quarter (?:past|to) )?\d{1,2}(?:[:.]\d\d)?(?![.,:]?\d)(?: ?(?:[ap]\.?m\b|"
    r"o'clock|sharp|in the "
    r"(?:morning|afternoon|evening)))?|noon|midnight|midday"
)
_DAY = (
    rf"(?:(?:early |late |mid-|the end of |the week of |next |"
    rf"this )?(?:{_MONTH})(?: \d{{1,2}}(?:st|nd|rd|th)?)?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})|the \d{{1,2}}(?:st|nd|rd|th)|"
    rf"(?:next |this )?(?:{_WEEKDAY})s?|(?:next|this) (?:week|month|year|spring|summer|autumn|"
    rf"fall|winter)|"
    r"(?:spring|summer|autumn|fall|winter)(?: \d{4})?|\d{4}-\d\d-\d\d)(?:,? \d{4})?"
)
_DATED = rf"(?:(?:{_DAY})(?:,? (?:at |around )?(?:{_CLOCK}))?|(?:{_CLOCK})(?: on (?:{_DAY}))?)"
_UNIT = (
    r"(?:euros?|dollars?|pounds?|quid|bucks|francs|crowns|yen|rupees|kilos?|kg|pounds|lbs?|"
    r"stone|grams?|cm|"
    r"centimetres?|metres?|meters?|feet|km|kilometres?|miles?|hours?|minutes?|mins?|days?|"
    r"weeks?|months?|years?|"
    r"percent|per cent|%|k|grand|thousand|million|people|guests|pages|words|points|"
    r"square metres|mg|ml)"
)
_AMOUNT = (
    rf"(?:about |around |exactly |roughly |only |just |over |under |"
    rf"almost )?(?P<q>[$€£]?\d+(?:[.,:]\d+)*(?![.,:]?\d)k?%?"
    rf"(?: ?{_UNIT}(?![\w]))?(?: (?:a|an|per|each) (?:month|week|year|day|hour|night|person))?)"
)
#: What takes place, or has its time: "the" is enough to say whose.
_EVENTS = words(
    """
    wedding flight train appointment surgery operation exam interview meeting deadline party trip
    check-up checkup test presentation conference holiday vacation concert show game match race
    marathon ceremony graduation funeral move launch release delivery inspection viewing hearing
    trial rehearsal performance recital audition dinner lunch brunch call session class course
    workshop training reunion departure arrival reservation booking date scan treatment therapy
    closing completion handover kickoff demo review defence defense viva exhibition festival
    regatta tournament barbecue bbq picnic housewarming shower christening baptism engagement
    honeymoon retreat camp visit procedure biopsy injection vaccination shift lesson bedtime
    """
)
#: What is not one person's: it is the same whoever speaks of it.
_SHARED = words(
    """
    launch release deadline meeting demo review conference workshop show festival party delivery
    trial rehearsal reunion match game race concert exhibition kickoff hearing inspection retreat
    regatta tournament session presentation ceremony barbecue bbq picnic closing handover budget
    """
)
#: What has a size or a price.
_MEASURES = words(
    """
    rent salary budget mortgage price fee fare wage pay income deposit loan bill premium pension
    weight height commute best record size score target quota allowance bonus rate cost tuition
    stipend savings weekly-mileage mileage dose dosage limit bedtime time length debt team headcount
    """
)
#: What is of a make, or kept by one.
_MAKES = words(
    """
    car phone laptop computer bike bicycle camera tablet watch bank doctor gp dentist gym printer
    van truck motorbike scooter router browser insurer insurance provider supplier carrier airline
    editor phone-provider broker solicitor lawyer vet hairdresser barber
    """
)
_SITES = words(
    """
    office shop studio workshop desk practice clinic store cafe restaurant bakery lab headquarters
    hq allotment garage locker seat room gym classroom booth stall
    """
)
_NO_THINGS = words(
    """
    name birthday number email goal age nationality diet address role friends head heart mind
    problem idea plan question point guess opinion advice hope worry fear dream wish issue reason
    phone-number mobile cell job position title family life day week year mood answer
    """
)
_KIN = "|".join(sorted(map(re.escape, (*RELATIVES, *OTHERS, *PETS)), key=len, reverse=True))
_OWNER = (
    rf"(?:(?P<my>[Mm]y|[Oo]ur) (?:(?P<kin>{_KIN})['’]s )?|(?P<whose>[A-Z][a-z]+)['’]s |"
    rf"(?P<the>[Tt]he |[Tt]hat ))"
)
_NOUN = (
    r"(?:(?:new|next|current|upcoming|old|big|monthly|main|latest|own|"
    r"annual) )*(?P<noun>[a-z][a-z-]*(?: [a-z][a-z-]*){0,2}?)"
)
#: "My personal best over 2000 metres", "our flight to Rome".
_DETAIL = r"(?: (?:over|to|for|in|at|with|from) (?:the |a |my )?[\w-]+(?: [\w-]+){0,2}?)?"
_NOW = r"(?: (?:now|currently|still|actually|officially|finally|just|really))*"
_TO = r"(?:to|until|till|for|by|on|at)"
_BACK = r"(?: (?:back|up|down|forward|again|out|off|ahead))*"
_MOVED = (
    r"(?:moved|pushed|rescheduled|postponed|changed|shifted|brought|delayed|put|set|raised|"
    r"increased|cut|reduced|"
    r"lowered|extended|dropped|bumped|upped|bumped|slashed|adjusted|rebooked|deferred|slipped|"
    r"jumped|risen|rose|"
    r"gone|going|goes|went|grew|grown|fell|fallen|climbed|doubled|come|came|switched|confirmed|"
    r"fixed)"
)
_STANDS = (
    rf"(?: is|['’]s| will be| is going to be| are){_NOW}(?: (?:scheduled|booked|set|planned|due|"
    rf"fixed|confirmed|"
    rf"happening|taking place|up|down|back)){{0,2}}{_NOW}"
    rf"|{_NOW} (?:starts|begins|ends|leaves|departs|lands|arrives|takes place|happens|opens|"
    rf"is due|weighs|costs){_NOW}"
)
_BECAME = (
    rf"(?:['’]s| is| was| were| has| have| had| got| gets| just)?{_NOW}(?: been| gotten| got|"
    rf" being)?{_NOW} {_MOVED}{_BACK}"
    rf"(?: from (?:[\w$€£.,:]+ ){{1,5}}?)? ?(?=to |until |till |for |by |on |at )"
)
_LATER = (
    r"(?=\s*(?:$|[.,!;)]|(?: now| instead| from now on| again| as of\b.*| since\b.*|"
    r" because\b.*| in the end|"
    r" (?:due to|after|with|so|but|and|for|in|at|from|starting|this|last|then|on)\b.*)))"
)
_TIMED = re.compile(
    rf"{_OWNER}{_NOUN}{_DETAIL}(?:(?:{_STANDS})(?: {_TO})?|{_BECAME}{_TO}) (?P<o>{_DATED}){_LATER}"
)
_SIZED = re.compile(
    rf"{_OWNER}{_NOUN}{_DETAIL}(?:(?:{_STANDS})(?: (?:at|to))?|{_BECAME}{_TO}) {_AMOUNT}{_LATER}"
)
_MADE = re.compile(
    rf"{_OWNER}{_NOUN}(?: is|['’]s){_NOW}(?: with| called)? (?:an? |the )?"
    r"(?P<o>(?:Dr\.? )?[A-Z][\w-]*(?: [A-Z\d][\w-]*){0,3})(?=\s*(?:$|[.,!;]| now| from))"
)
_HAS_MOVED = (
    r"(?: has|['’]s| have)?(?: just| now| recently)*(?: been)? (?:moved|relocated)(?: over)? to"
)
_PLACED = re.compile(
    rf"{_OWNER}{_NOUN}(?:(?: is|['’]s){_NOW} (?:in|on|at)|{_HAS_MOVED}) (?:the )?"
    r"(?P<o>(?:[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3}|(?:ground|first|second|third|fourth|fifth|top|"
    r"\d+\w\w) floor|"
    r"(?:room|desk|table|number|row|gate|platform|unit) \w+))(?=\s*(?:$|[.,!;]| now| since| these))"
)
_WHO = r"(?:[Ii]|[Ww]e|[Tt]hey|[Hh]e|[Ss]he|[Mm]y [a-z]+|[Tt]he [a-z]+|[A-Z][a-z]+)"
_SHIFTED = re.compile(
    rf"{_WHO}(?:['’]ve| have|['’]s| has|['’]d| had to|)(?: (?:just|now|finally|already|had to|"
    rf"have to|decided to|"
    rf"managed to|agreed to|got))* (?:{_MOVED}|move|push|reschedule|postpone|change|shift|delay|"
    rf"raise|increase|cut|reduce|"
    rf"lower|extend){_BACK} (?P<my>my|our)?(?P<the>the|that)? {_NOUN}{_BACK}"
    rf"(?: from (?:[\w$€£.,:]+ ){{1,5}}?)?,? ?(?:to|until|till|for|by) (?:(?P<o>{_DATED})|"
    rf"{_AMOUNT}){_LATER}"
)


_PEOPLE = frozenset((*RELATIVES, *OTHERS, *PETS))
_TAKES_PLACE = (
    r"(?:['’]s|['’]re| is| are)(?: (?:now|still|only|always|just|currently))*"
    r" (?:on|at|every|twice|once|back|off|over|cancelled|canceled|[$€£]?\d)"
)
_BARE = re.compile(rf"(?P<noun>[A-Za-z]+)(?={_TAKES_PLACE})")
_THE = re.compile(
    r"[Tt]he (?P<noun>[a-z]+)(?=(?:['’]s| is| are| was| costs?| went| has)\b(?! due\b))"
)
#: "The deadline" is many people's.
_OF_ONE = (_EVENTS | _MEASURES) - _SHARED | {"budget"}
_HABITS = GROUPS | SPORTS | PRACTICES | words("work nursery training practice rehearsals lessons")


def as_mine(sentence: str, *, alone: bool) -> str:
    """ "Choir's on Mondays": the speaker's; of "the rent" that is sure where they speak alone."""
    bare = _BARE.match(sentence)
    if bare and bare["noun"].lower() in _OF_ONE | _HABITS:
        return f"My {bare['noun'].lower()}{sentence[bare.end() :]}"
    the = _THE.match(sentence) if alone else None
    if the and the["noun"] in _OF_ONE | _MAKES | _SITES:
        return f"My {the['noun']}{sentence[the.end() :]}"
    return sentence


def thing_claims(sentence: str, speaker: Mention) -> Iterator[Found]:
    """The claim of what one of the speaker's things, or another's, now is."""
    told = sentence[statement_start(sentence) :].replace(" GP ", " gp ")
    for pattern, known, others in (
        (_TIMED, _EVENTS, True), (_SIZED, _MEASURES | _EVENTS, True), (_SHIFTED,
        _EVENTS | _MEASURES, True),
        (_MADE, _MAKES, False), (_PLACED, _SITES, False),
    ):  # fmt: skip
        match = pattern.match(told)
        found = _found(match, speaker, known, others=others) if match else None
        if found is not None:
            yield found
            return


def _found(
    match: re.Match[str], speaker: Mention, known: frozenset[str], *, others: bool
) -> Found | None:
    noun = match["noun"]
    head = noun.rpartition(" ")[2]
    groups = match.groupdict()
    value = groups.get("o") or groups.get("q")
    if value is None or {noun, head} & (_NO_THINGS | _PEOPLE) or _is_plural(head):
        return None
    if head not in known and (groups.get("the") or not others or not groups.get("my")):
        return None
    owner = _owner(groups, noun, speaker)
    if owner is None:
        return None
    what = noun.replace(" ", "_").replace("-", "_")
    if owner.kind is EntityKind.THING:
        what = "amount" if groups.get("q") else "time"
    return Found(claim=Claim(
        subject=owner, predicate=f"own_{what}",
        object=Mention(name=value.strip().removeprefix("the ")),
    ))  # fmt: skip


def _is_plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "headquarters", "class"))


def _owner(groups: dict[str, str | None], noun: str, speaker: Mention) -> Mention | None:
    """Whose it is; what many share, "the launch", stands for itself."""
    kin, whose, my = groups.get("kin"), groups.get("whose"), groups.get("my")
    noun = noun.removesuffix(" date").removesuffix(" time")
    head = noun.rpartition(" ")[2]
    if not kin and not whose and head in _SHARED and (my or "our").lower() == "our":
        return Mention(name=f"the {noun}")
    if kin:
        return Mention(name=f"{speaker.name}'s {PLAIN_KIN.get(kin, kin)}", kind=EntityKind.PERSON)
    if whose:
        named = whose.lower() not in NOT_NAMES
        return Mention(name=whose, kind=EntityKind.PERSON) if named else None
    return speaker if my or groups.get("the") else None
