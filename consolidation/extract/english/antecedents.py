"""Says whom a pronoun means, where only one of those just named can be meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from consolidation.extract.english.clauses import POSSESSED, POSSESSED_OWNER
from consolidation.extract.english.vocabulary import GENDERS, PETS
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.words import AFTER_NAMES, FINITE, NOT_NAMES


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody as the speaker names them, "my sister" or "Anna"."""

    name: str
    #: "he" or "she"; None if either may be meant.
    pronoun: str | None
    #: Whether what is said next is likely of them, rather than only mentioned on the way.
    spoken_of: bool = True


_KIN = re.compile(
    rf"(?P<owner>[Mm]y|[Oo]ur|[Yy]our)\s+{POSSESSED}(?:,?\s+(?P<name>[A-Z][a-z]+)\b)?(?!['’]s\s)"
)
#: "My mum's hip", "Jakob's girlfriend": who owns something, or is somebody's, may be spoken of.
_OWNER_KIN = re.compile(rf"(?P<owner>[Mm]y|[Oo]ur|[Yy]our)\s+{POSSESSED_OWNER}['’]s\s")
_THEIR_KIN = re.compile(rf"(?P<owner>[A-Z][a-z]+)['’]s\s+{POSSESSED}(?!['’]s\s)")
_APPOSED = re.compile(
    rf"(?P<name>[A-Z][a-z]+),\s+(?:that['’]s |who['’]s |who is )?(?:my|our)\s+{POSSESSED}"
)
_KIN_CALLED = re.compile(
    rf"(?:[Mm]y|[Oo]ur|[A-Z][a-z]+['’]s)\s+{POSSESSED_OWNER}(?:['’]s name)?(?:\s+is|['’]s)"
    rf"\s+(?:called |named )?"
    r"(?P<name>[A-Z][a-z]+)\b"
)
_CALLED = re.compile(r"\b(?P<who>[Hh]is|[Hh]er) name(?: is|['’]s) (?P<name>[A-Z][a-z]+)\b")
_ANIMAL = re.compile(rf"\b(?:an?|my|our)\s+(?:[a-z-]+\s+)?(?P<kin>{'|'.join(sorted(PETS))})\b")
_NAME = re.compile(
    r"(?<![\w.'’-])(?P<name>(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][a-z]+)(?P<owns>['’]s)?\b(?!['’-])"
    r"(?=(?P<next>\s+[\w'’]+)?)"
)
#: Behind these a name is somebody's, rather than something's.
_PERSON_BEFORE = re.compile(
    r"\b(?:met|meet|meeting|visited|called|phoned|dating|married|seeing|for|with|know|about)\s$"
)
#: "Mum said": one's own.
_PARENT = re.compile(
    r"(?<![\w'’-])(?<!my )(?<!My )(?<!our )(?<!your )(?<!, )(?P<kin>Mum|Mom|Dad|Grandma|Grandpa|"
    r"Gran)(?![\w-])"
)
_NO_PERSON_BEFORE = re.compile(
    r"\b(?:in|at|to|from|near|of|on|via|an?|the|since|until|into|through)\s$", re.IGNORECASE
)
#: Several who are one another's: "our grandchildren".
_SEVERAL = re.compile(
    r"\b(?P<owner>[Mm]y|[Oo]ur|[Yy]our) (?:[a-z-]+ )?(?P<kin>parents|grandparents|folks|"
    r"children|kids|"
    r"grandchildren|grandkids|sisters|brothers|twins|sons|daughters|in-laws|cousins|neighbours|"
    r"neighbors|flatmates|housemates|roommates)\b(?!['’])"
)
_CALENDAR = frozenset((*MONTHS, *WEEKDAYS))
_LEADING = re.compile(
    r"(?P<who>he|she|they)(?P<short>['’](?:s|re|ve))?(?=\s)(?:\s+(?P<next>[a-z]+))?", re.I
)
_OWNING = re.compile(r"(?P<who>his|her|their)(?=\s+[a-z])", re.IGNORECASE)
_KIN_OF = re.compile(rf"\b(?P<who>his|her)\s+{POSSESSED}\b")
_OBJECT = re.compile(
    r"(?P<who>\bhim|\bher)(?=\s*(?:$|[.,!;])|\s(?:on|in|at|every|to|for|with|last|next|about)\b)"
)
_HE = {
    "he": "he",
    "his": "he",
    "him": "he",
    "she": "she",
    "her": "she",
    "they": "they",
    "their": "they",
}
#: A question about whom it begins with: "Sunita well?"
_ASKED_AFTER = re.compile(
    r"[A-Z]\w+(?<!ed)(?<!ing)(?<!ly)(?<!s) (?!what|who|where|how|why|when)[a-z]+\?"
)
_STATES = frozenset({"retired", "married", "called", "named", "interested", "tired", "engaged",
                     "divorced", "based", "employed", "obsessed", "allergic"})  # fmt: skip


