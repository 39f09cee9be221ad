"""Sentences whose subject is left unsaid: "Just moved to Leeds", "Works for Tesla now"."""

from __future__ import annotations

import re

from consolidation.extract.english.openings import statement_start
from consolidation.extract.english.verbs import ALL_FORMS, Inflection
from retrieval.understanding.words import FINITE

_PASTS = "|".join(sorted(
    word for word, forms in ALL_FORMS.items()
    if Inflection.PAST in forms and Inflection.BASE not in forms
    and word not in {"was", "were", "did", "had", "loved", "dated", "used"}
))  # fmt: skip
_ADVERBS = (
    r"(?P<adverbs>(?:(?:just|finally|recently|already|also|officially|now|still|currently)\s+)*)"
)
#: "Just moved to Leeds", "Living in Leeds now", "Back at work since May".
_UNSAID = re.compile(
    rf"{_ADVERBS}(?:(?P<did>{_PASTS}|went|put|quit|cut|got rid of|broke up|split up|signed up|"
    rf"gave up|handed|"
    r"rescheduled|postponed|pushed|booked|decided|had to|used to|cancelled|canceled|deleted|"
    r"uninstalled|traded|replaced|ditched|passed|hired|spent|paid|tried|came (?:off|back)|"
    r"never (?:had|owned|learned|learnt|been|went|did|tried|used))|"
    r"(?P<do>live|work|study|want(?: to)?|need|love|hate|prefer|can't|haven't|can)|"
    r"(?P<there>(?:(?:still|back|now) (?:in|at|with|on)|(?:down|up) to|(?:on|off)"
    r"(?= [\w ]+ now\b)) (?:the )?"
    r"[A-Za-z\d][\w'-]*(?: [a-z]+)?)(?=\s*(?:$|[.,!;]| now| since| for| again| these days|"
    r" \w+ (?:a|an|per) ))|"
    r"(?P<doing>living|working|studying|dating|seeing|based|engaged|married|divorced|single|vegan|"
    r"vegetarian|not(?= (?:in|at|on|with|an?|the|any|allergic|\w+ing|married|single|veg\w+)\b)|"
    r"no longer|going|allergic|planning|staying|renting)|"
    r"(?P<been>been))(?(there)|\s+(?=\w))",
    re.IGNORECASE,
)
_THIRD = re.compile(
    rf"{_ADVERBS}(?P<verb>has|is|was|hasn't|isn't|doesn't|(?!it|this|that|thanks|yes)[a-z]+s)\s+"
    r"(?P<next>[\w'-]+)",
    re.IGNORECASE,
)
#: Behind a word in "-s" they make it a verb: "Chases the postman".
_DETERMINED = re.compile(r"(?:an?|the|his|her|my|our|their)$", re.IGNORECASE)
#: "No more football, my knee's gone": one had it until now.
_NO_MORE = re.compile(
    r"no more (?P<what>[a-z]{3,}(?: [a-z]{3,})?)(?=\s*(?:$|[.,!;]| for (?:me|us)\b))(?<!questions)"
    r"(?<!excuses)(?<!words)(?<!worries)(?<!news)(?<!problems)(?<!talk)(?<!drama)(?<!jokes)",
    re.IGNORECASE,
)


def with_subject(sentence: str, who: str = "I") -> str | None:
    """The sentence with the subject that its speaker left out, if that is what is missing."""
    start = statement_start(sentence)
    if gone := _NO_MORE.match(sentence, start):
        return f"{who} {'have' if who == 'I' else 'has'} no more {gone['what']}."
    match = _UNSAID.match(sentence, start)
    if match is None or (match["do"] and who != "I"):
        return None
    said = sentence[start:]
    be, have = ("I'm", "I've") if who == "I" else (f"{who} is", f"{who} has")
    plain = match["did"] or match["do"]
    subject = who if plain else be if match["doing"] or match["there"] else have
    return f"{subject} {said[:1].lower()}{said[1:]}"


def of_another(sentence: str, who: str) -> str | None:
    """ "Works for Tesla now": of somebody else, as its verb tells."""
    match = _THIRD.match(sentence)
    if match is None or not _is_third(match["verb"].lower(), match["next"].lower()):
        return None
    return f"{who} {sentence[:1].lower()}{sentence[1:]}"


def _is_third(verb: str, follower: str) -> bool:
    if verb in {"has", "hasn't", "doesn't", "isn't"}:
        return True
    if verb in {"is", "was"}:
        return follower not in {"it", "he", "she", "that", "there", "this", "they", "your", "the"}
    known = verb in FINITE or Inflection.THIRD in ALL_FORMS.get(verb, {})
    if known:
        return follower not in FINITE
    return _DETERMINED.match(follower) is not None
