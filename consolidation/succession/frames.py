"""A statement as it can be compared with another about the same: its verb, things and values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from consolidation.extract.english.verbs import ALL_FORMS, Inflection
from consolidation.similar import numbers
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.words import ADVERBS, IRREGULAR_PAST
from stores.english import STOP_WORDS, words


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What a statement says, as far as its words tell."""

    #: Stem of its verb; of "is going" that of "go".
    verb: str
    #: The verb as far as it is known, else as it is written.
    does: str
    #: Whether it tells how things are rather than what happened once.
    lasting: bool
    negated: bool
    #: Stems of what it speaks of; subject, numbers, times and the verb left out.
    words: frozenset[str]
    #: Those of them that it is about, rather than what it is done with.
    things: frozenset[str]
    #: The first preposition behind the verb, and the phrase behind that.
    link: str = ""
    phrase: str = ""
    #: Of each unit, by its stem, how many: "3 coffees".
    amounts: Mapping[str, str]
    days: frozenset[str]
    #: "Now", "instead", "these days": it says that it was otherwise before.
    marked: bool
    #: Stems of what it says is over.
    over: frozenset[str]
    #: Of "Ana's favourite stop is Crewe" what is valued, and the value.
    aspect: str = ""
    value: str = ""


#: The verb of a statement that tells how much, of whatever is done.
ANY = "*"
_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")
_MARKED = re.compile(
    r"\b(?:now|nowadays|these days|instead|from now on|this (?:year|term|season)|again|"
    r"(?:down|up) to|lately|as of|at the moment|currently|since|went (?:up|down)|"
    r"(?:not|n['’]t)\b.*\bany ?more)\b",
    re.IGNORECASE,
)
_LEAD = r"(?:(?:has|have|had|is|are|was|were|finally|just|also|already|now|recently|then|since) )*"
_ANY_MORE = re.compile(r"\b(?:any ?more|any longer)\b", re.IGNORECASE)
#: What is over is the object of one of these.
_ENDED = re.compile(
    rf"{_LEAD}(?:(?P<sure>sold|got rid of|gotten rid of|cancell?ed|quit|gave up(?: on)?|"
    r"given up(?: on)?|dropped out of|deleted|uninstalled|unsubscribed from|ditched|scrapped|"
    r"gave away|given away|called off|traded(?: in)?|swapped|switched from|parted ways with|"
    r"left(?: the)?(?= [A-Z])|stepped down (?:as|from)|resigned (?:as|from)|retired from|"
    r"come off|came off|gone off|"
    r"went off|moved out of|done with|(?<=is )off|no longer|no more|stopped(?= \w+ing\b))"
    r"|(?P<denied>not|doesn['’]t|does not|don['’]t|do not|isn['’]t|aren['’]t|can['’]t|cannot))\b"
    r" (?P<what>.+)",
    re.IGNORECASE,
)
_CALLED_OFF = re.compile(rf"{_LEAD}called (?P<what>.{{3,40}}?) off\b", re.IGNORECASE)
_PASSED = re.compile(
    r"(?P<what>.{3,40}?) (?:is|are|has been|have been|got|was) (?:off|cancell?ed|over|no more|"
    r"called off|gone|stolen|sold|closed|broken|dead|finished)(?=\s*(?:$|[.,;!]| now| in\b|"
    r" since\b))",
    re.IGNORECASE,
)
#: What a thing does that is no more: "the phone drowned".
_DIED = re.compile(
    r"(?P<what>.{3,40}?) (?:has |have )?(?:died|drowned|broke down|broke|closed(?: down)?|"
    r"went bust|"
    r"burned down|burnt down|fell through|sank|shut down|packed up)(?=\s*(?:$|[.,;!]| on| in|"
    r" last| so))",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:[,.;:!?(]|\b(?:in|on|since|because|so|when|as|after|before|and|but|for|last|this|now|"
    r"again|any ?more|any longer|finally|altogether|completely|too|either|by|at|until|over|these|"
    r"while|like|back|instead|though|although|either|with|actually|entirely)\b)",
    re.IGNORECASE,
)
_BE = frozenset({"is", "are", "was", "were", "am", "isn't", "aren't"})
_HAVE = frozenset({"has", "have", "had"})
_DENY = frozenset({"not", "never", "doesn't", "don't", "isn't", "aren't", "hasn't", "haven't",
                   "can't", "cannot", "no", "didn't", "wasn't"})  # fmt: skip
_LINKS = words("with in at from to by on as for of into about")
_DO = frozenset({"do", "does", "did"})
_LITTLE = STOP_WORDS | ADVERBS | _LINKS | words(
    "others own new old other also really instead any more longer anymore nowadays day days "
    "now still only every each per lot bit quite"
)  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.,:])(?P<n>[$€£]?\d+(?:[.,:]\d+)*k?|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|fifteen|twenty|thirty|forty|fifty|one(?= (?:[a-z]+ )?(?:a|per|every) ))"
    r"(?: (?P<unit>[a-z]+))?",
    re.IGNORECASE,
)
_OFTEN = re.compile(r"\b(?P<n>once|twice)(?= (?:a|per|every)\b)", re.IGNORECASE)
#: Characters that may stand before the subject: "At the moment".
_FRONT = 40
#: "Is down to one coffee a day": whatever is done with it.
_DOWN_TO = re.compile(
    r"(?:is|has gone|went|cut|has cut|got) (?:it )?(?:(?:back |down |up )+to\b|"
    r"at \d[\d.,]* (?:kilos|kg|stone|lbs)\b)",
    re.IGNORECASE,
)
#: Behind these stands what it is done with, or why.
_ASIDE = re.compile(r",| (?:with|because|so|for|after|before|when|while|since|and|but|if)\b")
#: How long something took, or will take, is no value of it.
_LASTING = re.compile(r"\b(?:for|in|after|within|about|ago|since|over|until|by)\s$", re.IGNORECASE)
_CALENDAR = frozenset(name.lower() for name in (*MONTHS, *WEEKDAYS))
_DAYS = tuple(WEEKDAYS)
#: Those who begin something are in it from then on.
_BEGIN = frozenset({"join", "sign", "book", "subscrib", "adopt", "buy", "rent", "enrol", "hire"})