def pronouns_of(texts: Iterable[str]) -> Mapping[str, str]:
    """Which pronoun goes with a name, as far as it was said who that is: "my sister Anna"."""
    return {
        match["name"]: GENDERS[match["kin"].lower()]
        for text in texts
        for pattern in (_KIN, _APPOSED)
        for match in pattern.finditer(text)
        if match["name"] and match["kin"].lower() in GENDERS
    }


def people_in(
    sentence: str, known: Mapping[str, str], present: Collection[str], *, addressed: bool
) -> tuple[Person, ...]:
    """Who is named in a sentence, those who take part in the talk left out.

    `addressed` are those the sentence is said to: "your sister" is their sister.
    """
    found: dict[str, Person] = {}
    apposed = [*_APPOSED.finditer(sentence), *_KIN_CALLED.finditer(sentence)]
    for match in (*apposed, *_CALLED.finditer(sentence)):
        pronoun = _HE[match["who"].lower()] if match.re is _CALLED else GENDERS.get(match["kin"])
        found[match["name"]] = Person(name=match["name"], pronoun=pronoun)
    for match in _KIN.finditer(sentence):
        if any(match.end() <= one.end() and one.start() <= match.start() for one in apposed):
            continue
        if not match["name"] and (match["owner"].lower() == "your") is not addressed:
            continue
        name = match["name"] or f"my {match['kin']}"
        found[name] = Person(name=name, pronoun=GENDERS.get(match["kin"].lower()))
    if not found:
        found |= {one.name: one for one in _owners(sentence, addressed=addressed)}
    found |= {one.name: one for one in _families(sentence, addressed=addressed)}
    for match in () if addressed else _ANIMAL.finditer(sentence):
        found.setdefault(f"my {match['kin']}", Person(name=f"my {match['kin']}", pronoun=None))
    for name, spoken_of in _names(sentence):
        if name not in present:
            found.setdefault(name, Person(name=name, pronoun=known.get(name), spoken_of=spoken_of))
    return tuple(_called(found.values(), sentence))


def _owners(sentence: str, *, addressed: bool) -> Iterator[Person]:
    """ "My mum's hip hurts": my mum."""
    for match in _OWNER_KIN.finditer(sentence):
        if (match["owner"].lower() == "your") is addressed:
            yield Person(name=f"my {match['kin']}", pronoun=GENDERS.get(match["kin"].lower()))


def _families(sentence: str, *, addressed: bool) -> Iterator[Person]:
    """ "Jakob's girlfriend", "our grandchildren"."""
    for match in _THEIR_KIN.finditer(sentence):
        name = f"{match['owner']}'s {match['kin']}"
        yield Person(name=name, pronoun=GENDERS.get(match["kin"].lower()))
    for match in _SEVERAL.finditer(sentence):
        if (match["owner"].lower() == "your") is addressed:
            yield Person(name=f"my {match['kin']}", pronoun="they")


def _called(found: Iterable[Person], sentence: str) -> Iterator[Person]:
    """ "And Craig, is he still there?": the one who is named is spoken of, as "he"."""
    people = tuple(found)
    if len(people) != 1 or people[0].pronoun:
        yield from people
        return
    behind = sentence.partition(people[0].name)[2]
    match = _SPOKEN_OF.search(behind)
    spoken_of = people[0].spoken_of or _HOW_IS.search(sentence) is not None
    pronoun = _HE[match["who"].lower()] if match else None
    yield replace(people[0], pronoun=pronoun, spoken_of=spoken_of or match is not None)


_SPOKEN_OF = re.compile(r"[,:]? (?:is|does|has|did|was|can|will)? ?\b(?P<who>he|she)\b", re.I)
_HOW_IS = re.compile(
    r"^(?:[Aa]nd )?[A-Z]\w+(?: \w+)?\?|\b(?:how(?:'s| is| are)|what about|any news (?:of|from))"
    r" [\w ]+\W*$",
    re.I,
)


