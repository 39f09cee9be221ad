"""Tells what of whom a question asks for, where claims of it are kept under a name of their own.

"Where does Hana live?" seeks `lives_in` of Hana. Rules, for English: by what asks and the verb, by
what is owned ("Hana's job"), and last by any verb behind the one it is asked of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.understanding.records import Sought
from stores.english import words
from stores.names import normalised
from stores.predicates import is_known, predicate, predicate_of

#: Characters of a question that are read; one that seeks a claim is short.
_LONGEST = 200
#: What those are called who are given no name.
_USER = ("the user", "user")
_I = frozenset({"i", "me", "you", "we"})
#: Pronouns and the like stand for somebody, and for whom is not known here.
_NOBODY = words(
    "he she they it this that these those there who what everyone anyone someone people"
)
_NAME = r"[^\W_][\w'.-]*"
_WHO = rf"(?P<who>{_NAME}(?:\s+[\w'.-]+){{0,5}}?)"
_AUXILIARY = r"(?:\s*(?<![a-z])(?:do|does|did|is|are|am|was|were|has|have)|'s|'re)"
_ADVERB = r"(?:\s+(?:still|now|currently|presently|also|just|actually|usually|always|been))?"
_END = (
    r"(?:\s+(?:now|nowadays|today|currently|these\s+days|at\s+the\s+moment|at\s+present|then|"
    r"right\s+now|back\s+then|any\s?more))?\s*[?.!]*\s*$"
)
_SCHOOL = r"(?:school|university|college|uni)"
_PLACE = r"(?:city|town|country|village|state|place|area|street|neighbou?rhood)"
_PET = r"(?:pets?|animals?|dogs?|cats?)"

#: What asks, the verb, and what is sought, the likeliest first; nothing asks for yes or no.
_RULES: Sequence[tuple[str, str, tuple[str, ...]]] = (
    (rf"where|(?:which|what)\s+{_PLACE}", r"(?:live|living|reside|residing|based)\b",
     ("lives_in",)),
    ("where", rf"moved?(?:\s+to)?{_END}", ("lives_in",)),
    ("when", r"(?:moved?|relocated?)\s+to\b", ("lives_in",)),
    ("", r"(?:live|living)\s+(?:in|at|on)\b", ("lives_in",)),
    ("where", r"(?:work|working|teach|teaching|employed)\b(?!\s+(?:out|on)\b)",
     ("works_at", "has_job")),
    (r"who|(?:which|what)\s+(?:company|firm)", r"work(?:ing)?\s+(?:for|at)\b", ("works_at",)),
    ("what", r"(?:do(?:ing)?\s+for\s+(?:a\s+living|work)|work(?:ing)?\s+as)\b",
     ("has_job", "works_at")),
    ("", r"work(?:ing)?\s+(?:at|for|as|in)\b", ("works_at", "has_job")),
    ("where", rf"(?:study|studying|go(?:ing)?\s+to\s+{_SCHOOL})\b", ("studies_at",)),
    (rf"(?:which|what)\s+{_SCHOOL}", r"(?:go(?:ing)?\s+to|attend)\b", ("studies_at",)),
    ("what", r"study(?:ing)?\b", ("studies", "studies_at")),
    ("who", r"married\s+to\b", ("married_to", "partner")),
    ("", r"(?:married|single|divorced)\b", ("married_to", "relationship_status", "partner")),
    ("who", r"(?:dating|seeing|engaged\s+to|going\s+out\s+with|in\s+a\s+relationship\s+with)\b",
     ("partner", "married_to")),
    ("", r"(?:an?\s+)?(?:vegan|vegetarian|pescatarian)\b", ("diet", "eats")),
    ("", r"eat\s+(?:meat|fish|dairy|eggs)\b", ("eats", "diet")),
    ("what", rf"eat{_END}", ("diet", "eats")),
    ("when", r"born\b", ("birthday",)),
    ("where", r"born\b", ("born_in", "from")),
    ("where", rf"(?:come\s+)?(?:originally\s+)?from{_END}", ("from", "born_in")),
    ("what", r"called\b", ("name", "pet_name")),
    ("(?:what)?", r"allergic\b", ("allergic_to",)),
    ("", rf"have\s+(?:an?|any)\s+{_PET}\b", ("has_pet",)),
    (rf"(?:which|what)\s+(?:(?:kind|sort|breed)\s+of\s+)?{_PET}", r"(?:have|own)\b",
     ("has_pet", "pet_name")),
    (r"how\s+many\s+(?:children|kids|sons|daughters)", r"have\b", ("has_child",)),
    (r"how\s+many\s+(?:siblings|brothers|sisters)", r"have\b", ("has_sibling",)),
    (r"(?:which|what)\s+languages?", r"speak\b", ("speaks", "native_language")),
)  # fmt: skip
_READ = tuple(
    (re.compile(rf"^\s*(?:{asks}){_AUXILIARY}\s+{_WHO}{_ADVERB}\s+{verb}", re.IGNORECASE), sought)
    for asks, verb, sought in _RULES
)
_AGE = re.compile(rf"^\s*how\s+old{_AUXILIARY}\s+{_WHO}{_END}", re.IGNORECASE)
_JOB = re.compile(rf"^\s*what\s+(?:do|does)\s+{_WHO}{_ADVERB}\s+do{_END}", re.IGNORECASE)
#: "Hana's favourite cuisine", "my job": whatever stands up to the end, or to where and when.
_OWNED = re.compile(
    r"^\s*(?:what|which|who|whose|when|where|how\s+\w+)(?:\s+(?:is|are|was|were)|'s|'re)\s+"
    rf"(?:the\s+name\s+of\s+)?(?:(?P<who>{_NAME}(?:\s+[\w'.-]+){{0,4}}?)'s?|(?P<mine>my|our))\s+"
    rf"(?P<noun>[\w-]+(?:\s+[\w-]+){{0,3}}?)(?:\s+(?:in|on|at|as|since|when|before|after)\b|{_END})",
    re.IGNORECASE,
)
#: "What car does Hana drive?"
_HAD = re.compile(
    rf"^\s*(?:which|what)\s+(?P<noun>[\w-]+(?:\s+[\w-]+)?)\s+(?:do|does|did)\s+{_WHO}{_ADVERB}\s+"
    r"(?:have|own|drive|ride|use)\b",
    re.IGNORECASE,
)
_ANY_VERB = re.compile(
    r"^\s*(?:(?:what|which|how)\b[\w\s-]*?\s+)?(?:do|does|did)\s+"
    rf"(?P<who>the\s+user|(?-i:I|[A-Z][\w.-]*(?:\s+[A-Z][\w.-]*)?)){_ADVERB}\s+"
    r"(?!(?:and|or|do|be)\b)(?P<verb>[a-z]+)\b",
    re.IGNORECASE,
)
_KIN = re.compile(r"^.*'s\s+[a-z-]+\s+(?=[A-Z])")
_SEVERAL = re.compile(r"\b(?:and|or)\b|&", re.IGNORECASE)
#: Words a question says "at present" with, which memories need not share.
_PRESENT = re.compile(
    r"(?<=\S)\s+(?:right\s+now|nowadays|now|currently|presently|these\s+days|at\s+the\s+moment|"
    r"at\s+present|any\s?more|still(?!\s+lifes?\b))(?=[\s?.!]|$)",
    re.IGNORECASE,
)


def find_sought(said: str) -> Sought | None:
    """What of whom the question asks for, if that can be told; apostrophes must be straight."""
    said = " ".join(said.split())
    if len(said) > _LONGEST:
        return None
    for rule, sought in _READ:
        if match := rule.match(said):
            return _of(match["who"], sought, sure=True)
    if match := _AGE.match(said):
        return _of(match["who"], ("age",), sure=True)
    if match := _JOB.match(said):
        return _of(match["who"], ("has_job", "works_at"), sure=True)
    if match := _OWNED.match(said):
        return _of(match["who"] or "I", _of_noun(match["noun"]), sure=True)
    if match := _HAD.match(said):
        kept = [name for name in _of_noun(match["noun"]) if name.startswith(("has_", "own_"))]
        return _of(match["who"], (*kept, "owns", "has"), sure=False)
    if match := _ANY_VERB.match(said):
        name = predicate_of(_third_person(match["verb"].lower()))
        return None if predicate(name).happens else _of(match["who"], (name,), sure=False)
    return None


def without_present(said: str) -> str:
    """The question without its "now", "still" or "these days"; they are no words of an answer."""
    return _PRESENT.sub("", said) if said.rstrip().endswith("?") else said


def _of(who: str, sought: tuple[str, ...], *, sure: bool) -> Sought | None:
    name = _KIN.sub("", who.strip())
    if name.lower() in _I or name.lower() in _USER:
        return Sought(who=_USER, predicates=sought, sure=sure)
    known = normalised(name)
    if not known or known in _NOBODY or _SEVERAL.search(name):
        return None
    return Sought(who=(known,), predicates=sought, sure=sure)


def _of_noun(noun: str) -> tuple[str, ...]:
    """What is owned, by the names its claims go by."""
    name = predicate_of(noun)
    if name in {"married_to", "partner"}:
        return (name, *({"married_to", "partner"} - {name}))
    owned = "own_" + "_".join(noun.lower().replace("-", " ").split())
    return (name,) if is_known(name) else (owned, name)


def _third_person(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"
