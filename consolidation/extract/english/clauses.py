"""Takes sentences apart: who is the subject, which verb, in which tense, negated or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english.phrases import name_at
from consolidation.extract.english.verbs import CHANGES, FORMS, PLANNABLE, Inflection
from consolidation.extract.english.vocabulary import OTHERS, PETS, PLAIN_KIN, RELATIVES, words
from consolidation.extract.protocol import EntityKind, Mention
from retrieval.understanding.words import NOT_NAMES


class Tense(StrEnum):
    """When a clause is true, as far as its verb tells."""

    NOW = "now"
    DOING = "doing"
    BEGUN = "begun"
    SINCE = "since"
    PAST = "past"
    ENDED = "ended"
    PLANNED = "planned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One subject and one verb, with the rest of the sentence behind the verb."""

    subject: Mention
    verb: str
    tense: Tense
    negated: bool
    rest: str
    #: Whether a plan is told as one, "plans to", "is going to", rather than as "will".
    firm: bool
    #: "We": the speaker is one of several.
    together: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Verb:
    verb: str
    tense: Tense
    negated: bool
    end: int
    firm: bool = False


_STARTS = re.compile(
    r"(?:,\s+|;\s*|\s+)(?:(?:and|but|so|because|although|though|then)\s+)+(?:then\s+|also\s+|"
    r"now\s+)?"
    r"|;\s*|\s+[-–—]\s+|(?:(?<=\w),\s+)(?=(?:I|my|My)\b)"
)
_I = re.compile(r"(?:I|i)(?=['’ ]|m |ve )")
_WE = re.compile(r"[Ww]e(?=['’ ])")
_KIN = "|".join(sorted(map(re.escape, (*RELATIVES, *OTHERS, *PETS)), key=len, reverse=True))
#: "my older sister Anna", "my best friend": the noun and the name behind it.
POSSESSED = (
    r"(?:(?:older|younger|elder|little|big|oldest|youngest|best|close|old|good|dear|only|new|twin|"
    rf"late|pet|rescue)\s+)*(?P<kin>{_KIN})\b(?!['’]s\s+(?!an?\b|the\b|in\b|from\b)|-)"
)
_MY = re.compile(
    rf"(?:[Mm]y|[Oo]ur)\s+{POSSESSED}"
    r"(?:,?\s+(?P<name>(?:(?:Mr|Mrs|Ms|Dr)\.?\s)?[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\b,?)?"
)
_AND = re.compile(r",?\s+and\b")
_WORD = re.compile(r",?\s*(?P<word>['’](?:m|s|re|ve|ll|d)\b|[\w-]+(?:['’]t\b)?)")
_ADVERBS = words("""
    really also just still always usually now currently absolutely totally definitely actually
    recently finally often mostly mainly truly genuinely both already officially basically
    originally secretly particularly especially honestly simply only even ever normally regularly
    first once soon proudly happily deeply
    """)
_BE = frozenset({"'m", "am", "m", "is", "are", "'re", "'s", "isn't", "aren't", "ain't"})
_HAVE = frozenset({"'ve", "ve", "have", "has", "haven't", "hasn't"})
_DO = frozenset({"do", "does", "don't", "doesn't"})
_PLAN = frozenset({"plan", "plans", "intend", "intends"})
_ABLE = frozenset({"speak", "play"})
_UNABLE = frozenset({"eat", "drink", "stand"})


def clauses(sentence: str, speaker: str) -> Iterator[Clause]:
    """The clauses that are understood; a verb may share the subject of the clause before it."""
    starts = [0, *(match.end() for match in _STARTS.finditer(sentence))]
    subject: Mention | None = None
    together = False
    for start in starts:
        found = _subject(sentence, start, speaker)
        if found is None and _OWN.match(sentence, start):
            subject = None
        position = start
        if found is not None:
            subject, position = found
            together = bool(_WE.match(sentence, start))
        if subject is None:
            continue
        if _TOGETHER.fullmatch(sentence, 0, start):
            if found is None or subject.name != speaker:
                continue
            together = True
        verb = _verb(sentence, position)
        if verb is not None and (found or _shares_subject(verb, sentence, start)):
            yield Clause(
                subject=subject, verb=verb.verb, tense=verb.tense, negated=verb.negated,
                rest=sentence[verb.end :].lstrip(), firm=verb.firm, together=together,
            )  # fmt: skip


