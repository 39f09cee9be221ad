"""Makes a statement of an answer to a direct question: "Where do you live?" "In Porto." """

from __future__ import annotations

import re

from consolidation.extract.english.clauses import POSSESSED
from consolidation.extract.english.questions import Wants, asked_for, whether
from consolidation.extract.english.vocabulary import words
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.words import FINITE

_NUMBER = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety)(?:-\w+)?)"
)
_NAMED = r"[A-Z0-9][\w'’.@+-]*"
_ABOUT = (
    r"(?:(?:about|around|only|just|nearly|almost|roughly|at least|over|still|mostly|usually) )*"
)
_DAYS = "|".join((*MONTHS, *WEEKDAYS))
#: How a sure answer looks to what is wanted, in lower case but for names.
_FITS = {
    wants: re.compile(pattern)
    for wants, pattern in {
        Wants.PLACE: r"(?:(?i:still|just|over|up|down|out|back) )*(?i:in|at|near|by|on|above|"
        r"outside|"
        r"with|next to|close to|not far from|behind|opposite) \S.*|"
        rf"(?i:{_NUMBER}|a few|an?) (?:\w+ )?(?:minutes?|miles?|km|streets?|blocks?|hours?|"
        r"doors?|stops?) (?:away|from|down|up).*",
        Wants.OFTEN: rf"(?i:{_ABOUT}(?:every|each|once|twice|{_NUMBER} (?:times|days|nights|"
        rf"evenings|"
        rf"mornings|hours)|most|daily|weekly|monthly|never|rarely|(?:on )?(?:{_DAYS})s?)\b.*)",
        Wants.AGE: rf"(?i:{_ABOUT}{_NUMBER}(?: (?:and a half|years?|months?|weeks?))*(?: old)?)$",
        Wants.AMOUNT: rf"(?i:{_ABOUT})[$€£]?(?i:{_NUMBER})k?\b.*",
        Wants.COUNTED: rf"(?i:{_ABOUT}(?:an?|{_NUMBER})\b.*)",
        Wants.PERSON: r"(?i:my|our|an?|the) [a-z].*|[A-Z][a-z]+\b.*",
        Wants.THING: r".+",
        Wants.TIME: rf"(?i:(?:on|in|at|since|until) (?:the |about )?[\w].*|(?:last|next|this)"
        rf" \w.*|the "
        rf"\d.*|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_DAYS}).*|(?:{_DAYS})\b.*)",
        Wants.MEANS: r"(?i:by|on) (?:the |my |an? )?[a-z]+.*",
        Wants.NAME: rf"{_NAMED}(?: [\w'-]+){{0,4}}$",
        Wants.JOB: r"[Aa]n? [a-z][\w -]+$",
    }.items()
}
#: Behind these begins another clause, which says something of its own.
_ON = re.compile(
    r"\s*(?:[;!]|:(?= )| [-–—]+ |, (?=(?i:i|i'm|we|he|she|it|it's|they|that|that's|there|but|so|"
    r"because|"
    r"and|which|though|actually|why|haha|lol|imagine|did|can|thank|if|when|for now)\b))"
)
_LONGEST = 12
#: What begins so, or has one of these, is no bare answer.
_NO_THING = re.compile(
    r"(?i:yes|yeah|yep|no|nope|not|nothing|none|never|well|maybe|perhaps|dunno|ask|good|great|fine|"
    r"bad|ok|okay|sure|thanks|thank|oh|ah|haha|lol|um|hmm|same|what|why|how|who|who's|whatever|"
    r"depends|everything|anything|something|nobody|lots|loads|too|so|very|just|don't|sorry|stop|"
    r"guess|hard|hardly|i|he|she|it|it's|we|they|you|that|that's|this|there|if|when|because|to|"
    r"wait|let|let's|come|god|in|at|on|by|with|for|of course|hey|hi|ha)\b"
)
_PRONOUN = re.compile(
    r"\b(?:I|you|he|she|it|we|they|that|this|these|those|them|there|here)\b", re.I
)
_FILLED = re.compile(
    r",? (?:mostly|mainly|usually|please|i think|obviously|of course|really)$", re.I
)


def answered(question: str, answer: str) -> tuple[str, int] | None:
    """Question and answer as one statement of who answers, and where the answer ends.

    None where that is not sure.
    """
    asked = asked_for(question)
    if asked is None:
        return None
    cut = _ON.search(answer)
    end = cut.start() if cut else len(answer)
    plain = _FILLED.sub("", answer[:end].strip().rstrip(".!,"))
    if not plain or len(plain.split()) > _LONGEST or not _FITS[asked.wants].match(plain):
        return None
    if _PRONOUN.search(plain) or (
        asked.wants in {Wants.THING, Wants.PERSON} and not _is_bare(plain)
    ):
        return None
    if asked.wants is Wants.AGE and plain.endswith(("s", "h")):
        plain += " old"
    statement = asked.told.format(a=_inside(plain))
    return f"{statement[:1].upper()}{statement[1:]}.", cut.end() if cut else len(answer)


