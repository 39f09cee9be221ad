"""Takes sentences apart: who is the subject, which verb, in which tense, negated or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from consolidation.extract.english.openings import statement_start
from consolidation.extract.english.phrases import name_at
from consolidation.extract.english.tenses import Tense, Verb, verb_at
from consolidation.extract.english.vocabulary import OTHERS, PETS, PLAIN_KIN, RELATIVES
from consolidation.extract.protocol import EntityKind, Mention
from retrieval.understanding.words import NOT_NAMES


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


_STARTS = re.compile(
    r"(?:,\s+|;\s*|\s+)(?:(?:and|but|so|because|although|though|then)\s+)+(?:then\s+|also\s+|"
    r"now\s+)?"
    r"|;\s*|\s+[-–—]\s+|(?:(?<=\w)[,:]\s+)(?=(?:I|my|My|we|our)\b)"
    r"|\s+(?:ever since|since|after|now that)\s+(?=(?:I|my|we|our)\b)"
)
_I = re.compile(r"(?:I|i)(?=['’ ]|m |ve )")
_WE = re.compile(r"[Ww]e(?=['’ ])|(?:[Mm]y|[Oo]ur) (?:whole |entire |little )?family(?= )")
_KIN = "|".join(sorted(map(re.escape, (*RELATIVES, *OTHERS, *PETS)), key=len, reverse=True))
#: Behind "my sister's" they make the 's an "is" or a "has".
_PREDICATED = (
    r"(?:an?|the|in|from|now|just|not|been|already|finally|living|working|studying|dating|seeing|"
    r"moving|going|based|moved|turned|turning|got|gone|called|joined|started|left|quit|become|"
    r"retired|vegan|vegetarian|pregnant|engaged|married|divorced|single|allergic)\b"
)
#: "my older sister Anna", "my best friend": the noun and the name behind it.
POSSESSED_OWNER = (
    r"(?:(?:older|younger|elder|little|big|oldest|youngest|best|close|old|good|dear|only|new|twin|"
    rf"late|pet|rescue)\s+)*(?P<kin>{_KIN})\b"
)
POSSESSED = rf"{POSSESSED_OWNER}(?!['’]s\s+(?!{_PREDICATED})|-)"
_MY = re.compile(
    rf"(?:[Mm]y|[Oo]ur)\s+{POSSESSED}"
    r"(?:,?\s+(?P<name>(?:(?:Mr|Mrs|Ms|Dr)\.?\s)?[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\b,?)?"
)
_AND = re.compile(r",?\s+and\b")


def clauses(sentence: str, speaker: str) -> Iterator[Clause]:
    """The clauses that are understood; a verb may share the subject of the clause before it."""
    begins = statement_start(sentence)
    others = (match.end() for match in _STARTS.finditer(sentence))
    starts = sorted({0, begins, *(start for start in others if start != begins)})
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
        verb = verb_at(sentence, position)
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


def _shares_subject(verb: Verb, sentence: str, start: int) -> bool:
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
