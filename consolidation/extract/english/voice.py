"""Retells a sentence in the third person: "I'm" becomes "Caroline is", "my" "Caroline's"."""

from __future__ import annotations

import re

from retrieval.understanding.words import (
    ADVERBS,
    AUXILIARIES,
    BASE_IN_ED,
    COMMON_VERBS,
    IRREGULAR_PAST,
    NO_VERB,
    SAME_IN_PAST,
    VERB_IN_LY,
)

_THIRD = {
    "am": "is", "have": "has", "haven't": "hasn't", "do": "does", "don't": "doesn't",
    "ain't": "isn't", "gonna": "is going to", "gotta": "has to", "wanna": "wants to",
}  # fmt: skip
_PLURAL = {"am": "are", "ain't": "aren't", "'m": "are", "'ve": "have", "'ll": "will"}
_CONTRACTED = {"'m": "is", "'ve": "has", "'ll": "will", "m": "is", "ve": "has"}
_ES_ENDINGS = ("s", "x", "z", "ch", "sh", "o")
_KNOWN_VERBS = AUXILIARIES | IRREGULAR_PAST | SAME_IN_PAST | COMMON_VERBS
_SETTLED = AUXILIARIES | IRREGULAR_PAST | SAME_IN_PAST | NO_VERB | ADVERBS

_PARTICIPLES = frozenset(
    {"been", "better", "done", "driven", "eaten", "forgotten", "given", "gone", "had", "known"}
    | {"seen", "spoken", "taken", "written"}
)

