"""What people say of themselves and theirs in set phrases: names, birthdays, kin, favourites."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.clauses import POSSESSED, POSSESSED_OWNER, possessed
from consolidation.extract.english.found import Found
from consolidation.extract.english.phrases import name_at, phrase_at, quoted_at
from consolidation.extract.english.vocabulary import (
    ACQUAINTANCES,
    OTHERS,
    PETS,
    PLAIN_KIN,
    RELATIVES,
)
from consolidation.extract.protocol import Claim, EntityKind, Mention
from retrieval.understanding.words import NOT_NAMES

_KIN_NAME = r"(?P<name>(?:(?:Mr|Mrs|Ms|Dr)\.? )?[A-Z][a-z]+)\b"
_MY = re.compile(rf"\b(?:[Mm]y|[Oo]ur)\s+{POSSESSED},?\s+{_KIN_NAME}(?!['’]s)(?! and (?!I\b)[A-Z])")
_APPOSED = re.compile(
    rf"{_KIN_NAME}(?:,\s+(?:that['’]s |who['’]s |who is )?| is | was )(?:my|our)\s+{POSSESSED}"
    r"(?=\s*(?:$|[.,!;]))"
)
_IS_CALLED = re.compile(
    rf"(?:[Mm]y|[Oo]ur|(?P<owner>[A-Z][a-z]+)['’]s)\s+{POSSESSED_OWNER}(?:['’]s name)?(?:\s+is|"
    rf"['’]s)\s+(?:called |"
    rf"named )?(?P<name>[A-Z][a-z]+)"
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
    r"(?P<what>broke(?:n)? up|split up|separated|divorced|engaged|married)\b"
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
                                r"next |new )?goal(?: now| right now| for this year| this year)?"
                                r"(?: is|"
                                r"['’]s)(?: still)? (?:to )(?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|"
                                r"[.!;]))")),
)  # fmt: skip
_BIRTHDAY = re.compile(
    rf"(?:[Mm]y\s+(?:[a-z]+\s+)?(?P<kin>{'|'.join((*RELATIVES, *OTHERS))})"
    r"(?:,?\s+(?P<name>[A-Z][a-z]+))?|(?P<who>[A-Z][a-z]+))['’]s "
    r"(?:\d+(?:st|nd|rd|th) )?birthday(?: is|['’]s)(?: on)? (?:the )?"
    r"(?P<o>\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]+|[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?)\b"
)
#: "From 1 May I'll be at the Hospital": what begins then.
_STARTING = re.compile(
    r"(?:[Ff]rom|[Ss]tarting|[Aa]s of) (?:the )?[\w ]{3,20},? I(?:'ll| will) (?:be|work|be working)"
    r" (?:at|for|with) (?P<o>(?:the )?[A-Z].*)"
)
POINTING = re.compile(
    r"\b(?:it|its|this|that|these|those|them|their|him|his|hers?|he|she|they|you|your|me|my|i|"
    r"we|us|our|"
    r"one|there|here|some more|more|his own|"
    r"something|again|too)\b", re.IGNORECASE,
)  # fmt: skip


def own_claims(sentence: str, speaker: Mention) -> Iterator[Found]:
    """ "My favourite food is ramen", "my birthday is 3 May"."""
    for pattern in (_FAVOURITE, _IS_FAVOURITE):
        if match := pattern.match(sentence):
            thing = quoted_at(match["o"]) or name_at(match["o"]) or phrase_at(match["o"])
            what = match["what"].replace(" ", "_")
            if thing and len(thing.split()) < 5 and not what.endswith(("_to", "_about", "_in")):
                yield Found(claim=Claim(subject=speaker, predicate=f"favourite_{what}",
                                        object=Mention(name=thing)))  # fmt: skip
    yield from _of_dates(sentence, speaker)
    if match := _WE_TWO.match(sentence):
        yield _of_two(match, speaker)
    for predicate, pattern in _OWN_FACTS:
        if match := pattern.match(sentence):
            name = match["o"].strip()
            if not POINTING.search(name) and len(name.split()) < 9:
                yield Found(claim=Claim(subject=speaker, predicate=predicate,
                                        object=Mention(name=name)))  # fmt: skip


def _of_dates(sentence: str, speaker: Mention) -> Iterator[Found]:
    """ "My mum's birthday is on 3 May", "from 1 May I'll be at Acme"."""
    if match := _BIRTHDAY.match(sentence):
        kin = (match["kin"] or "").lower()
        who = match["who"] or match["name"] or f"{speaker.name}'s {PLAIN_KIN.get(kin, kin)}"
        born = Mention(name=who, kind=EntityKind.PERSON)
        yield Found(claim=Claim(subject=born, predicate="birthday", object=_date(match["o"])))
    match = _STARTING.match(sentence)
    name = name_at(match["o"]) if match else None
    if name is not None:
        place = Mention(name=name, kind=EntityKind.ORGANISATION)
        yield Found(claim=Claim(subject=speaker, predicate="works_at", object=place), ahead=True)


def _date(written: str) -> Mention:
    return Mention(name=written, kind=EntityKind.DATE)


def _of_two(match: re.Match[str], speaker: Mention) -> Found:
    together = match["what"] in {"engaged", "married"}
    predicate = "married_to" if match["what"] in {"married", "divorced"} else "partner"
    other = Mention(name=match["name"], kind=EntityKind.PERSON)
    claim = Claim(subject=speaker, predicate=predicate, object=other, negated=not together)
    return Found(claim=claim, event=True)


def relatives(sentence: str, speaker: Mention) -> Iterator[Found]:
    """ "my sister Anna", "my dog is called Rex", "I have a cat named Miso"."""
    matches = [*_MY.finditer(sentence), *_KEPT.finditer(sentence), *_APPOSED.finditer(sentence)]
    named = _IS_CALLED.match(sentence)
    for match in [*matches, *([named] if named else [])]:
        thing = possessed(match, speaker.name)
        kin = match["kin"].lower()
        predicate = "has_pet" if kin in PETS else RELATIVES.get(kin, _other(kin))
        late = re.search(r"\b(?:late|ex)\b", match[0])
        owner = match.groupdict().get("owner")
        whose = Mention(name=owner, kind=EntityKind.PERSON) if owner else speaker
        claim = Claim(subject=whose, predicate=predicate, object=thing)
        if not late and thing.name.split()[0].lower() not in NOT_NAMES:
            if match is named:
                yield Found(claim=claim)
            else:
                text = f"{speaker.name}'s {kin} is {thing.name}."
                yield Found(claim=claim, main=False, text=text)


def _other(kin: str) -> str:
    return "knows" if kin in ACQUAINTANCES else f"has_{kin.replace('-', '_')}"