_TOGETHER = re.compile(r"(?:[Mm]y|[Tt]he|[Oo]ur|[A-Z]\w+)(?: [\w'’]+){0,2},? and ")
#: Verbs that are hardly nouns, so that "and" may put them behind another verb.
_HARDLY_NOUNS = frozenset(
    {"live", "speak", "enjoy", "hate", "own", "prefer", "teach", "have", "be"}
)
_AT_WORK = re.compile(r"\s*work (?:at|for|as)\b")
_BUT_VERB = re.compile(r"\bbut\s+(?:also\s+)?(?:love|like)\b")


def _shares_subject(verb: _Verb, sentence: str, start: int) -> bool:
    if verb.tense is Tense.PLANNED:
        return False
    written = sentence[start : verb.end].split()
    if verb.verb in _HARDLY_NOUNS or not written or written[-1].lower() != verb.verb:
        return True
    return bool(_AT_WORK.match(sentence, start) or _BUT_VERB.search(sentence, start - 10))


_OWN = re.compile(r"(?:he|she|it|they|you|this|that|there|who|which|the|a|an|our|his|her)\b", re.I)


def _subject(sentence: str, start: int, speaker: str) -> tuple[Mention, int] | None:
    if match := _I.match(sentence, start) or _WE.match(sentence, start):
        return Mention(name=speaker, kind=EntityKind.PERSON), match.end()
    if match := _MY.match(sentence, start):
        if _AND.match(sentence, match.end()):
            return None
        return possessed(match, speaker), match.end("name") if match["name"] else match.end("kin")
    return _named(sentence, start)


def possessed(match: re.Match[str], owner: str) -> Mention:
    """The person or pet of "my sister Anna", by its name or as "Caroline's sister"."""
    kind = EntityKind.ANIMAL if match["kin"].lower() in PETS else EntityKind.PERSON
    kin = match["kin"].lower()
    return Mention(name=match["name"] or f"{owner}'s {PLAIN_KIN.get(kin, kin)}", kind=kind)


def _named(sentence: str, start: int) -> tuple[Mention, int] | None:
    name = name_at(sentence[start : start + 80])
    if name is None or not sentence.startswith(name, start) or name.split()[0].lower() in NOT_NAMES:
        return None
    end = start + len(name)
    if _AND.match(sentence, end) or sentence[end : end + 1] == ",":
        return None
    return Mention(name=name, kind=EntityKind.PERSON), end


def _verb(sentence: str, position: int) -> _Verb | None:
    behind = _words(sentence, position)
    first = next(behind, None)
    if first is None:
        return None
    word, negated = first
    if word[0] in _BE:
        return _after_be(
            behind, word, negated=negated or word[0].endswith("n't") or word[0] == "ain't"
        )
    if word[0] in _HAVE:
        return _after_have(behind, word, negated=negated or word[0].endswith("n't"))
    if word[0] in _DO:
        return _present(next(behind, None), negated=negated or word[0].endswith("n't"))
    if word[0] in {"will", "'ll"}:
        return None if negated else _planned(next(behind, None), firm=False)
    if word[0] in {"can", "can't", "cannot"}:
        return _able(next(behind, None), negated=negated or word[0] != "can")
    if word[0] in _PLAN | {"used", "stopped", "quit", "started", "began", "longer"}:
        return _phased(behind, word, negated=negated)
    return _finite(word, negated=negated)


_Word = tuple[str, int]


def _words(sentence: str, position: int) -> Iterator[tuple[_Word, bool]]:
    """The words from here on, without adverbs; with each, whether a "not" stood before it."""
    negated = False
    while match := _WORD.match(sentence, position):
        word, position = match["word"].replace("’", "'").lower(), match.end()
        if word in {"not", "never"}:
            negated = True
        elif word == "no" and sentence[position:].lower().startswith(" longer"):
            continue
        elif word not in _ADVERBS:
            yield (word, position), negated
            negated = False


def _after_be(behind: Iterator[tuple[_Word, bool]], be: _Word, *, negated: bool) -> _Verb | None:
    now = _Verb(verb="be", tense=Tense.NOW, negated=negated, end=be[1])
    following = next(behind, None)
    if following is None:
        return None
    (word, end), denied = following
    now = _Verb(verb="be", tense=Tense.NOW, negated=negated or denied, end=end - len(word))
    if word == "longer":
        return _Verb(verb="be", tense=Tense.ENDED, negated=True, end=end)
    if be[0] == "'s" and word in {"been", "got"}:
        return _after_have(iter([following, *behind]), be, negated=negated)
    if word in {"going", "gonna", "planning"}:
        return None if now.negated else _going_to(behind, word)
    if base := FORMS.get(word, {}).get(Inflection.GERUND):
        if base in CHANGES:
            return None if now.negated else _Verb(verb="to " + base, tense=Tense.PLANNED,
                                                  negated=False, end=end)  # fmt: skip
        return _Verb(verb=base, tense=Tense.DOING, negated=now.negated, end=end)
    return now


