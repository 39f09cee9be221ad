"""What stands before a statement's subject: "as of last week", "since we broke up", "turns out"."""

from __future__ import annotations

import re

from retrieval.understanding.periods import MONTHS, WEEKDAYS

_SUBJECT = r"(?=(?:I|we|my|our|he|she|they|[A-Z][a-z]+ and I)\b)"
#: Announcing, without saying anything itself.
_ANNOUNCED = (
    r"(?:(?:it'?s|that'?s|now it'?s) (?:official|done|final|settled|decided|true)|"
    r"turns out(?: that)?|"
    r"as it turns out|guess what|(?:big|good|bad|sad|great|some|small|happy|exciting) (?:news|"
    r"update|"
    r"change)|(?:life|quick|small|little) update|change of plans?|plans? (?:have |has )?changed|"
    r"(?:long )?story short|so yeah|in other news|drum ?roll|newsflash|surprise|"
    r"you won't believe (?:it|this)|i can't believe it|it finally happened|it happened|"
    r"unfortunately|sadly|luckily|finally|thankfully|happily|by profession|by trade|"
    r"i'm (?:so )?(?:happy|proud|sad|excited|thrilled|pleased) to (?:say|announce|share)(?: that)?|"
    r"i (?:forgot to|should|wanted to|have to|need to|must) (?:mention|say|tell you|add)(?: that)?|"
    r"just so you know|for the record|small correction|heads[- ]up|note that|also|well|so)"
)
_TIMES = "|".join((*(m.title() for m in MONTHS), *(d.title() for d in WEEKDAYS)))
#: When, and since when.
_WHEN = (
    rf"(?:(?:as of|from|since|starting|effective|until|in|on|by|back in|at the end of|"
    rf"the end of)? ?"
    rf"(?:the )?(?:last |this |next |early |late |end of )?"
    rf"(?:today|yesterday|now|then|week|month|year|spring|summer|autumn|fall|winter|weekend|"
    rf"morning|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_TIMES})|(?:{_TIMES})(?: \d{{1,2}}(?:st|nd|rd|th)?)?|"
    rf"\d{{4}})(?:,? \d{{4}})?|these days|nowadays|right now|at the moment|currently|for now|"
    rf"lately|"
    rf"recently|(?:a |two |three |\d+ |a few |some )(?:day|week|month|year)s? ago|at (?:last|"
    rf"long last)|"
    rf"this time)"
)
_OPENING = re.compile(
    rf"(?:{_ANNOUNCED}[,.:;!]*\s*(?:-+\s*)?(?:that\s+|but\s+|and\s+)?|{_WHEN},?\s+){_SUBJECT}",
    re.IGNORECASE,
)
#: "Since we broke up I'm living …", "After the divorce I moved …".
_CIRCUMSTANCE = re.compile(
    r"(?:ever since|since|after|following|because|as|now that|due to|thanks to|with|because of|"
    r"despite|"
    r"although|even though|while|when|once)\b[^.;:!?]{2,80}?(?:,\s*|\s+)"
    r"(?=(?:I|we|my|our)(?:\b(?! (?:and|or)\b)))",
    re.IGNORECASE,
)
#: A time that is over: what is told of it does not hold.
_LONG_AGO = re.compile(
    r"(?:when|while|as|back when|once)\b.*?\b(?:kid|child|teen\w*|boy|girl|young\w*|little|student|"
    r"was|were|used|lived|worked|studied)\b",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"(?:when|once|as soon as|after|because|as)\s+(?:I|we|he|she|"
                          r"they)\s+(?!\w+ed\b)"
                          r"(?:get|move|finish|am|are|have|can|go|start|leave)\b",
                          re.I)  # fmt: skip


def statement_start(sentence: str) -> int:
    """Where the main statement begins, behind what announces it and the circumstances."""
    start = 0
    for _ in range(3):
        match = _OPENING.match(sentence, start)
        if match is None or match.end() == start:
            break
        start = match.end()
    if _LONG_AGO.match(sentence, start) or _CONDITIONAL.match(sentence, start):
        return start
    match = _CIRCUMSTANCE.match(sentence, start)
    return match.end() if match else start