def _is_bare(plain: str) -> bool:
    """Whether it names something, and says nothing of it."""
    if _NO_THING.match(plain):
        return False
    spoken = plain.split()
    return not any(w in FINITE or re.search(r"n['’]t$", w) for w in spoken) and not (
        spoken[0].endswith(("ed", "ly"))
    )


_YES = re.compile(
    r"\s*(?:(?:oh|ha|haha|well|god|um)[,!.]? )*(?:yes|yeah|yep|yup|yea|sure|of course|absolutely|"
    r"definitely|certainly|indeed|still do|still am|(?:i|we|he|she|they|[a-z]+)"
    r" (?:still )?(?:do|does|"
    r"am|are|is)(?=\s*[.,!]|\s*$))(?! (?:but|and no)\b)"
    r"(?=\s*(?:[.!;]|$|,(?! (?:but|not|though|well|sort|kind|i think|i guess|until|only|if|when|no|"
    r"in a way|almost|nearly|soon))))",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\s*(?:(?:oh|ha|haha|hah|well|actually|sadly|god|um)[,!.]? )*(?:no|nope|nah|not any ?more|"
    r"not (?P<since>since [\w ]{3,40}))(?=\s*[,.!;-])",
    re.IGNORECASE,
)
_PLAINLY_NO = re.compile(
    r"\s*(?:no|nope|nah)(?:, (?:i|he|she|they|we) (?:don't|doesn't|isn't|aren't|'m not)"
    r")?\s*(?:[.!]|$)|"
    r"\s*(?:i|he|she|they|we) (?:don't|doesn't|isn't|aren't|am not|can't)\s*(?:[.!]|$)",
    re.IGNORECASE,
)
_WENT = re.compile(
    r"\bI (?:left|quit|stopped|finished|gave (?:it|that) up|moved out)"
    r" (?P<when>(?:in|on|last|back in) [\w ]{3,20}?)(?=\s*(?:$|[.,!;]| and\b))",
    re.IGNORECASE,
)
#: It says itself what is over.
_TELLS = re.compile(
    r"\b(?:sold|any ?more|any longer|no longer|gave up|given up|switched|instead|"
    r"cancell?ed|got rid|quit (?!in\b|last\b))\b", re.IGNORECASE,
)  # fmt: skip


def went(sentence: str) -> bool:
    """ "I left in August": what, is in the question."""
    return _WENT.match(sentence.strip()) is not None


def confirmed(question: str, answer: str) -> str | None:
    """What was asked to be so, and is; None where the answer is no "yes"."""
    asked = whether(question)
    return _sentence(asked.affirmed()) if asked and _YES.match(answer) else None


_YOUR_KIN = re.compile(rf"\b[Yy]our {POSSESSED}(?! [A-Z])")
_ECHOED = re.compile(r"(?P<name>[A-Z][a-z]+)\?")


def kin_named(question: str, answer: str) -> str | None:
    """ "How's your brother?" "Rory?": what the one is called who is asked about."""
    kin, echoed = _YOUR_KIN.findall(question), _ECHOED.match(answer.strip())
    return f"My {kin[0]} is called {echoed['name']}." if len(kin) == 1 and echoed else None


def no_longer(question: str, answer: str) -> str | None:
    """What ended, or is not so, of which it was asked; None where the answer is no "no"."""
    asked, denied = whether(question), _NO.match(answer)
    if asked is None:
        return None
    if not asked.still:
        return _sentence(asked.denied()) if _PLAINLY_NO.match(answer) else None
    if denied is None or _TELLS.search(answer[:120]):
        return None
    left = _WENT.search(answer[:120])
    when = f" since {left['when'].split(' ', 1)[1]}" if left else ""
    since = f" {denied['since']}" if denied["since"] else when
    return _sentence(asked.over(since))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _inside(answer: str) -> str:
    """As it is written inside a sentence."""
    first = answer.split()[0]
    small = first.lower() in _SMALL or _SEVERAL.fullmatch(first) is not None
    return f"{answer[:1].lower()}{answer[1:]}" if small else answer


#: "Boats", and not a name as "Hughes's".
_SEVERAL = re.compile(r"[A-Z][a-z]{2,}(?<![aeious]s)s")
_SMALL = words(
    """
    in near at for a an the on by my our with above outside behind opposite next close not every
    each once twice two three four five six seven eight nine ten eleven twelve most daily weekly
    monthly never rarely about around only just nearly almost since last this
    """
)
