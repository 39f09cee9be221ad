"""Reads the claims of a sentence that are sure: who, what, and whether it still holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from consolidation.extract.english.clauses import POSSESSED, Clause, Tense, clauses, possessed
from consolidation.extract.english.phrases import name_at, phrase_at, phrases_at, quoted_at
from consolidation.extract.english.rules import (
    HAS_JOB,
    RULES,
    SWITCHED,
    WORKS_AT,
    Reading,
    Rule,
)
from consolidation.extract.english.verbs import PLANNABLE
from consolidation.extract.english.vocabulary import (
    ABSTRACT,
    ACQUAINTANCES,
    OCCUPATIONS,
    PETS,
    RELATIVES,
    is_one_of,
)
from consolidation.extract.protocol import Claim, EntityKind, Form, Mention
from retrieval.understanding.words import NOT_NAMES


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """What is known around a sentence: who speaks, and which names are those of employers."""

    speaker: str
    employers: Collection[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A claim, and how its sentence tells it."""

    claim: Claim
    #: "I lived in Oslo", "I used to live in Oslo": true of then.
    past: bool = False
    #: "I moved to Oslo": what happened, by which the claim became true.
    event: bool = False
    #: Whether it is what the sentence says, rather than what it mentions on the way.
    main: bool = True
    #: True since the date that its sentence names, though that lies ahead.
    ahead: bool = False
    #: How to tell it, where that is more than the claim: "Caroline's sister is Anna."
    text: str | None = None


# Told by others, in play, on a condition, or left open: nothing of that is sure.
_DOUBTFUL = re.compile(
    r"\b(?:said|says|say|saying|told|tells|claims|claimed|according to|heard|hear|apparently|"
    r"supposedly|allegedly|rumou?rs?|mentioned|asked|asks|swears?|insists?|reckons?|thinks?|"
    r"thought|believes?|wonder\w*|if|unless|whether|maybe|perhaps|probably|might|"
    r"(?:would|could|should)(?! love| like)(?:n't)?|wish\w*|pretend\w*|imagin\w+|dream(?:ed|t)\b|"
    r"lol|lmao\w*|rofl|jk|kidding|joking|joke|haha\w*|sarcas\w+|as though|almost|nearly|"
    r"supposed to|"
    r"not sure|forget|forgot|guess|seems?|fake|hypothetical\w*)\b"
    r"|(?<!\w)/s\b|'d (?!love|like)|[😂🤣😜🙃]",
    re.IGNORECASE,
)
_PLAY = re.compile(r"\b(?:pretend\w*|imagin\w+|dream\w*|lol|lmao|kidding|joking|fake)\b|[\"“”]", re.I)
_QUOTES = re.compile(r"[\"“”]")
_COMPANY = re.compile(
    r"\b(?:job|work\w*|compan(?:y|ies)|boss|resign\w*|position|role|employer|colleagues|career|"
    r"startup|start-up|firm|offer)\b|\b(?:Inc|Corp|Ltd|LLC|GmbH|Labs|Bank|Group)\b"
)
_KIN_NAME = r"(?P<name>(?:(?:Mr|Mrs|Ms|Dr)\.? )?[A-Z][a-z]+)\b"
_MY = re.compile(rf"\b(?:[Mm]y|[Oo]ur)\s+{POSSESSED},?\s+{_KIN_NAME}(?!['’]s)(?! and (?!I\b)[A-Z])")
_APPOSED = re.compile(
    rf"{_KIN_NAME}(?:,\s+(?:that['’]s |who['’]s |who is )?| is | was )(?:my|our)\s+{POSSESSED}"
    r"(?=\s*(?:$|[.,!;]))"
)
_IS_CALLED = re.compile(
    rf"(?:[Mm]y|[Oo]ur)\s+{POSSESSED}(?:['’]s name)?(?:\s+is|['’]s)\s+(?:called |named )?(?P<name>[A-Z][a-z]+)"
    r"(?=\s*(?:$|[.,!;]|and\b))"
)
_KIN = ("sister", "brother", "son", "daughter", "friend", "cousin", "aunt", "uncle", "nephew",
        "niece", "boyfriend", "girlfriend", "twin")  # fmt: skip
