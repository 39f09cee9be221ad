"""Reads the verb of a clause: which one, in which tense, whether it is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english.verbs import ALL_FORMS, CHANGES, PLANNABLE, Inflection
from consolidation.extract.english.vocabulary import words


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
class Verb:
    """A verb as a clause has it; `end` is where what follows it begins."""

    verb: str
    tense: Tense
    negated: bool
    end: int
    firm: bool = False


_WORD = re.compile(r",?\s*(?P<word>['’](?:m|s|re|ve|ll|d)\b|[\w-]+(?:['’]t\b)?)")
_ADVERBS = words("""
    really also just still always usually now currently absolutely totally definitely actually
    recently finally often mostly mainly truly genuinely both already officially basically
    originally secretly particularly especially honestly simply only even ever normally regularly
    first once soon proudly happily deeply newly presently successfully permanently literally
    suddenly
    """)
_BE = frozenset({"'m", "am", "m", "is", "are", "'re", "'s", "isn't", "aren't", "ain't"})
_HAVE = frozenset({"'ve", "ve", "have", "has", "haven't", "hasn't"})
#: Behind "'s" they make it a "has".
_PERFECT = frozenset({"been", "got", "turned", "moved", "joined", "started", "left", "quit",
"become",
                      "gone", "begun", "stopped", "given", "taken", "found"})  # fmt: skip
_DO = frozenset({"do", "does", "don't", "doesn't"})
_PLAN = frozenset({"plan", "plans", "intend", "intends"})
#: Verbs that say of another whether it began, ended, happened at last or is decided.
_ENDS = frozenset({"stopped", "quit", "gave", "given"})
_HAPPENS = frozenset({"ended", "wound", "had", "managed", "decided", "got"})
_PHASES = _ENDS | _HAPPENS | {"used", "started", "began", "begun", "longer"}
_ABLE = frozenset({"speak", "play"})
_UNABLE = frozenset({"eat", "drink", "stand"})


def verb_at(sentence: str, position: int) -> Verb | None:
    """The verb that stands there, behind its subject."""
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
        denied = negated or word[0].endswith("n't")
        done = Verb(verb="do", tense=Tense.NOW, negated=denied, end=word[1])
        return _present(next(behind, None), negated=denied) or (None if denied else done)
    if word[0] in {"will", "'ll"}:
        return None if negated else _planned(next(behind, None), firm=False)
    if word[0] in {"can", "can't", "cannot"}:
        return _able(next(behind, None), negated=negated or word[0] != "can")
    if word[0] in _PLAN | _PHASES:
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


def _after_be(behind: Iterator[tuple[_Word, bool]], be: _Word, *, negated: bool) -> Verb | None:
    now = Verb(verb="be", tense=Tense.NOW, negated=negated, end=be[1])
    following = next(behind, None)
    if following is None:
        return None
    (word, end), denied = following
    now = Verb(verb="be", tense=Tense.NOW, negated=negated or denied, end=end - len(word))
    if word == "longer":
        return _no_longer(behind, end)
    if be[0] == "'s" and word in _PERFECT:
        return _after_have(iter([following, *behind]), be, negated=negated)
    if word in {"going", "gonna", "planning", "about"}:
        return None if now.negated else _going_to(behind, (word, end))
    if base := ALL_FORMS.get(word, {}).get(Inflection.GERUND):
        if base in CHANGES:
            return None if now.negated else Verb(verb="to " + base, tense=Tense.PLANNED,
                                                  negated=False, end=end)  # fmt: skip
        return Verb(verb=base, tense=Tense.DOING, negated=now.negated, end=end)
    return now


def _no_longer(behind: Iterator[tuple[_Word, bool]], end: int) -> Verb:
    """ "is no longer living", "is no longer a nurse"."""
    following = next(behind, None)
    base = ALL_FORMS.get(following[0][0], {}).get(Inflection.GERUND) if following else None
    if following and base:
        return Verb(verb=base, tense=Tense.ENDED, negated=True, end=following[0][1])
    return Verb(verb="be", tense=Tense.ENDED, negated=True, end=end)


def _going_to(behind: Iterator[tuple[_Word, bool]], last: _Word) -> Verb | None:
    if last[0] == "gonna":
        return _planned(next(behind, None))
    following = next(behind, None)
    if following is None:
        return None
    if following[0][0] == "to":
        return _planned(next(behind, None)) or Verb(
            verb="to go", tense=Tense.PLANNED, negated=False, end=last[1]
        )
    if following[0][0] == "on":
        return _planned_doing(next(behind, None))
    doing = last[0] == "going"
    return Verb(verb="go", tense=Tense.DOING, negated=False, end=last[1]) if doing else None


def _planned_doing(following: tuple[_Word, bool] | None) -> Verb | None:
    """ "I'm planning on moving"."""
    base = ALL_FORMS.get(following[0][0], {}).get(Inflection.GERUND) if following else None
    if following is None or base not in PLANNABLE:
        return None
    return Verb(verb=base, tense=Tense.PLANNED, negated=False, end=following[0][1], firm=True)


def _planned(following: tuple[_Word, bool] | None, *, firm: bool = True) -> Verb | None:
    if following is None or following[1]:
        return None
    word, end = following[0]
    base = ALL_FORMS.get(word, {}).get(Inflection.BASE)
    if base not in PLANNABLE:
        return None
    return Verb(verb="to " + base, tense=Tense.PLANNED, negated=False, end=end, firm=firm)


def _after_have(behind: Iterator[tuple[_Word, bool]], have: _Word, *, negated: bool) -> Verb | None:
    following = next(behind, None)
    if following is None:
        return None
    (word, end), denied = following
    negated = negated or denied
    if word == "been":
        return _been(behind, negated=negated)
    if word == "got":
        return Verb(verb="have", tense=Tense.NOW, negated=negated, end=end)
    if word == "to":
        return None
    if (
        word in _PHASES - {"got", "had"}
        and not negated
        and (phased := _phased(behind, (word, end), negated=False))
    ):
        return phased
    if base := ALL_FORMS.get(word, {}).get(Inflection.PARTICIPLE):
        # What has not happened, or has not been for long, says nothing that is sure.
        return None if negated else Verb(verb=base, tense=Tense.SINCE, negated=False, end=end)
    if have[0] in {"have", "has"}:
        return Verb(verb="have", tense=Tense.NOW, negated=negated, end=end - len(word))
    return None


def _been(behind: Iterator[tuple[_Word, bool]], *, negated: bool) -> Verb | None:
    following = next(behind, None)
    if following is None or negated:
        return None
    (word, beyond), _ = following
    base = ALL_FORMS.get(word, {}).get(Inflection.GERUND)
    if base is not None:
        return Verb(verb=base, tense=Tense.SINCE, negated=False, end=beyond)
    return Verb(verb="be", tense=Tense.SINCE, negated=False, end=beyond - len(word))


def _present(following: tuple[_Word, bool] | None, *, negated: bool) -> Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    base = ALL_FORMS.get(word, {}).get(Inflection.BASE)
    return Verb(verb=base, tense=Tense.NOW, negated=negated, end=end) if base else None


def _able(following: tuple[_Word, bool] | None, *, negated: bool) -> Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    if word == "stand" and negated:
        return Verb(verb="hate", tense=Tense.NOW, negated=False, end=end)
    known = _UNABLE if negated else _ABLE
    return Verb(verb=word, tense=Tense.NOW, negated=negated, end=end) if word in known else None


def _phased(behind: Iterator[tuple[_Word, bool]], first: _Word, *, negated: bool) -> Verb | None:
    """ "used to work", "stopped working", "ended up moving", "no longer works", "plans to"."""
    following = next(behind, None)
    if following is None or negated:
        return _finite(first, negated=negated)
    if first[0] in _PLAN | {"used"}:
        if following[0][0] != "to":
            return None
        return _planned(next(behind, None)) if first[0] in _PLAN else _ended(next(behind, None))
    if first[0] in _HAPPENS:
        return _happened(behind, first, following)
    if following[0][0] == "up" and first[0] in {"gave", "given"}:
        following = next(behind, following)
    (word, end), _ = following
    forms = ALL_FORMS.get(word, {})
    if first[0] == "longer":
        base = forms.get(Inflection.THIRD) or forms.get(Inflection.BASE)
        return Verb(verb=base, tense=Tense.ENDED, negated=True, end=end) if base else None
    base = forms.get(Inflection.GERUND)
    ended = first[0] in _ENDS
    if base:
        tense = Tense.ENDED if ended else Tense.BEGUN
        return Verb(verb=base, tense=tense, negated=ended, end=end)
    return _finite(first, negated=False)


def _happened(
    behind: Iterator[tuple[_Word, bool]], first: _Word, following: tuple[_Word, bool]
) -> Verb | None:
    """ "I ended up moving", "we had to move", "she decided to move"."""
    (word, _), denied = following
    if word == "up" and first[0] in {"ended", "wound"}:
        doing = next(behind, None)
        base = ALL_FORMS.get(doing[0][0], {}).get(Inflection.GERUND) if doing else None
        return (
            Verb(verb=base, tense=Tense.PAST, negated=False, end=doing[0][1])
            if doing and base
            else None
        )
    if word == "to" and first[0] != "ended":
        doing = next(behind, None)
        if first[0] == "decided":
            return None if denied else _planned(doing)
        base = ALL_FORMS.get(doing[0][0], {}).get(Inflection.BASE) if doing else None
        return (
            Verb(verb=base, tense=Tense.PAST, negated=False, end=doing[0][1])
            if doing and base
            else None
        )
    return _finite(first, negated=False)


def _ended(following: tuple[_Word, bool] | None) -> Verb | None:
    if following is None:
        return None
    (word, end), _ = following
    base = ALL_FORMS.get(word, {}).get(Inflection.BASE)
    return Verb(verb=base, tense=Tense.ENDED, negated=True, end=end) if base else None


def _finite(word: _Word, *, negated: bool) -> Verb | None:
    forms = ALL_FORMS.get(word[0], {})
    if base := forms.get(Inflection.PAST):
        # "I read": told of the past more often than as a habit.
        return None if negated else Verb(verb=base, tense=Tense.PAST, negated=False, end=word[1])
    if (base := forms.get(Inflection.PARTICIPLE)) and not negated:
        return Verb(verb=base, tense=Tense.SINCE, negated=False, end=word[1])
    base = forms.get(Inflection.THIRD) or forms.get(Inflection.BASE)
    return Verb(verb=base, tense=Tense.NOW, negated=negated, end=word[1]) if base else None