@lru_cache(maxsize=20_000)
def frame(text: str, subject: str) -> Frame:
    """The frame of a statement about somebody, told in the third person."""
    told = _behind(text, subject)
    at, does, lasting, negated = _verb(told)
    verb = stem(does) if does else ""
    rest = " ".join(told.split()[at:])
    link, phrase = _linked(rest)
    if _DOWN_TO.match(told):
        verb = ANY
    return Frame(
        verb=verb,
        does=does,
        lasting=lasting or verb in _BEGIN,
        negated=negated,
        words=_stems(told) - {verb} - frozenset(_stems(subject)),
        things=_stems(_core(told)) - {verb},
        link=link,
        phrase=phrase,
        amounts=_amounts(told),
        days=frozenset(day for day in _DAYS if re.search(rf"\b{day}s?\b", told, re.IGNORECASE)),
        marked=bool(_MARKED.search(told)),
        over=_over(told) - frozenset(_stems(subject)),
        **_valued(text, subject, told),
    )


#: "Ana's GP is Dr Shah now": a noun or two, and a name, an amount or a thing.
_VALUED = re.compile(
    r"(?:(?:new|next|current|latest|only|main) )*(?P<aspect>[a-zA-Z]+(?: [a-z]+)?) (?:is|are)"
    r"(?: (?:now|currently|still))* (?P<value>(?:[A-Z\d$€£]|(?:an?|the) [a-z]).*)"
)


def _valued(text: str, subject: str, told: str) -> dict[str, str]:
    match = _VALUED.match(told) if f"{subject}'s " in text.replace("’", "'") else None
    value = _cut(match["value"]) if match else ""
    if match is None or not value or len(value.split()) > _LONGEST_VALUE:
        return {}
    return {"aspect": " ".join(map(stem, match["aspect"].split())), "value": value}


_LONGEST_VALUE = 6


def _behind(text: str, subject: str) -> str:
    """What is said of the subject, without its name and a full stop."""
    plain = text.replace("’", "'").rstrip(" .!")
    at = plain.lower().find(subject.lower()) if subject else -1
    if 0 <= at <= _FRONT:
        plain = plain[at + len(subject) :].removeprefix(" and others").removeprefix("'s")
    return plain.strip()