def _going_to(behind: Iterator[tuple[_Word, bool]], last: str) -> _Verb | None:
    if last == "gonna":
        return _planned(next(behind, None))
    following = next(behind, None)
    if following is None or following[0][0] != "to":
        return None
    return _planned(next(behind, None))


def _planned(following: tuple[_Word, bool] | None, *, firm: bool = True) -> _Verb | None:
    if following is None or following[1]:
        return None
    word, end = following[0]
    base = FORMS.get(word, {}).get(Inflection.BASE)
    if base not in PLANNABLE:
        return None
    return _Verb(verb="to " + base, tense=Tense.PLANNED, negated=False, end=end, firm=firm)


def _after_have(
    behind: Iterator[tuple[_Word, bool]], have: _Word, *, negated: bool
) -> _Verb | None:
    following = next(behind, None)
    if following is None:
        return None
    (word, end), denied = following
    negated = negated or denied
    if word == "been":
        return _been(behind, negated=negated)
    if word == "got":
        return _Verb(verb="have", tense=Tense.NOW, negated=negated, end=end)
    if word == "to":
        return None
    if base := FORMS.get(word, {}).get(Inflection.PARTICIPLE):
        # What has not happened, or has not been for long, says nothing that is sure.
        return None if negated else _Verb(verb=base, tense=Tense.SINCE, negated=False, end=end)
    if have[0] in {"have", "has"}:
        return _Verb(verb="have", tense=Tense.NOW, negated=negated, end=end - len(word))
    return None


def _been(behind: Iterator[tuple[_Word, bool]], *, negated: bool) -> _Verb | None:
    following = next(behind, None)
    if following is None or negated:
        return None
    (word, beyond), _ = following
    base = FORMS.get(word, {}).get(Inflection.GERUND)
    if base is not None:
        return _Verb(verb=base, tense=Tense.SINCE, negated=False, end=beyond)
    return _Verb(verb="be", tense=Tense.SINCE, negated=False, end=beyond - len(word))


def _present(following: tuple[_Word, bool] | None, *, negated: bool) -> _Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    base = FORMS.get(word, {}).get(Inflection.BASE)
    return _Verb(verb=base, tense=Tense.NOW, negated=negated, end=end) if base else None


def _able(following: tuple[_Word, bool] | None, *, negated: bool) -> _Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    if word == "stand" and negated:
        return _Verb(verb="hate", tense=Tense.NOW, negated=False, end=end)
    known = _UNABLE if negated else _ABLE
    return _Verb(verb=word, tense=Tense.NOW, negated=negated, end=end) if word in known else None


def _phased(behind: Iterator[tuple[_Word, bool]], first: _Word, *, negated: bool) -> _Verb | None:
    """ "used to work", "stopped working", "started working", "no longer works", "plans to"."""
    following = next(behind, None)
    if following is None or negated:
        return None
    (word, end), _ = following
    forms = FORMS.get(word, {})
    if first[0] == "longer":
        base = forms.get(Inflection.THIRD) or forms.get(Inflection.BASE)
        return _Verb(verb=base, tense=Tense.ENDED, negated=True, end=end) if base else None
    if first[0] in _PLAN | {"used"}:
        if word != "to":
            return None
        return _planned(next(behind, None)) if first[0] in _PLAN else _ended(next(behind, None))
    base = forms.get(Inflection.GERUND)
    ended = first[0] in {"stopped", "quit"}
    if base:
        tense = Tense.ENDED if ended else Tense.BEGUN
        return _Verb(verb=base, tense=tense, negated=ended, end=end)
    return _finite(first, negated=False)


def _ended(following: tuple[_Word, bool] | None) -> _Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    base = FORMS.get(word, {}).get(Inflection.BASE)
    return _Verb(verb=base, tense=Tense.ENDED, negated=True, end=end) if base else None


def _finite(word: _Word, *, negated: bool) -> _Verb | None:
    forms = FORMS.get(word[0], {})
    if base := forms.get(Inflection.PAST):
        # "I read": told of the past more often than as a habit.
        return None if negated else _Verb(verb=base, tense=Tense.PAST, negated=False, end=word[1])
    base = forms.get(Inflection.THIRD) or forms.get(Inflection.BASE)
    return _Verb(verb=base, tense=Tense.NOW, negated=negated, end=word[1]) if base else None