_LY = rf"(?!(?:{'|'.join(sorted(VERB_IN_LY))})\b)[a-z]+ly"
# "I", what is contracted with it, the adverbs behind it, the verb. Not "i.e.", "I-95" or "I/O".
_SUBJECT = re.compile(
    r"(?:\b(?P<inverted>[Aa]m|[Dd]o|[Hh]ave)\s+)?"
    r"(?<![\w'./&-])(?P<i>[Ii])(?P<short>'(?:m|ve|ll|d)|(?:m|ve)(?=\s))?(?![\w/&'-]|\.\w)"
    rf"(?P<gap>(?:,?\s+(?:{_LY}|no longer|{'|'.join(sorted(ADVERBS))})\b,?)*\s+)?"
    r"(?P<verb>[a-z]+(?:'t)?(?![\w']|-\w))?"
)
_OTHERS = re.compile(r"(?<![\w'-])(?:(?P<owner>my|mine)|(?P<self>myself)|me)(?![\w'-])", re.I)
# A verb that shares its subject: "I love hiking but hate running". Only words that are rarely
# nouns, and nothing in between that brings a subject or an infinitive of its own.
_JOINED = re.compile(
    r"(?P<between>(?:\s+(?!(?:to|that|who|which|what|how|can|could|will|would|should|may|might|"
    r"must|he|she|it|i|we|you|they|and|or|but|if|when|while|because|as|let)\b)[\w'-]+){0,6}"
    r",?\s+(?:and|but|or)\s+(?:(?:also|still|just|never|always|really|then|even)\s+)*)"
    r"(?P<verb>am|have|haven't|don't|hate|(?<=but )love|want|need|think|know|feel|get|go|enjoy|"
    r"prefer|keep|try|teach|make|take|eat|write|speak|live)(?=\s+\w)",
    re.IGNORECASE,
)
_WE = re.compile(r"(?<![\w'-])(?:[Ww]e|us)(?P<short>'(?:re|ve|ll|d))?(?![\w'-])")
_OUR = re.compile(r"(?<![\w'-])(?:[Oo]urs?)(?![\w'-])")
_NEXT_WORD = re.compile(r"\s+(?:[a-z]+ly |just |already |never )?([a-z]+)")
_GROUP_SHORT = {"'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_NUMBERED = re.compile(r"\b(?:Phase|Part|War|Type|Class|Level|Stage|Tier|Volume|Act|Title) $")
# Only a few nouns between the start of a clause and "and I": they share the verb.
_TOGETHER = re.compile(
    r"(?:^|[,;:.]\s+)(?!(?:he|she|it|we|you|they|i|this|that|there)\b)"
    r"(?:[a-z'-]+\s+){1,3}and\s+$",
    re.IGNORECASE,
)


def retold(sentence: str, name: str) -> str:
    """The sentence with every first person replaced by the name."""
    sentence = _without_we(sentence, name)
    parts, done = [], 0
    for match in _SUBJECT.finditer(sentence):
        if match.start() < done or not _is_first_person(match):
            continue
        parts += [sentence[done : match.start()], _subject(match, name)]
        done = match.end()
        joined = _JOINED.match(sentence, done) if _is_present(match) else None
        if joined:
            parts += [joined["between"], third_person(joined["verb"])]
            done = joined.end()
    retelling = "".join([*parts, sentence[done:]])
    return _OTHERS.sub(lambda match: _other(match, name), retelling)


def _without_we(sentence: str, name: str) -> str:
    sentence = _WE.sub(lambda match: _group(match, name), sentence)
    return _OUR.sub(lambda match: f"{_placed(name, match.start())}'s", sentence)


def _group(match: re.Match[str], name: str) -> str:
    short = match["short"]
    verb = f" {_GROUP_SHORT[short]}" if short else ""
    if short == "'d" and _is_participle(_word_behind(match)):
        verb = " had"
    return f"{_placed(name, match.start())} and others{verb}"


def _word_behind(match: re.Match[str]) -> str | None:
    following = _NEXT_WORD.match(match.string, match.end())
    return following[1] if following else None


def third_person(verb: str) -> str:
    """The form of a verb that follows a name, as far as it can be told; else the verb itself."""
    if verb in _THIRD:
        return _THIRD[verb]
    if _is_settled(verb):
        return verb
    if verb.endswith(_ES_ENDINGS):
        return verb + "es"
    if verb.endswith("y") and verb[-2:-1] not in set("aeiou"):
        return verb[:-1] + "ies"
    return verb + "s"


def _is_settled(verb: str) -> bool:
    if verb.endswith("ed"):
        return verb not in BASE_IN_ED
    if verb.endswith("ly"):
        return verb not in VERB_IN_LY
    # A base form has two letters at least, and does not end in -ing but for a few short ones.
    return verb in _SETTLED or len(verb) < 2 or (verb.endswith("ing") and len(verb) > 5)


def _is_first_person(match: re.Match[str]) -> bool:
    if match["i"] == "i":
        verb = match["verb"] or ""
        return bool(match["short"]) or verb in _KNOWN_VERBS or verb.endswith("ed")
    return not _NUMBERED.search(match.string, 0, match.start("i"))


def _is_present(match: re.Match[str]) -> bool:
    verb = match["verb"]
    if _is_plural(match) or match["inverted"]:
        return False
    return match["short"] in {"'m", "'ve"} or bool(verb and third_person(verb) != verb)


def _is_plural(match: re.Match[str]) -> bool:
    return bool(_TOGETHER.search(match.string, 0, match.start("i")))


def _subject(match: re.Match[str], name: str) -> str:
    who = _placed(name, match.start("i"))
    gap, verb, short = match["gap"] or "", match["verb"] or "", match["short"]
    if match["inverted"]:
        auxiliary = third_person(match["inverted"].lower())
        return f"{auxiliary} {who}{gap}{verb}"
    if short:
        return f"{who} {_uncontracted(match, short)}{gap}{verb}"
    if _is_plural(match):
        return f"{who}{gap}{_PLURAL.get(verb, verb)}"
    return f"{who}{gap}{third_person(verb) if verb else ''}"


def _uncontracted(match: re.Match[str], short: str) -> str:
    if short == "'d":
        return "had" if _is_participle(match["verb"]) else "would"
    if _is_plural(match):
        return _PLURAL[short if short.startswith("'") else f"'{short}"]
    return _CONTRACTED[short]


def _is_participle(verb: str | None) -> bool:
    if verb is None:
        return False
    if verb.endswith("ed"):
        return verb not in BASE_IN_ED
    return verb in _PARTICIPLES


def _other(match: re.Match[str], name: str) -> str:
    if match["self"]:
        return "themself"
    who = _placed(name, match.start())
    return f"{who}'s" if match["owner"] else who


def _placed(name: str, position: int) -> str:
    # "The user" stands with a small letter inside a sentence.
    return "the" + name[3:] if position and name.startswith("The ") else name