def _core(told: str) -> str:
    """Without what stands behind a comma or a "with", if that is not how the verb is told."""
    match = _ASIDE.search(told, len(" ".join(told.split()[:2])))
    return told[: match.start()] if match else told


def _verb(told: str) -> tuple[int, str, bool, bool]:
    """Where the words behind the verb begin, its stem, whether it lasts, whether it is denied."""
    negated = had = was = False
    for at, written in enumerate(told.split()[:8]):
        word = written.strip(",;:").lower()
        if word in _DENY:
            negated = True
            was = was or word in {"isn't", "aren't"}
        elif word in _BE:
            was = True
            if word in {"was", "were"}:
                return at + 1, "be", False, negated
        elif word in _HAVE:
            had = True
        elif word in ADVERBS | _DO | {"longer"} or word.endswith("ly"):
            continue
        else:
            return _of_word(word, at, had=had, was=was, negated=negated)
    return 0, "be" if was else "", was, negated


def _of_word(
    word: str, at: int, *, had: bool, was: bool, negated: bool
) -> tuple[int, str, bool, bool]:
    forms = ALL_FORMS.get(word, {})
    if was:
        doing = forms.get(Inflection.GERUND) or (word if word.endswith("ing") else None)
        return (at + 1, doing, True, negated) if doing else (at, "be", True, negated)
    if had:
        done = forms.get(Inflection.PARTICIPLE) or (word if word.endswith("ed") else None)
        return (at + 1, done, True, negated) if done else (at, "have", True, negated)
    past = forms.get(Inflection.PAST)
    if past and Inflection.BASE not in forms:
        return at + 1, past, False, negated
    base = forms.get(Inflection.THIRD) or forms.get(Inflection.BASE) or word
    happened = word in IRREGULAR_PAST or (word.endswith("ed") and Inflection.BASE not in forms)
    return at + 1, base, not happened, negated


def _linked(rest: str) -> tuple[str, str]:
    """The first preposition with what stands behind it: "with", "Chidi"."""
    if match := re.match(r"to (?:be|become) (?:an? )?(?P<what>.+)", rest):
        return "to be", _cut(match["what"])
    words_ = rest.split()
    for at, word in enumerate(words_[:1]):
        if word.lower() in _LINKS and at + 1 < len(words_):
            return word.lower(), _cut(" ".join(words_[at + 1 :]))
    return "", ""


def _cut(phrase: str) -> str:
    match = _CUT.search(phrase)
    return phrase[: match.start()].strip() if match else phrase.strip()


def _amounts(told: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _NUMBER.finditer(told):
        unit = (match["unit"] or "").lower()
        if not unit or unit in STOP_WORDS or unit in _CALENDAR:
            continue
        if not _LASTING.search(told, 0, match.start()):
            written = next(iter(numbers(match["n"])), match["n"].lower())
            found.setdefault(stem(unit), f"{'1' if written == 'one' else written} {unit}")
    for match in _OFTEN.finditer(told):
        often = "1 time" if match["n"].lower() == "once" else "2 times"
        found.setdefault(stem("times"), often)
    return found


def _over(told: str) -> frozenset[str]:
    match = _ENDED.match(told)
    if match and match["denied"] and not _ANY_MORE.search(told):
        match = None
    match = _CALLED_OFF.match(told) or match or _PASSED.match(told) or _DIED.match(told)
    return _stems(_cut(_AT.sub("", match["what"]))) if match else frozenset()


#: "No longer at Costa": of what stands there it is told.
_AT = re.compile(r"^(?:at|in|on|with|for|by|to)\s+")


def _stems(text: str) -> frozenset[str]:
    told = (match[0].replace("’", "'").removesuffix("'s") for match in _WORD.finditer(text))
    return frozenset(stem(word) for word in told if _says_something(word))


def _says_something(word: str) -> bool:
    plain = word.lower()
    return plain not in _LITTLE and plain not in _CALENDAR and not numbers(word) and "'" not in word


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a word, of a verb in whatever form that of its base."""
    base = next(iter(ALL_FORMS.get(word.lower(), {}).values()), word.lower())
    return str(Stemmer.Stemmer("english").stemWord(base))
