"""Predicates of claims: what each is called, and whether it holds one value at a time or many."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stores.english import words


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicate:
    """What is known of a predicate, whatever it is said of."""

    name: str
    #: A subject has one value of it at a time: another one ends the first.
    functional: bool = False
    #: Its value never changes: another one says that the first was wrong.
    immutable: bool = False
    #: It tells of what happened, where others tell of what lasts.
    happens: bool = False
    #: Other ways to say it, in words.
    aliases: tuple[str, ...] = ()
    #: What the object's claim is called; its own name where it goes both ways.
    inverse: str | None = None


def _functional(name: str, *aliases: str, inverse: str | None = None) -> Predicate:
    return Predicate(name=name, functional=True, aliases=aliases, inverse=inverse)


def _immutable(name: str, *aliases: str) -> Predicate:
    return Predicate(name=name, functional=True, immutable=True, aliases=aliases)


def _many(name: str, *aliases: str, inverse: str | None = None) -> Predicate:
    return Predicate(name=name, aliases=aliases, inverse=inverse)


def _event(name: str, *aliases: str) -> Predicate:
    return Predicate(name=name, happens=True, aliases=aliases)


_REGISTRY = (
    _functional(
        "lives_in", "live in", "living in", "resides in", "reside in", "residing in", "moved to",
        "relocated to", "settled in", "home", "residence", "city", "current city",
    ),
    _functional(
        "works_at", "work at", "works for", "work for", "working at", "working for", "employer",
        "employed by", "employed at", "company",
        "workplace",
    ),
    _functional(
        "has_job", "job", "occupation", "profession", "works as", "work as", "working as",
        "job title", "position", "role", "career", "employed as",
    ),
    _functional(
        "studies_at", "study at", "studying at", "student at", "attends school", "school",
        "university", "enrolled at", "enrolled in school", "goes to school at",
    ),
    _functional("age", "aged", "years old", "is years old", "has age"),
    _functional(
        "married_to", "married", "spouse", "husband", "wife", "has spouse", "has husband",
        "has wife", inverse="married_to",
    ),
    _functional(
        "partner", "girlfriend", "boyfriend", "dating", "in a relationship with", "has partner",
        "engaged to", "fiance", "fiancee", "significant other", inverse="partner",
    ),
    _functional("relationship_status", "marital status", "relationship"),
    _functional("nationality", "citizenship", "citizen of", "has nationality"),
    _functional("name", "called", "named", "full name", "has name", "known by name"),
    _functional("phone", "phone number", "telephone", "mobile", "mobile number", "cell number"),
    _functional("email", "e mail", "email address", "mail address"),
    _functional("current_goal", "goal", "has goal", "main goal"),
    _functional("diet", "has diet", "follows diet", "eating habits"),
    _functional("pet_name", "name of pet", "pet called", "pet named"),
    _immutable("birthday", "birth date", "birthdate", "date of birth", "born on", "has birthday"),
    _immutable("born_in", "birthplace", "place of birth", "born at"),
    _immutable("from", "comes from", "come from", "origin", "originally from", "hails from",
               "home country", "hometown", "home town", "grew up in", "native of"),
    _immutable("native_language", "mother tongue", "first language", "native tongue"),
    _many("likes", "like", "loves", "love", "enjoys", "enjoy", "fond of", "into", "fan of",
          "prefers", "prefer", "adores", "interested in"),
    _many("dislikes", "dislike", "hates", "hate", "can't stand", "detests", "does not like"),
    _many("owns", "own", "possesses", "owner of", "drives", inverse="owned_by"),
    _many("has_pet", "pet", "pets", "has dog", "has cat", "pet owner of"),
    _many("has_child", "child", "children", "son", "daughter", "has son", "has daughter",
          "parent of", "father of", "mother of", inverse="has_parent"),
    _many("has_parent", "parent", "mother", "father", "mom", "mum", "dad", "has mother",
          "has father", "child of", "son of", "daughter of", inverse="has_child"),
    _many("has_sibling", "sibling", "brother", "sister", "has brother", "has sister",
          "brother of", "sister of", "sibling of", inverse="has_sibling"),
    _many("has_friend", "friend", "friends with", "friend of", "best friend",
          inverse="has_friend"),
    _many("knows", "know", "acquainted with", inverse="knows"),
    _many("member_of", "belongs to", "member in", "volunteers at",
          inverse="has_member"),
    _many("plays", "play", "plays instrument", "plays sport", "playing"),
    _many("practises", "practices", "practise", "practice", "practicing", "hobby",
          "has hobby"),
    _many("speaks", "speak", "language", "speaks language", "fluent in"),
    _many("allergic_to", "allergy", "has allergy", "allergy to", "intolerant to"),
    _many("has_condition", "condition", "suffers from", "diagnosed with", "illness", "disease"),
    _many("plans_to", "plan to", "planning to", "intends to", "wants to", "hopes to", "going to"),
    _many("has", "have"),
    _event("visited", "visit", "visits", "travelled to", "traveled to", "went to", "been to",
           "trip to"),
    _event("attended", "attend", "attends", "participated in", "took part in", "was at"),
    _event("bought", "buy", "purchased", "acquired", "got new"),
    _event("made", "make", "created", "built", "painted"),
    _event("read", "reads", "has read", "finished reading"),
    _event("watched", "watch", "saw film", "saw movie", "has watched"),
    _event("won", "win", "wins", "awarded"),
    _event("started", "start", "starts", "began", "took up"),
    _event("finished", "finish", "completed", "graduated from", "ended"),
)  # fmt: skip
_NAMED = {predicate.name: predicate for predicate in _REGISTRY}
_FAVOURITE = "favourite_"
#: What somebody's things are: `own_flight`, `own_rent`.
_OWN = "own_"
_WORD = re.compile(r"\w+(?:'\w+)?")
#: They say when or that, not what: "is currently living in", "has been employed by".
_BEFORE = words(
    "is are am was were be been being has have had now currently presently also still just "
    "recently the a an his her their my its"
)


def _words_of(said: str) -> tuple[str, ...]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", said).replace("’", "'").replace("_", " ")
    found = _WORD.findall(apart.casefold())
    return tuple("favourite" if word == "favorite" else word for word in found)


_SAID = {
    _words_of(way): predicate.name
    for predicate in _REGISTRY
    for way in (*predicate.aliases, predicate.name)
}


def predicate_of(said: str) -> str:
    """What a predicate is called that was said in other words; snake_case if it is not known."""
    told = _words_of(said)
    if "favourite" in told:
        return _FAVOURITE + "_".join(told[told.index("favourite") + 1 :] or ("thing",))
    rest = told
    while rest:
        if rest in _SAID:
            return _SAID[rest]
        if rest[-1] in _BEFORE and rest[:-1] in _SAID:
            return _SAID[rest[:-1]]
        if rest[0] not in _BEFORE:
            break
        rest = rest[1:]
    return "_".join(word.replace("'", "") for word in told)


def is_known(name: str) -> bool:
    """Whether it is a predicate of the registry, or what somebody likes best of a kind."""
    return name in _NAMED or name.startswith(_FAVOURITE)


def predicate(name: str) -> Predicate:
    """What is known of a predicate by its name; others are states with many values."""
    if known := _NAMED.get(name):
        return known
    return Predicate(name=name, functional=name.startswith((_FAVOURITE, _OWN)))