_KEPT = re.compile(
    rf"\b(?:have|got|adopted|own|'ve got)\s+(?:an?|my first|our)\s+(?:[a-z-]+\s+){{0,3}}?"
    rf"(?P<kin>{'|'.join(sorted((*PETS, *_KIN)))})\s*,?\s+(?:called|named)\s+(?P<name>[A-Z][a-z]+)"
)
#: Whose end is told of two: "Rui and I broke up".
_WE_TWO = re.compile(
    rf"(?:(?:[Mm]y)\s+{POSSESSED},?\s+)?(?P<name>[A-Z][a-z]+) and I (?:are |have |'ve |got |just )*"
    r"(?P<what>broke(?:n)? up|split(?: up)?|separated|divorced|engaged|married)\b"
)
_FAVOURITE = re.compile(
    r"[Mm]y (?:all[- ]time |absolute )?favou?rite (?P<what>[a-z]+(?: [a-z]+)?)(?: of all time)?"
    r"(?: is|['’]s)(?: definitely| still| always| now)* (?P<o>.+)"
)
_IS_FAVOURITE = re.compile(
    r"(?P<o>[A-Z][\w' -]{1,40}) is my (?:all[- ]time |absolute )?favou?rite (?P<what>[a-z]+)"
    r"(?=\s*(?:$|[.,!;]))"
)
_OWN_FACTS = (
    ("name", re.compile(r"[Mm]y (?:full |first )?name(?: is|"
                        r"['’]s) (?P<o>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2})"
                        r"(?=\s*(?:$|[.,!;]|and\b))")),
    ("birthday", re.compile(r"[Mm]y birthday(?: is|['’]s)(?: on)? (?:the )?(?P<o>\d{1,2}(?:st|"
                            r"nd|rd|th)?"
                            r"(?: of)? [A-Z][a-z]+|[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?)\b")),
    ("email", re.compile(r"[Mm]y e-?mail(?: address)?(?: is|['’]s|"
                         r":) (?P<o>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)")),
    ("phone", re.compile(r"[Mm]y (?:new )?(?:(?:phone|mobile|cell)(?: number)?|number)"
                         r"(?:(?: is|['’]s|:)(?: now)?|.{0,40}\bit(?: is|['’]s)(?: now)?) "
                         r"(?P<o>\+?\d[\d ()-]{6,18}\d)")),
    ("age", re.compile(r"I(?:'m| am) [^.;]*?[^.;,\d],\s(?P<o>\d{1,2})(?=\s*(?:,|$|[.;]| and\b))")),
    ("native_language", re.compile(r"[Mm]y (?:native|first) language(?: is|"
                                   r"['’]s) (?P<o>[A-Z][a-z]+)")),
    ("native_language", re.compile(r"[Mm]y mother tongue(?: is|['’]s) (?P<o>[A-Z][a-z]+)")),
    ("current_goal", re.compile(r"[Mm]y (?:main |current |big |ultimate |"
                                r"next )?goal(?: right now| this year)?"
                                r"(?: is|"
                                r"['’]s)(?: still)? (?:to )(?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|"
                                r"[.!;]))")),
)  # fmt: skip
_BIRTHDAY = re.compile(
    rf"(?:[Mm]y\s+{POSSESSED}(?:,?\s+(?P<name>[A-Z][a-z]+))?|(?P<who>[A-Z][a-z]+))['’]s "
    r"(?:\d+(?:st|nd|rd|th) )?birthday(?: is|['’]s)(?: on)? (?:the )?"
    r"(?P<o>\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]+|[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?)\b"
)
#: "From 1 May I'll be at the Hospital": what begins then.
_STARTING = re.compile(
    r"(?:[Ff]rom|[Ss]tarting|[Aa]s of) (?:the )?[\w ]{3,20},? I(?:'ll| will) (?:be|work|be working)"
    r" (?:at|for|with) (?P<o>(?:the )?[A-Z].*)"
)
_PLAN_END = re.compile(
    r"\s*(?:[.,;:!?(]|\b(?:and|but|because|so|when|while|after|before|which|who|until|by|"
    r"next|this|tomorrow|tonight|today|soon|on (?:the )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|\d)\w*|"
    r"in (?:a |an |the )?(?:\d+|two|three|few|couple|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|"
    r"Nov|"
    r"Dec)\w*|spring|summer|autumn|fall|winter)|since|for|to|as well|by the way)\b)"
)
_DATED = re.compile(
    r"\b(?:tomorrow|tonight|next (?:week|month|year|spring|summer|autumn|fall|winter|[A-Z]\w+)|"
    r"this (?:weekend|week|month|summer|autumn|fall|winter|spring|[A-Z]\w+)|"
    r"on (?:the )?(?:[MTWFS]\w+"
    r"day|\d)|in (?:[A-Z][a-z]+|(?:\d+|a|two|three|a few) (?:days|weeks?|months?|years?)))\b"
)
_POINTING = re.compile(
    r"\b(?:it|its|this|that|these|those|them|their|him|his|hers?|he|she|they|you|your|me|my|i|"
    r"we|us|our|"
    r"one|there|here|some more|more|his own|"
    r"something|again|too)\b", re.IGNORECASE,
)  # fmt: skip