def _names(sentence: str) -> Iterator[tuple[str, bool]]:
    for match in _NAME.finditer(sentence):
        name, follows = match["name"], (match["next"] or "").strip()
        before = sentence[: match.start()].split()
        last = re.sub(r"['’]s$", "", before[-1]) if before else ""
        if last[:1].isupper() and last.lower() not in NOT_NAMES | FINITE:
            continue
        if name in _CALENDAR or name.lower() in NOT_NAMES or follows[:1].isupper():
            continue
        opens = not before or before[-1][-1] in ".!?"
        acts = bool(match["owns"]) or follows in FINITE | AFTER_NAMES or follows.endswith("ed")
        opens = opens and not _ASKED_AFTER.fullmatch(sentence.strip())
        if acts if opens else not _NO_PERSON_BEFORE.search(sentence, 0, match.start()):
            yield name, acts or bool(_PERSON_BEFORE.search(sentence, 0, match.start()))


def resolved(part: str, people: Collection[Person]) -> str:
    """The part with its pronouns replaced by those who alone can be meant by them."""
    part = _PARENT.sub(lambda match: f"{'my' if match.start() else 'My'} {match[0].lower()}", part)
    if (match := _LEADING.match(part)) and (who := _meant(match, people)):
        verb = f" {_uncontracted(match)}" if match["short"] else ""
        part = f"{who}{verb}{part[match.end('short' if match['short'] else 'who') :]}"
    elif (match := _OWNING.match(part)) and _says_it(part) and (who := _meant(match, people)):
        part = f"{who}'s{part[match.end() :]}"
    match = _OBJECT.search(part)
    sure = [person for person in people if person.pronoun]
    if match and match.start() and (who := _meant(match, sure)) and who not in part:
        part = f"{part[: match.start()]}{who}{part[match.end() :]}"
    return part


def with_owner(part: str, known: dict[str, str], present: Collection[str]) -> str:
    """ "Tom lives with his wife": with Tom's; so that Tom is known to be a "he"."""
    match = _KIN_OF.search(part)
    if match is None:
        return part
    pronoun = _HE[match["who"]]
    people = people_in(part, known, present, addressed=False)
    names = [p.name for p in people if part.startswith(p.name) and p.pronoun in {pronoun, None}]
    if len(names) != 1 or not names[0][:1].isupper():
        return part
    known.setdefault(names[0], pronoun)
    return f"{part[: match.start()]}{names[0]}'s{part[match.end('who') :]}"


_WE_TWO = re.compile(
    r"We(?P<does>(?:['’]ve|['’]re| have| are)?(?: (?:just|finally|sadly|actually|both|got|not))*"
    r" (?:broke(?:n)? up|split up|separated|divorced|engaged|married|back together|together|met)\b)"
)


def with_other(part: str, people: Collection[Person]) -> str:
    """ "We broke up": the speaker, and who alone was spoken of."""
    match = _WE_TWO.match(part)
    if match is None or len(people) != 1:
        return part
    (other,) = people
    if not (other.pronoun or other.spoken_of):
        return part
    does = re.sub(r"^['’]", " ", match["does"]).replace(" ve ", " have ").replace(" re ", " are ")
    return f"{other.name[:1].upper()}{other.name[1:]} and I{does}{part[match.end() :]}"


def leading_pronoun(part: str) -> str | None:
    """ "he" or "she", if that is whom a part is about."""
    match = _LEADING.match(part)
    return _HE[match["who"].lower()] if match else None


def _says_it(part: str) -> bool:
    return any(word in FINITE or word.endswith("ed") for word in re.findall(r"[\w']+", part)[2:])


def _meant(match: re.Match[str], people: Collection[Person]) -> str | None:
    pronoun = _HE[match["who"].lower()]
    either = {pronoun} if pronoun == "they" else {pronoun, None}
    possible = [p for p in people if p.pronoun in either]
    if len(possible) > 1:
        # What is named on the way, and may be a thing, does not hide who is known to be a "he".
        possible = [p for p in possible if p.pronoun or p.spoken_of]
    one = len(possible) == 1 and (possible[0].pronoun or possible[0].spoken_of)
    return possible[0].name if one else None


def _uncontracted(match: re.Match[str]) -> str:
    short, verb = match["short"][1:], match["next"] or ""
    if short in _OF_SEVERAL:
        return _OF_SEVERAL[short]
    had = verb in {"been", "got", "had", "done", "gone"} or (
        verb.endswith("ed") and verb not in _STATES
    )
    return "has" if had else "is"


_OF_SEVERAL = {"re": "are", "ve": "have"}
