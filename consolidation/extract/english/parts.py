"""Takes a sentence apart where another statement begins that stands by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from consolidation.extract.english.clauses import POSSESSED
from consolidation.extract.english.verbs import FORMS, Inflection
from consolidation.extract.english.vocabulary import words
from retrieval.understanding.words import FINITE, NOT_NAMES


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Characters of a sentence, and the subject that they share with the part before."""

    start: int
    end: int
    #: "I", in "I live in Porto and work at Acme".
    subject: str = ""


_CUT = re.compile(
    r"(?P<stop>\s*;\s+|:\s+|\s+[-–—]+\s+)|"
    r"(?P<link>,?\s+(?:and|but|so)\s+(?:(?:also|now|then|still|so)\s+)*)|(?P<comma>,\s+)"
)
#: "…, in case you need water": a condition of something else than what is stated before.
_IN_CASE = re.compile(r",\s+(?:so |and |but )?(?:if|in case)\b")
_IF_SO = re.compile(
    r"\b(?:will|would|can|could|should|might|may|must|won't|going to|gonna)\b|['’](?:ll|d)\b"
)
#: "I should have told you: back in June, on the 15th, I moved".
_THEN_I = re.compile(
    r"(?:back )?(?:in|on|since|last|at) [\w ]{1,20},? (?:on the \d{1,2}\w\w,? )?(?:I|we)\b"
)
_PRONOUN = re.compile(
    r"(?:I|[Ww]e|[Hh]e|[Ss]he|they|you(?! know| see))(?:['’](?:m|s|re|ve|ll|d))?\s+[\w$€£]"
)
_NOUN = re.compile(r"(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]he|[A-Z][\w-]+)(?=\s)(?:\s+[\w'’-]+){1,5}")
#: What makes the sentence one whole: a condition, somebody's words, play.
_WHOLE = re.compile(
    r"[\"“”]|\b(?:if|unless|whether|said(?! yes| no)|says|told(?! you)|tells|asked|claims|lol|"
    "kidding|wish|"
    r"maybe|perhaps|apparently|supposedly|heard|"
    r"first\b.*\bthen|either|rather than|to \w+ [^,]*, (?:press|hold|open|click|turn|use))\b",
    re.IGNORECASE,
)
#: A part with one of these leans on what was said before it.
_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|that|these|those|there|too|neither|either|both|otherwise|each|"
    r"this(?! (?:year|month|week|weekend|spring|summer|autumn|fall|winter|morning|evening|\w+day))|"
    r"one(?! of\b| \w)|same|so|such|then)\b(?!\w)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"(?:when|whenever|if|because|although|though|while|after|before|once|since|as|at|in|on|"
    r"during|for|with|by|from|until|despite|unlike|instead|given|to|not|both|neither)\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:think|thinks|thought|hope|believe|feel|know|when|where|that|because|since|as|while|"
    r"after|before|with|than|like|of|for)\s+(?:(?:my|our|the)\s+)?[\w'’-]+$",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?:to(?= [a-z])|will|would|can|could|should|might|may|must|let|been|(?:have|has|"
    r"had) \w+e[dn])\b|"
    r"['’](?:ll|d|ve)\b"
)
_SHARED_COPULA = re.compile(
    r"(?:allergic to|married to|originally from|born (?:in|on)|engaged to)\b"
)
#: Behind "and" hardly anything but verbs, as they are written in the first person.
_VERBS = words("live speak enjoy hate own prefer teach have am don't can't won't didn't work love")
_NEXT = re.compile(r"(?P<word>[\w'’]+)\s+(?P<next>[\w'’]+)")
_AT = words("at for as in with on from to a an the my our")
_SUBJECT = re.compile(rf"(?:I|[Ww]e|[Hh]e|[Ss]he)\b|[Mm]y\s+{POSSESSED}(?:,?\s+[A-Z][a-z]+\b)?|"
                      r"[A-Z][a-z]+(?=\s)")  # fmt: skip
_FIRST = re.compile(r"(?<![\w'])I(?=\s|['’])")
_WORD = re.compile(r"[\w$€£][\w'’.,$€£-]*")


def parts(sentence: str) -> tuple[Part, ...]:
    """The parts in order; the whole, where it cannot be taken apart for sure."""
    tail = _IN_CASE.search(sentence)
    if (
        tail
        and not _IF_SO.search(sentence, 0, tail.start())
        and _has_verb(sentence[: tail.start()])
    ):
        sentence = sentence[: tail.start()]
    whole = Part(start=0, end=len(sentence))
    if _WHOLE.search(sentence):
        return (whole,)
    found = [whole]
    for cut, subject in _cuts(sentence):
        before = sentence[found[-1].start : cut.start()]
        if (
            cut["link"]
            and found == [whole]
            and _says_nothing(before, cut)
            and _I.match(sentence, cut.end())
        ):
            found = [Part(start=cut.end(), end=len(sentence))]
        elif _may_end(before, cut):
            shared = _shared(sentence, found[-1], cut) if subject is None else subject
            if shared is not None:
                found[-1] = replace(found[-1], end=cut.start())
                found.append(Part(start=cut.end(), end=len(sentence), subject=shared))
    return tuple(_joined(sentence, found))


#: "I taught chemistry, retired now", "we're in Ashgrove Road, renting": of the same subject.
_ALONE = re.compile(r"(?:now )?(?:retired|renting|married|divorced|widowed|single|engaged|pregnant|"
                    r"unemployed|self-employed|vegan|vegetarian)(?: now)?(?=\s*(?:$|[.,;!])"
                    r")")  # fmt: skip
_BEING = re.compile(r"(?:I|[Ww]e|[Hh]e|[Ss]he|[A-Z][a-z]+)(?=['’]| )")
#: "I'm not vegan any more, just vegetarian".
_BUT = re.compile(r"(?P<subject>.*?(?:['’]m|['’]s|['’]re|\bam|\bis|\bare)) (?:not|no longer)"
                  r" (?:[\w'-]+ ){1,5}"
                  r"?any ?more$")  # fmt: skip
_JUST = re.compile(r"(?:just|only|now)\b(?! (?:because|in case|to|when|if)\b)")


#: "Long days, and I want …": what stands before says nothing by itself.
_I = re.compile(r"(?:I|[Ww]e|[Hh]e|[Ss]he)\b")
_FEW = 3


def _says_nothing(before: str, cut: re.Match[str]) -> bool:
    """Whether it is a few words without a verb, and nobody who shares what follows."""
    few = 1 < len(before.split()) <= _FEW and before[1:].islower()
    return cut[0].startswith(",") and few and not (
        _has_verb(before) or _LEADING.match(before) or before.lower().startswith(("my ", "our "))
    )  # fmt: skip


def _cuts(sentence: str) -> Iterator[tuple[re.Match[str], str | None]]:
    """Where a statement begins, with "" if it has a subject of its own."""
    for cut in _CUT.finditer(sentence):
        if _has_subject(sentence, cut.end()) or (
            cut["stop"] and _THEN_I.match(sentence, cut.end())
        ):
            yield cut, ""
        elif cut["link"] and _is_verb(sentence, cut):
            yield cut, None
        elif subject := _told_on(sentence, cut):
            yield cut, subject


def _told_on(sentence: str, cut: re.Match[str]) -> str | None:
    """Subject and verb of "just vegetarian", "retired now", where they are those from before."""
    if cut["comma"] and _ALONE.match(sentence, cut.end()):
        if who := _BEING.match(sentence):
            return f"{who[0]} {_BE.get(who[0], 'is')}"
    elif (cut["comma"] or "but" in cut[0]) and _JUST.match(sentence, cut.end()):
        over = _BUT.match(sentence, 0, cut.start())
        return over["subject"] if over else None
    return None


_BE = {"I": "am", "We": "are", "we": "are"}


def _has_subject(sentence: str, at: int) -> bool:
    if _PRONOUN.match(sentence, at):
        return True
    match = _NOUN.match(sentence, at)
    if match is None:
        return False
    first, *others = match[0].replace("’", "'").split()
    possessed = first.lower() in {"my", "our", "his", "her", "the"}
    if not possessed and first.lower() in NOT_NAMES:
        return False
    reach = others[1:5] if possessed else others[:2]
    owns = [word for word in (first, *others) if word.endswith("'s")]
    return any(word in FINITE or (word.endswith("ed") and len(word) > 4) for word in reach) and (
        possessed or not owns or others[0] not in FINITE
    )


def _is_verb(sentence: str, cut: re.Match[str]) -> bool:
    if _SHARED_COPULA.match(sentence, cut.end()):
        return True
    match = _NEXT.match(sentence, cut.end())
    if match is None:
        return False
    word = _verb_at(sentence, cut.end())
    if word in _VERBS:
        return word not in {"work", "love"} or match["next"] in _AT or "but" in cut[0]
    forms = FORMS.get(word, {})
    return Inflection.THIRD in forms or (
        Inflection.PAST in forms and Inflection.BASE not in forms and word != "left"
    )


def _may_end(before: str, cut: re.Match[str]) -> bool:
    if not _has_verb(before) or len(_WORD.findall(before)) < 2:
        return False
    if _LEADING.match(before) and "," not in before:
        return False
    return not (cut["link"] and _BOTH.search(before))


def _has_verb(text: str) -> bool:
    plain = [word.strip(".,").replace("’", "'") for word in _WORD.findall(text)]
    return any(
        word in FINITE or word in FORMS or "'" in word[1:] or word.endswith("ed") for word in plain
    ) or any(word in {"I", "we", "We", "he", "she"} for word in plain[:-1])


def _shared(sentence: str, part: Part, cut: re.Match[str]) -> str | None:
    """The subject of the part, to be put before the verb behind it; None where that is not sure."""
    before = sentence[part.start : cut.start()]
    subject = part.subject or _subject_of(before)
    if subject is None or _TO_COME.search(before):
        return None
    subject = subject.removesuffix(" am").removesuffix(" is").removesuffix(" are")
    several = subject in {"I", "We", "we"}
    if _SHARED_COPULA.match(sentence, cut.end()):
        return f"{subject} {'am' if subject == 'I' else 'are' if several else 'is'}"
    word = _verb_at(sentence, cut.end())
    if word in _VERBS:
        return subject if several else None
    third = Inflection.THIRD in FORMS.get(word, {})
    return None if third and several else subject


def _subject_of(part: str) -> str | None:
    match = _SUBJECT.match(part) or _FIRST.search(part)
    if match is None or match[0].lower() in NOT_NAMES - {"i", "we", "he", "she"}:
        return None
    return match[0]


def _verb_at(sentence: str, at: int) -> str:
    match = _NEXT.match(sentence, at)
    return match["word"].replace("’", "'") if match else ""


def _joined(sentence: str, found: list[Part]) -> Iterator[Part]:
    """The parts, those put back together of which the later one leans on the other."""
    last = found[0]
    for part in found[1:]:
        text = sentence[part.start : part.end]
        if _LEANS.search(text) or len(_WORD.findall(text)) + bool(part.subject) < 2:
            last = replace(last, end=part.end)
        else:
            yield last
            last = part
    yield last