def read_claims(sentence: str, reader: Reader) -> tuple[Found, ...]:
    """The claims of a statement, in order; those of which one cannot be sure are left out."""
    doubtful = bool(_DOUBTFUL.search(sentence)) or sentence.rstrip().endswith("?")
    claimed = named_relatives(sentence, reader.speaker) if doubtful else _all(sentence, reader)
    found: dict[tuple[str, str, str], Found] = {}
    for one in claimed:
        claim = one.claim
        if claim.subject.name.lower() != claim.object.name.lower():
            found.setdefault((claim.subject.name, claim.predicate, claim.object.name.lower()), one)
    return tuple(found.values())


def named_relatives(sentence: str, speaker: str) -> Iterator[Found]:
    """Who is somebody's sister is sure, whatever is said of her, unless it is said in play."""
    if not _PLAY.search(sentence):
        yield from _of_relatives(sentence, Mention(name=speaker, kind=EntityKind.PERSON))


def _all(sentence: str, reader: Reader) -> Iterator[Found]:
    quoted = bool(_QUOTES.search(sentence))
    speaker = Mention(name=reader.speaker, kind=EntityKind.PERSON)
    if not quoted:
        yield from _of_own(sentence, speaker)
    for clause in clauses(sentence, reader.speaker):
        for one in _of_clause(clause, sentence, reader):
            if not quoted or one.claim.predicate in {"read", "watched"}:
                yield one
    if not quoted:
        yield from _of_relatives(sentence, speaker)


def _of_own(sentence: str, speaker: Mention) -> Iterator[Found]:
    """ "My favourite food is ramen", "my birthday is 3 May"."""
    for pattern in (_FAVOURITE, _IS_FAVOURITE):
        if match := pattern.match(sentence):
            thing = quoted_at(match["o"]) or name_at(match["o"]) or phrase_at(match["o"])
            what = match["what"].replace(" ", "_")
            if thing and len(thing.split()) < 5 and not what.endswith(("_to", "_about", "_in")):
                yield Found(claim=Claim(subject=speaker, predicate=f"favourite_{what}",
                                        object=Mention(name=thing)))  # fmt: skip
    if match := _BIRTHDAY.match(sentence):
        who = match["who"] or match["name"] or f"{speaker.name}'s {match['kin'].lower()}"
        yield Found(claim=Claim(subject=Mention(name=who, kind=EntityKind.PERSON),
                                predicate="birthday", object=_date(match["o"])))  # fmt: skip
    if match := _STARTING.match(sentence):
        if name := name_at(match["o"]):
            place = Mention(name=name, kind=EntityKind.ORGANISATION)
            yield Found(claim=Claim(subject=speaker, predicate="works_at", object=place), ahead=True)
    if match := _WE_TWO.match(sentence):
        yield _of_two(match, speaker)
    for predicate, pattern in _OWN_FACTS:
        if match := pattern.match(sentence):
            name = match["o"].strip()
            if not _POINTING.search(name) and len(name.split()) < 9:
                yield Found(claim=Claim(subject=speaker, predicate=predicate,
                                        object=Mention(name=name)))  # fmt: skip


def _date(written: str) -> Mention:
    return Mention(name=written, kind=EntityKind.DATE)


def _of_two(match: re.Match[str], speaker: Mention) -> Found:
    together = match["what"] in {"engaged", "married"}
    predicate = "married_to" if match["what"] in {"married", "divorced"} else "partner"
    other = Mention(name=match["name"], kind=EntityKind.PERSON)
    claim = Claim(subject=speaker, predicate=predicate, object=other, negated=not together)
    return Found(claim=claim, event=True)


def _of_relatives(sentence: str, speaker: Mention) -> Iterator[Found]:
    """ "my sister Anna", "my dog is called Rex", "I have a cat named Miso"."""
    matches = [*_MY.finditer(sentence), *_KEPT.finditer(sentence), *_APPOSED.finditer(sentence)]
    named = _IS_CALLED.match(sentence)
    for match in [*matches, *([named] if named else [])]:
        thing = possessed(match, speaker.name)
        kin = match["kin"].lower()
        predicate = "has_pet" if kin in PETS else RELATIVES.get(kin, _other(kin))
        late = re.search(r"\b(?:late|ex)\b", match[0])
        claim = Claim(subject=speaker, predicate=predicate, object=thing)
        if not late and thing.name.split()[0].lower() not in NOT_NAMES:
            if match is named:
                yield Found(claim=claim)
            else:
                text = f"{speaker.name}'s {kin} is {thing.name}."
                yield Found(claim=claim, main=False, text=text)


