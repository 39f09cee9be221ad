"""Tells a claim as a sentence: "Caroline works at Acme." """

from __future__ import annotations

from consolidation.extract.protocol import Claim

_TOLD = {
    "lives_in": ("lives in", "no longer lives in"),
    "works_at": ("works at", "no longer works at"),
    "volunteers_at": ("volunteers at", "no longer volunteers at"),
    "has_job": ("is", "is no longer"),
    "studies_at": ("studies at", "no longer studies at"),
    "married_to": ("is married to", "is not married to"),
    "allergic_to": ("is allergic to", "is not allergic to"),
    "member_of": ("is a member of", "is no longer a member of"),
    "likes": ("likes", "does not like"),
    "dislikes": ("dislikes", "does not dislike"),
    "plays": ("plays", "does not play"),
    "practises": ("practises", "does not practise"),
    "speaks": ("speaks", "does not speak"),
    "uses": ("uses", "no longer uses"),
    "owns": ("owns", "no longer owns"),
    "eats": ("eats", "does not eat"),
    "drinks": ("drinks", "does not drink"),
    "raised_in": ("grew up in", "did not grow up in"),
    "from": ("is from", "is not from"),
    "born_in": ("was born in", "was not born in"),
    "name": ("is called", "is not called"),
    "earns": ("earns", "does not earn"),
    "visited": ("visited", "did not visit"),
    "plans_to": ("plans to", "does not plan to"),
    "knows": ("knows", "does not know"),
}
#: A subject has one value of it at a time, so that a new one takes the place of the old.
ONE_VALUE = frozenset(
    {"lives_in", "works_at", "has_job", "studies_at", "age", "married_to", "partner", "birthday",
     "relationship_status", "nationality", "name", "phone", "email", "current_goal", "diet",
     "born_in", "from", "native_language"}
)  # fmt: skip
_OWN = "own_"
_WITH_ARTICLE = frozenset({"works_at", "has_job", "volunteers_at", "member_of"})
_POSSESSED = {
    "has_sibling": "sibling", "has_parent": "parent", "has_child": "child", "has_pet": "pet",
    "has_friend": "friend", "partner": "partner",
}  # fmt: skip
_PROPERTIES = frozenset(
    {"age", "birthday", "nationality", "phone", "email", "diet", "native_language",
     "relationship_status", "current_goal"}
)  # fmt: skip


def has_one_value(predicate: str) -> bool:
    """Whether a new value takes the place of the old."""
    return predicate in ONE_VALUE or predicate.startswith(("favourite_", _OWN))


def told(claim: Claim) -> str:
    """The claim in a sentence of its own."""
    who, thing, predicate = claim.subject.name, claim.object.name, claim.predicate
    if predicate == "age" and thing.isdigit():
        return f"{who} is {'not ' if claim.negated else ''}{thing} years old."
    if predicate in _WITH_ARTICLE and thing[:1].islower() and " of " not in thing:
        thing = f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"
    if predicate in _TOLD:
        return f"{who} {_TOLD[predicate][claim.negated]} {thing}."
    if predicate in _POSSESSED:
        kin = _POSSESSED[predicate]
        if claim.negated:
            return f"{who}'s {kin} is no longer {thing}."
        named = thing[:1].isupper()
        return f"{who}'s {kin} is {thing}." if named else f"{who} has a {kin}: {thing}."
    if predicate in _PROPERTIES or predicate.startswith(("favourite_", _OWN)):
        verb = "is not" if claim.negated else "is"
        return f"{who}'s {predicate.removeprefix(_OWN).replace('_', ' ')} {verb} {thing}."
    words = predicate.replace("_", " ")
    return f"{who} no longer {words} {thing}." if claim.negated else f"{who} {words} {thing}."
