"""Finds what texts name: people, places, organisations, works, and other things with a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from consolidation.extract.english.vocabulary import LANGUAGES, NATIONALITIES, words
from consolidation.extract.protocol import EntityKind, Mention, Utterance
from retrieval.understanding.names import Name, find_names, quotations
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.spelling import words_of
from retrieval.understanding.words import EMPTY_WORDS, FINITE, NOT_NAMES

#: Characters of a passage that is read at once, and of a name.
_PASSAGE, _LONGEST, _TITLE = 600, 80, 120
_CUT = re.compile(r"(?<=[.!?\n])\s+|\n+")
_ORGANISATION = re.compile(
    r"\b(?:Inc|Corp|Corporation|Ltd|LLC|GmbH|PLC|Company|Co|University|College|Institute|"
    r"Institution|"
    r"Academy|School|Bank|Group|Foundation|Association|Society|Union|Committee|Council|Agency|"
    r"Ministry|Department|Hospital|Museum|Library|Church|Party|League|Club|FC|Records|Press|"
    r"Studios|"
    r"Pictures|Entertainment|Airlines|Airways|Army|Navy|Force|Orchestra|Team|Commission|Parliament|"
    r"Senate|Court|Network|Broadcasting|Center|Centre)\b\.?"
)
_LOCATION = re.compile(
    r"\b(?:River|Lake|Mount|Mountains?|Island|Islands|Bay|Ocean|Sea|County|City|State|Province|"
    r"District|Valley|Beach|Park|Street|Road|Avenue|Airport|Station|Bridge|Castle|Peninsula|Desert|"
    r"Republic|Kingdom|Township|Borough|Region|Territory|Coast|Canal)\b"
)
_TITLED = re.compile(r"(?:Dr|Mr|Mrs|Ms|Prof|Sir|Lady|Lord|King|Queen|Prince|Princess|President|"
                     r"Pope|Saint|Captain|General|Aunt|Uncle|Grandma|"
                     r"Grandpa)\b\.? [A-Z]")  # fmt: skip
_KIN_BEFORE = re.compile(
    r"\b(?:sister|brother|mother|father|mum|mom|dad|son|daughter|wife|husband|partner|boyfriend|"
    r"girlfriend|friend|cousin|aunt|uncle|nephew|niece|boss|colleague|coworker|roommate|flatmate|"
    r"neighbou?r|teacher|coach|by (?:actor|actress|singer|director|author|writer|architect)|actor|"
    r"actress|singer|director|author|president|psychologist|composer|politician|named|called),?\s$"
)
_PLACE_BEFORE = re.compile(
    r"\b(?:(?:lives?|lived|living|born|based|located|moved|raised|headquartered|situated|"
    r"village|town|"
    r"city|capital|state|county|province|country|north|south|east|west|flew|travel\w*|trip|back)"
    r" (?:in|to|of|near|from)|in|from|near|via|across)\s(?:the\s)?$"
)
_ORGANISATION_BEFORE = re.compile(
    r"\b(?:works?|worked|working|job|employed|study|studies|studied|studying|interned?|career|"
    r"founded|acquired) (?:at|for|with|by)\s(?:the\s)?$"
)
_SPEAKS = re.compile(
    r"(?:'s (?:wife|husband|mother|father|son|daughter|sister|brother)|\s(?:said|says|told|asked|"
    r"thinks|called|texted|laughed|smiled|cried|wrote|married|(?:was|is) (?:born|"
    r"an? (?:[\w-]+ ){0,4}"
    r"(?:actor|actress|singer|writer|author|politician|player|footballer|director|composer|painter|"
    r"scientist|lawyer|nurse|teacher|doctor|poet|musician|journalist|artist|architect|athlete|"
    r"swimmer|"
    r"sailor|cyclist|boxer|runner|wrestler|coach|pianist|violinist|guitarist|novelist|soldier|"
    r"officer|"
    r"general|bishop|priest|lawyer|engineer|businessman|model|comedian|philosopher|"
    r"economist)))\b|,? who\b|\s\(born|\s\(\d{1,2} [A-Z]\w+ \d{4} [–-])"
)
_WORK_BEFORE = re.compile(
    r"\b(?:song|album|single|film|movie|novel|book|series|show|episode|poem|play|opera|game|"
    r"reading|"
    r"read|watched|watching|titled|entitled)\s(?:the\s)?$", re.IGNORECASE,
)  # fmt: skip
_INTERJECTIONS = words("""
    ok okay wow omg lol lmao haha hey hi hello thanks yay yeah yes no nope oops ugh congrats
    congratulations bye god gosh jesus damn nah yep please sorry cheers aww ah oh hmm well welcome
    happy merry dear love good great nice sure absolutely totally definitely
    """)
_CALENDAR = frozenset(w.lower() for w in (*MONTHS, *WEEKDAYS)) | frozenset(
    w.lower() + "s" for w in WEEKDAYS
)
_DIRECTIONS = words("North South East West Middle Central New Great Upper Lower")
#: Where two names stand beside each other: "the Olympics in Ostend", "the Cup and for France".
_BESIDE = re.compile(
    r" (?:and )?(?:in|at|on|to|for|and)(?: for| in| at| on)? |"
    r"(?<=[a-z]{3})(?<!\bProf)\.\s+(?:The |the )?"
)
_YEAR_BEFORE = re.compile(r"\bthe ((?:1\d|20)\d\d )$")
_ARTICLE = re.compile(r"(?:The|the|A|An)\s+")
_ASIDE = re.compile(r"\s*\([^()]*\)$")
# "U.S.", "D.C.": the full stops belong to the name.
_DOTTED = re.compile(r"(?<![\w.])(?:[A-Z]\.){2,4}(?!\w)")
# "Council for Small Business", "College of Arts and Sciences": one name.
_JOINING = re.compile(r" (?:for|on|and)(?: the)? $")
_JOINED = re.compile(
    r"\b(?:Council|Society|Institute|College|School|Department|Ministry|Academy|Faculty|Museum|"
    r"Journal|Bureau|Office|Center|Centre|Board|Association|Foundation|Committee|Commission)\b"
)
_LOWER_NEXT = re.compile(r" [a-z]")
_PLACE_AFTER = re.compile(r"$|[^\w\s]|\s(?:and|or|in|on|at|to|for|with|by|from|as|since|last|"
                          r"this|that|"
                          r"where|when|who|which|was|is|are|were|during|until|but)\b")  # fmt: skip
_LOWER = re.compile(r"(?<![\w'])[a-z]{2,}(?![\w'])")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sighting:
    """A name where it stands, and whether it stands where any word has a capital."""

    name: str
    kind: EntityKind
    opens: bool


def name_things(
    utterances: Sequence[Utterance], people: Collection[str]
) -> Mapping[UUID, tuple[Mention, ...]]:
    """What each episode names, in the order of the text; `people` are those who speak."""
    seen = {u.episode_id: tuple(_sightings(u)) for u in utterances}
    seen = {episode_id: _with_persons(found) for episode_id, found in seen.items()}
    every = [sighting for found in seen.values() for sighting in found]
    known = {s.name for s in every if not s.opens} | set(people)
    common = _written_small(u.content for u in utterances)
    kinds = _kinds(every, people)
    return {
        episode_id: _mentions(found, known, common, kinds) for episode_id, found in seen.items()
    }


def _with_persons(found: Sequence[_Sighting]) -> tuple[_Sighting, ...]:
    """With "Wayne Rooney" a person where the same text also calls him "Rooney"."""
    alone = {s.name for s in found if " " not in s.name}
    return tuple(
        replace(s, kind=EntityKind.PERSON)
        if s.kind is EntityKind.THING and _is_full(s, alone)
        else s
        for s in found
    )


def _is_full(sighting: _Sighting, alone: Collection[str]) -> bool:
    words = sighting.name.split()
    spelled = 2 <= len(words) <= 3 and all(w.isalpha() and w[0].isupper() for w in words)
    return spelled and words[-1] in alone and words[0] not in _DIRECTIONS


def _written_small(contents: Iterable[str]) -> Collection[str]:
    return {word for content in contents for word in _LOWER.findall(content)}


def _kinds(every: Sequence[_Sighting], people: Collection[str]) -> Mapping[str, EntityKind]:
    """What a name is most often taken for; a guess holds for the name wherever it stands."""
    votes: dict[str, Counter[EntityKind]] = {}
    for sighting in every:
        if sighting.kind is not EntityKind.THING:
            votes.setdefault(sighting.name, Counter())[sighting.kind] += 1
    kinds = {name: count.most_common(1)[0][0] for name, count in votes.items()}
    return kinds | dict.fromkeys(people, EntityKind.PERSON)


def _mentions(
    found: Sequence[_Sighting],
    known: Collection[str],
    common: Collection[str],
    kinds: Mapping[str, EntityKind],
) -> tuple[Mention, ...]:
    kept: dict[str, Mention] = {}
    for sighting in found:
        name = sighting.name
        # A word that opens a sentence is a name if it is one elsewhere, or is no common word.
        if sighting.opens and name not in known and name.lower() in common:
            continue
        kind = kinds.get(name, EntityKind.THING)
        kept.setdefault(name.lower(), Mention(name=name, kind=kind))
    return tuple(kept.values())


def _sightings(utterance: Utterance) -> Iterator[_Sighting]:
    content = utterance.content.replace("’", "'").replace("‘", "'")
    title, body = _title(utterance, content)
    if title is not None:
        yield _Sighting(name=title, kind=EntityKind.THING, opens=False)
    for start, end in _passages(content, body):
        yield from _in_passage(content[start:end])


def _title(utterance: Utterance, content: str) -> tuple[str | None, int]:
    """The first line of a document, if more follows it and it does not end as a sentence does."""
    line, newline, rest = content.partition("\n")
    title = line.strip().lstrip("#").strip()
    good = utterance.kind == "document" and newline and rest.strip()
    if not good or not 0 < len(title) <= _TITLE or title.endswith((".", "!", "?", ":", ",")):
        return None, 0
    title = _ASIDE.sub("", title)
    return _without_article(title), len(line)


def _passages(content: str, start: int) -> Iterator[tuple[int, int]]:
    """Sentences, roughly; a wall of text in pieces."""
    end = start
    for match in _CUT.finditer(content, start):
        end = match.start()
        if end - start < _PASSAGE // 3:
            continue
        yield from _pieces(start, end)
        start = match.end()
    yield from _pieces(start, len(content))


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, _PASSAGE):
        yield at, min(at + _PASSAGE, end)


def _in_passage(text: str) -> Iterator[_Sighting]:
    words = words_of(text)
    opening = {word.start for word in words if word.opens}
    for dotted in _DOTTED.finditer(text):
        yield _Sighting(name=dotted[0], kind=EntityKind.THING, opens=False)
    names = [n for name in find_names(text, words, _titles(text), ()) for n in _apart(text, name)]
    for found in _joined(text, names):
        name = _plain(found)
        if name is not None and not _is_adjective(text, found, name):
            single = " " not in name and not found.quoted
            yield _Sighting(
                name=name,
                kind=_kind(text, found, name),
                opens=found.start in opening and single and name.isalpha() and not name.isupper(),
            )


def _apart(text: str, name: Name) -> Iterator[Name]:
    """A name with the year of its event; two names, where a preposition stands between them."""
    link = None if name.quoted else _BESIDE.search(name.text)
    if link is not None:
        cut = name.start + link.end()
        yield from _apart(text, replace(name, text=name.text[: link.start()],
                                        end=name.start + link.start(), owns=False))  # fmt: skip
        yield from _apart(text, replace(name, text=text[cut : name.end], start=cut))
        return
    year = _YEAR_BEFORE.search(text, max(0, name.start - 9), name.start)
    if year is not None and not name.quoted:
        name = replace(name, text=year[1] + name.text, start=year.start(1))
    yield name


def _joined(text: str, names: Sequence[Name]) -> Iterator[Name]:
    """The names, those that a "for" or an "and" makes one of put together."""
    last: Name | None = None
    for name in names:
        if last is not None and _are_one(text, last, name):
            last = Name(text=text[last.start : name.end], start=last.start, end=name.end,
                        owns=name.owns)  # fmt: skip
            continue
        if last is not None:
            yield last
        last = name
    if last is not None:
        yield last


def _are_one(text: str, first: Name, second: Name) -> bool:
    between = text[first.end : second.start]
    if first.quoted or second.quoted:
        return False
    if between == " & ":
        return True
    if not _JOINING.match(between) or not _JOINED.search(first.text):
        return False
    return " of " in first.text or between.startswith((" for", " on"))


def _is_adjective(text: str, found: Name, name: str) -> bool:
    """ "a German state": of the state, not of Germany."""
    return name in NATIONALITIES | LANGUAGES and bool(_LOWER_NEXT.match(text, found.end))


def _titles(text: str) -> tuple[Name, ...]:
    """Quotations that are titles: short, and in capitals."""
    return tuple(
        q for q in quotations(text)
        if len(q.text) <= _LONGEST and len(q.text.split()) <= 8 and _in_capitals(q.text)
    )  # fmt: skip


def _in_capitals(text: str) -> bool:
    words = text.split()
    large = sum(word[0].isupper() or word[0].isdigit() for word in words)
    return words[0][0].isupper() and large * 2 >= len(words) and not text.endswith(("!", "?", "."))


def _plain(found: Name) -> str | None:
    """The name without article; None for what is none after all."""
    name = " ".join(found.text.split()).strip(" .,;:-")
    if found.quoted:
        return name or None
    name = _without_article(name)
    lower = name.lower()
    if len(name) < 2 or len(name) > _LONGEST or lower in _CALENDAR | _INTERJECTIONS:
        return None
    first = lower.split()[0]
    if " " not in name and (lower in EMPTY_WORDS or lower in NOT_NAMES or lower in FINITE):
        return None
    if (
        name.replace(" ", "").isdigit()
        or "@" in name
        or name.startswith("#")
        or first in {"i", "i'm"}
    ):
        return None
    return name


def _without_article(name: str) -> str:
    article = _ARTICLE.match(name)
    rest = name[article.end() :] if article else name
    return name if rest.lower() in EMPTY_WORDS | NOT_NAMES else rest


def _kind(text: str, found: Name, name: str) -> EntityKind:
    if found.quoted and " " in name:
        return EntityKind.WORK
    if _ORGANISATION.search(name):
        return EntityKind.ORGANISATION
    if _LOCATION.search(name):
        return EntityKind.PLACE
    if _TITLED.match(name):
        return EntityKind.PERSON
    before = text[max(0, found.start - 40) : found.start]
    for pattern, kind in _BEFORE:
        if pattern.search(before) and (
            kind is not EntityKind.PLACE or _PLACE_AFTER.match(text, found.end)
        ):
            return kind
    if _SPEAKS.match(text, found.end):
        return EntityKind.PERSON
    return EntityKind.THING


_BEFORE = (
    (_KIN_BEFORE, EntityKind.PERSON),
    (_ORGANISATION_BEFORE, EntityKind.ORGANISATION),
    (_WORK_BEFORE, EntityKind.WORK),
    (_PLACE_BEFORE, EntityKind.PLACE),
)