def _other(kin: str) -> str:
    return "knows" if kin in ACQUAINTANCES else f"has_{kin.replace('-', '_')}"


def _of_clause(clause: Clause, sentence: str, reader: Reader) -> Iterator[Found]:
    if clause.tense is Tense.PLANNED:
        if clause.verb.removeprefix("to ") in PLANNABLE and (
            clause.firm or _DATED.search(clause.rest)
        ):
            yield from _planned(clause)
        return
    if clause.verb in {"switch", "change"}:
        yield from _switched(clause)
        return
    both = list(_of_work(clause))
    if both:
        yield from both
        return
    if _left_work(clause, reader):
        yield _found(clause, replace(WORKS_AT, ends=True), str(name_at(clause.rest[3:])))
        return
    for rule in RULES.get(clause.verb, ()):
        if clause.tense not in rule.tenses:
            continue
        if rule.predicate == "name" and clause.subject.name.startswith(f"{reader.speaker}'s "):
            continue
        match = rule.lead.match(clause.rest)
        if match is None or (clause.negated and rule.form is Form.EVENT):
            continue
        objects = [name for name in _objects(rule, match, clause.rest) if _fits(rule, name)]
        if clause.together and rule.predicate not in _SHARED:
            return
        if called := _CALLED.search(clause.rest) if rule.predicate in _NAMED else None:
            objects = [called["name"]] if objects else []
            text = f"{clause.subject.name} has a {phrase_at(clause.rest[match.end():])} "
            for name in objects:
                yield replace(_found(clause, rule, name), text=f"{text}called {name}.")
            return
        if objects and _is_sure(rule, clause, objects[0], sentence, reader):
            yield from (_found(clause, rule, name) for name in objects)
            return


#: What "we" do, each of us does.
_SHARED = frozenset({"lives_in", "has_pet", "has_child", "bought", "owns", "visited", "from",
                     "attended", "relationship_status", "plans_to"})  # fmt: skip
_NAMED = frozenset({"has_pet", "has_child", "has_sibling"})
_CALLED = re.compile(r"\b(?:called|named) (?P<name>[A-Z][a-z]+)\b")
_AT = re.compile(r"(?:[\w-]+ )?(?:(?:at|for|to|with) )?(?=(?:the )?[A-Z])")
_AS = re.compile(r"(?P<mid>[^.;]{0,40}?)\bas (?=an? |the )")
_BEGINS_AS = re.compile(r"(?:(?:out|work) )?as (?=an? )|(?=an? )")
_AT_ONE = re.compile(r"[,\s]*(?:at (?:an? [\w ]{3,30}, )?(?P<o>(?:the |an? )?\S.*)|"
                     r"(?:for|with) (?P<name>(?:the )?[A-Z].*))")  # fmt: skip
_WORKING = frozenset({"work", "start", "join", "move", "be", "become"})


def _of_work(clause: Clause) -> Iterator[Found]:
    """ "works at Acme as a nurse", "a nurse at Acme": the employer and the job."""
    if clause.verb not in _WORKING or clause.negated or clause.together:
        return
    if clause.tense is Tense.PAST and clause.verb == "be":
        return
    place = job = None
    at, begins = _AT.match(clause.rest), _BEGINS_AS.match(clause.rest)
    if at and clause.verb != "be":
        place = name_at(clause.rest[at.end() :])
        behind = _AS.match(clause.rest, at.end() + len(place)) if place else None
        job = phrase_at(clause.rest[behind.end() :]) if behind else None
    elif begins and clause.verb != "move":
        job = phrase_at(clause.rest[begins.end() :])
        known = job is not None and is_one_of(job, OCCUPATIONS)
        behind = _AT_ONE.match(clause.rest, clause.rest.index(job) + len(job)) if known else None
        where = (behind["o"] or behind["name"]) if behind else ""
        place = name_at(where) or phrase_at(where)
    if place and job and is_one_of(job, OCCUPATIONS):
        yield _found(clause, HAS_JOB, job)
        yield _found(clause, WORKS_AT, place)


_NOT_AT = re.compile(r"at (?:the )?(?P<o>[A-Z].*?)\b.*\b(?:any ?more|any longer)\b|at ")


