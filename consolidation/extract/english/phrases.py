"""Reads the short phrase at the start of a text: a name, or a noun with what describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.vocabulary import words
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.words import ADVERBS, AUXILIARIES

#: Words of a phrase; a longer one is a clause or a list.
_LONGEST = 5
_ARTICLE = re.compile(r"(?:an?|the|some)\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_](?:[\w'&/]|[-.](?=\w))*|&|\d[\d.,]*\d")
_NAME = re.compile(
    r"(?:[Tt]he\s+)?(?P<name>(?:[OD]['’])?[A-Z][\w&-]*(?:\.(?=[A-Z]))?(?:[ .](?:(?:of|de|del|la|"
    r"der|van|von|the|"
    r"and(?= [A-Z]\w+ (?:University|College|Company|Sons)))\s+){0,2}(?:[OD]['’])?[A-Z][\w&-]*){0,5}"
    r"(?:, [A-Z][a-z]+(?=$|[.,!;]| in| on| since| last))?)"
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{1,80}?)[.,!]?[\"”]")
_CALENDAR = frozenset((*MONTHS, *WEEKDAYS))
# They end a phrase: what follows is another part of the sentence.
_ENDS = words("""
    in on at to for from with by as than that which who whom whose if when while where because
    since until till unless though although and or but so into onto over about after before during
    near like without through around against between across within behind beyond past per via
    last next today tomorrow yesterday tonight currently nowadays
    ago again together anymore instead every each too very much lot well here there now then
    recently named called yet back away up down out off right
    """) | AUXILIARIES | ADVERBS  # fmt: skip
# They make a phrase point elsewhere, or nowhere.
_PRONOUNS = words("""
    i me my mine myself you your yours he him his she her hers it its itself we us our ours they
    them their theirs this that these those one ones something anything nothing everything someone
    somebody anyone everyone nobody there here what how why where when who which whatever such
    another other others both all any none few many more most less same every each being
    having i'm i've it's that's he's she's they're we're
    """)  # fmt: skip
_EMPTY = words("""
    thing things stuff way ways bit lot lots kind kinds sort sorts part something time times moment
    moments day days life one ones place idea ideas feeling people person fact job
    """)  # fmt: skip
# Inside the doing of something they go on with it: "curling up with a book".
_LINKS = words("""
    in on at to for from with by into onto over about through around against between across
    up down out off away back like
    """)
_THESE_DAYS = re.compile(
    r"(?:these|this|most) (?:days|year|month|week|summer|spring|autumn|winter)\b"
)
_BREAK = re.compile(r"\s+(?=[\w&\d])")
_ALSO = re.compile(r"(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?!(?:I|we|he|she|it|they|my|so|then)\b)")
_CLOSED = re.compile(r"\s*(?:$|[.!;)]|,? (?:for|since|in|on|at|with|because|but|so|when)\b)")


def name_at(text: str) -> str | None:
    """The name that a text starts with."""
    match = _NAME.match(text)
    if match is None:
        return None
    name = match["name"].removesuffix("'s")
    if name.startswith("St ") and text.startswith("'s", match.end("name")):
        name += "'s"
    first = name.split(" ")[0]
    if first in _CALENDAR or first.lower() in _PRONOUNS | _ENDS or len(name) < 2:
        return None
    return name


def quoted_at(text: str) -> str | None:
    """The title in quotation marks that a text starts with."""
    match = _QUOTED.match(text)
    return match[1].strip() if match else None


def phrase_at(text: str) -> str | None:
    """The short noun phrase that a text starts with, without its article; None if unsure."""
    found = _phrase(text)
    return found[0] if found else None


def phrases_at(text: str) -> Iterator[str]:
    """The phrases of a list, "hiking, chess and black coffee"; the first only, where unsure."""
    found = _phrase(text)
    if found is None:
        return
    others: list[str] = []
    position = found[1]
    while also := _ALSO.match(text, position):
        following = _phrase(text[also.end() :])
        if following is None:
            break
        others.append(following[0])
        position = also.end() + following[1]
    if not _share(found[0], others):
        yield found[0]
        doing = found[0].split()[0].endswith("ing")
        if _CLOSED.match(text, position):
            yield from (o for o in others if o.split()[0].endswith("ing") == doing)


def _share(first: str, others: list[str]) -> bool:
    """ "action and sci-fi movies": a word that may go with the noun of the next."""
    return " " not in first and first[-1] not in "sg" and any(" " in other for other in others)


def _phrase(text: str) -> tuple[str, int] | None:
    article = _ARTICLE.match(text)
    start = position = article.end() if article else 0
    words: list[str] = []
    while match := _WORD.match(text, position):
        lower = match[0].lower()
        if lower in _PRONOUNS:
            if words and _THESE_DAYS.match(text, position):
                break
            return None
        doing = bool(words) and words[0].endswith("ing") and lower in _LINKS
        if (lower in _ENDS and not doing) or (match[0] in _CALENDAR and words):
            break
        words.append(match[0])
        position = match.end()
        if len(words) > _LONGEST + 2 * words[0].endswith("ing"):
            return None
        gap = _BREAK.match(text, position)
        if gap is None:
            break
        position = gap.end()
    phrase = text[start:position].strip()
    # "the 'good' one", "C++": what stands behind is part of it, and not understood.
    closed = position >= len(text) or text[position] in " .,;:!?)" or text[position - 1] == " "
    return (phrase, start + len(phrase)) if closed and _is_specific(words) else None


def _is_specific(words: list[str]) -> bool:
    if not words or words[-1].lower() in _LINKS | {"of"} or words[0].lower() in {"of", "not", "no"}:
        return False
    return words[-1].lower() not in _EMPTY and len(words[-1]) > 1 and not words[-1].endswith("ly")