def _left_work(clause: Clause, reader: Reader) -> bool:
    """ "I'm not at Acme any more", of an employer that is known as one."""
    if clause.verb != "be" or not clause.negated or not _NOT_AT.match(clause.rest):
        return False
    return name_at(clause.rest[3:]) in reader.employers


def _found(clause: Clause, rule: Rule, name: str) -> Found:
    claim = Claim(
        subject=clause.subject, predicate=rule.predicate,
        object=Mention(name=name, kind=rule.kind), negated=clause.negated or rule.ends,
        form=rule.form,
    )  # fmt: skip
    told_back = clause.tense in {Tense.PAST, Tense.ENDED}
    turned = rule.ends or clause.verb in _TURNS
    past = told_back and rule.predicate in _STATES_OF_PAST and not turned
    return Found(claim=claim, past=past, event=told_back or turned)


#: States that are told in the past tense when they are over.
_STATES_OF_PAST = frozenset({"lives_in", "works_at", "has_job", "studies_at"})
#: Verbs whose past tense begins a state.
_TURNS = frozenset({"move", "relocate", "join", "start", "get", "marry", "adopt", "become", "give"})
#: What they are said of is meant in general.
_GENERAL = frozenset({"likes", "dislikes", "eats", "drinks", "collects"})
_ON_A_DAY = re.compile(r"\b(?:next|last|this|on|today|tomorrow|tonight|yesterday)\b")
_LASTING_SINCE = re.compile(r"\b(?:since|for)\b")


def _is_sure(rule: Rule, clause: Clause, name: str, sentence: str, reader: Reader) -> bool:
    if rule.form is Form.EVENT and is_one_of(name, ABSTRACT):
        return False
    if rule.predicate == "from" and _ON_A_DAY.search(clause.rest):
        return False
    if rule.predicate in _GENERAL and clause.rest.startswith("the ") and name[0].islower():
        return False  # "I like the contrast": this one, of which was spoken
    if clause.verb in {"leave", "quit"} and not (
        name in reader.employers or _COMPANY.search(sentence) or clause.verb == "quit"
    ):
        return False
    if clause.tense is Tense.SINCE and rule.form is Form.STATE and clause.verb not in _TURNS:
        # "I've lived in Oslo": at some time, unless it says since when.
        return rule.ends or bool(_LASTING_SINCE.search(clause.rest)) or rule.predicate in {
            "allergic_to", "has_condition", "born_in", "diet", "relationship_status", "knows",
        }  # fmt: skip
    return True


def _objects(rule: Rule, match: re.Match[str], rest: str) -> list[str]:
    if match.groupdict().get("o"):
        return [match["o"]]
    text = rest[match.end() :]
    if rule.reading is Reading.LIST:
        return list(phrases_at(text))
    if rule.reading is Reading.TITLE:
        title = quoted_at(text)
        return [title] if title else []
    if rule.reading is Reading.REST:
        dated = re.match(r"(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]+|"
                         r"[A-Z][a-z]+ \d{1,2}"
                         r"(?:st|nd|rd|th)?)(?:,? \d{4})?", text)  # fmt: skip
        return [dated[0]] if dated else []
    one = name_at(text) if rule.reading is Reading.NAME else phrase_at(text)
    return [one] if one else []


def _fits(rule: Rule, name: str) -> bool:
    return rule.vocabulary is None or is_one_of(name, rule.vocabulary)


def _planned(clause: Clause) -> Iterator[Found]:
    """ "I'm going to visit Rome next month": the doing, without its date."""
    text = f"{clause.verb.removeprefix('to ')} {clause.rest}"
    end = _PLAN_END.search(text, len(clause.verb) - 2)
    if end and end[0].strip() == "to":
        end = _PLAN_END.search(text, end.end())
    doing = text[: end.start() if end else len(text)].strip()
    if 2 <= len(doing.split()) <= 7 and not _POINTING.search(doing):
        claim = Claim(subject=clause.subject, predicate="plans_to", object=Mention(name=doing),
                      form=Form.EVENT)  # fmt: skip
        yield Found(claim=claim)


def _switched(clause: Clause) -> Iterator[Found]:
    match = SWITCHED.match(clause.rest)
    if match is None or clause.tense not in {Tense.PAST, Tense.SINCE}:
        return
    new, old = phrase_at(clause.rest[match.end() :]), phrase_at(match["old"])
    if new is None or old is None:
        return
    claim = Claim(subject=clause.subject, predicate="uses", object=Mention(name=new))
    yield Found(claim=claim)
    yield Found(claim=replace(claim, object=Mention(name=old), negated=True), main=False)
