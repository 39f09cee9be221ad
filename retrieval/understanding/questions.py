"""Tells what kind of question is asked, and what kind of thing would answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.understanding.records import Answer, Question
from retrieval.understanding.words import AUXILIARIES, EMPTY_WORDS, FINITE, IRREGULAR_PAST

#: What is said before the question itself.
_LEAD = re.compile(
    r"\s*(?:(?:hey|hi|hello|ok|okay|so|well|and|but|also|please|by the way|now|then|actually|"
    r"sorry)\b[\s,:–-]+"
    r"|(?:can|could|would|will) you (?:please )?"
    r"(?:(?:tell|remind|show|help) me\b,?(?: again)?\s*|(?!remember|recall))"
    r"|(?:do|can|did) (?:you|i) (?:still )?(?:know|remember|recall)\s+"
    r"(?=(?:what|when|where|who|why|how|which|if|whether)\b)"
    r"|(?:please )?(?:tell|remind) me (?:again )?"
    r"(?=(?:what|when|where|who|why|how|which|if)\b)|i (?:want|would like|'d like) to know\s+)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?P<how_many>how\s+(?:many|much)|number\s+of\s+(?=[a-z]+s\b)|how\s+often|how\s+frequently)\b"
    r"|\b(?P<ago>how\s+long\s+ago|how\s+recently|since\s+when|until\s+when)\b"
    r"|\b(?P<how_long>how\s+long)\b"
    r"|\b(?P<measure>how\s+(?:old|far|tall|big|large|heavy|high|fast|deep|late|early))\b"
    r"|\b(?P<why>why|how\s+come|what\s+for|(?:what|which)\s+(?:was\s+|is\s+)?(?:the\s+)?(?:main\s+)?reasons?"
    r"|what\s+(?:made|motivated|inspired|prompted|led|drove|caused))\b"
    r"|\b(?P<when>when|(?:what|which)\s+(?:(?:exact|specific|other)\s+)?"
    r"(?:date|day|month|year|time|season|week|weekday|weekend|hour)\b(?!\s+of\s+activit))\b"
    r"|\b(?P<where>where(?!as))\b"
    r"|\b(?P<who>who(?:se|m)?)\b(?!')|\b(?P<who_s>who's)\b"
    r"|\b(?P<how>how)\b(?!\s+about)"
    r"|\b(?P<what>what(?:'s)?|which)\b(?!\s+about)",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"(?:what|which)\s+(?:(?:are|were)\s+(?:some|all|the)\s+(?:of\s+)?)?(?P<noun>(?:[\w'-]+\s+){0,5}?[\w-]+)"
    r"(?=\s*[?.,]|\s*$|\s+(?:"
    + "|".join(sorted(AUXILIARIES, key=len, reverse=True))
    + r"|in|on|at|for|from|"
    r"by|with|about|of|that|who|to|from|[a-z]+ed|made|gave|led|helped|got|came|went|took)\b)",
    re.IGNORECASE,
)
_ARE = re.compile(r"(?:what|which|who)(?:'re|\s+(?:are|were))\b", re.IGNORECASE)
_SOME = re.compile(
    r"(?:list|name)\s+(?:all|every|some|the|my|\w+'s)?\b|(?:what|which|who)\s+all\b|what\s+else\b|"
    r"what\s+are\s+(?:all\s+)?(?:the\s+)?(?:\w+\s+){0,3}\w+s\b|(?:give|show)\s+me\s+(?:a\s+)?(?:list|all)\b",
    re.IGNORECASE,
)
_PREFERS = re.compile(
    r"\bfavou?rites?\b|\bprefer(?:s|red|ence|ences)?\b|\brather\b|\bopinions?\b|\btastes?\s+in\b|"
    r"\b(?:do|does|did|would|might)\b.{1,40}\b(?:like|love|enjoy|hate|dislike|mind|fancy)\b(?!\s+to\s+know)|"
    r"\bwould\b.{1,40}\bbe\s+(?:interested|open|happy|willing|keen)\b|"
    r"\bthinks?\s+(?:of|about)\b|\bfeels?\s+about\b|\b(?:recommend|suggest)\b.{0,20}\b(?:me|i|for)\b|"
    r"\bshould\s+i\b|\b(?:can|could)\s+you\s+(?:recommend|suggest)\b|\bany\s+(?:recommendations|"
    r"suggestions|tips|ideas|advice)\b",
    re.IGNORECASE,
)
_RECENT = re.compile(
    r"\brecent(?:ly)?\b|\blately\b|\bthese\s+days\b|\bnowadays\b|\bcurrent(?:ly)?\b|\b(?:right\s+)?now\b|"
    r"\bat\s+the\s+moment\b|\bmost\s+recent\b|\blatest\b(?!\s+version)|\bnewest\b|"
    r"\b(?:what's|what\s+is|anything|something)\s+new\b|\bbeen\s+up\s+to\b|"
    r"\bam\s+i\s+(?:\w+ing)\b|\bso\s+far\b",
    re.IGNORECASE,
)
_AUXILIARY_FIRST = re.compile(
    r"(?:" + "|".join(sorted(AUXILIARIES, key=len, reverse=True)) + r")\b(?!-)", re.IGNORECASE
)
_REQUEST = re.compile(
    r"(?:tell|remind|show|give|describe|explain|summari[sz]e|list|name|find|compare|recall|search|"
    r"share|outline|pull|look|help|recommend|suggest)\b",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"(?:(?:is\s+there\s+)?any(?:thing)?\s+(?:new|else|updates?|news|thoughts?|more)|what's\s+(?:up|new)|"
    r"what\s+is\s+(?:up|new)|tell\s+me\s+more|go\s+on|more|(?:any\s+)?thoughts|what\s+do\s+you\s+"
    r"(?:know|think|remember)|remember|continue|how\s+(?:are\s+things|is\s+it\s+going))\W*$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:i|we|i'm|i've|we're|we've)\s+[a-z']+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_NOT_PLURAL = frozenset(
    [
        "news",
        "series",
        "species",
        "this",
        "his",
        "its",
        "yes",
        "plus",
        "bus",
        "gas",
        "lens",
        "always",
        "christmas",
        "physics",
        "mathematics",
        "politics",
        "focus",
        "status",
        "process",
        "business",
        "address",
        "class",
        "dress",
        "glass",
        "boss",
        "access",
        "progress",
        "success",
        "fitness",
        "illness",
        "wellness",
        "happiness",
        "tennis",
        "chess",
        "virus",
        "campus",
        "bonus",
        "canvas",
        "analysis",
        "basis",
        "is",
        "was",
        "has",
        "does",
        "was",
    ]
)
_PLURALS = frozenset(
    ["people", "children", "men", "women", "kids", "feet", "teeth", "mice", "friends"]
)
_PLACES = frozenset(
    [
        "city",
        "town",
        "country",
        "place",
        "state",
        "location",
        "restaurant",
        "venue",
        "store",
        "shop",
        "street",
        "village",
        "region",
        "area",
        "island",
        "park",
        "cafe",
        "café",
        "hotel",
        "museum",
        "beach",
        "continent",
        "address",
        "neighborhood",
        "neighbourhood",
        "establishment",
        "hometown",
        "school",
        "university",
        "bar",
        "district",
        "county",
    ]
)
_PEOPLE = frozenset(
    [
        "person",
        "people",
        "friend",
        "colleague",
        "teammate",
        "relative",
        "brother",
        "sister",
        "author",
        "artist",
        "actor",
        "singer",
        "musician",
        "doctor",
        "teacher",
        "student",
        "child",
        "collaborator",
        "neighbor",
        "neighbour",
        "man",
        "woman",
        "guy",
        "girl",
        "boy",
        "coworker",
        "mentor",
        "character",
        "member",
        "player",
        "kid",
        "roommate",
        "cousin",
    ]
)
_AMOUNTS = frozenset(
    [
        "age",
        "number",
        "price",
        "cost",
        "amount",
        "score",
        "percentage",
        "size",
        "salary",
        "budget",
        "quantity",
        "total",
        "height",
        "weight",
        "distance",
        "temperature",
        "rate",
        "count",
    ]
)
_DATES = frozenset(
    ["date", "day", "month", "year", "time", "season", "week", "weekday", "weekend", "birthday"]
)
#: A question of so few words of content, and nothing to hold on to, says little.
_LITTLE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What is asked, and what would answer."""

    question: Question
    answer: Answer


def kind_of_foreign(text: str) -> Kind:
    """The kind of a question in a language the rules do not know."""
    question = Question.FACT if text.strip() else Question.VAGUE
    return Kind(question=question, answer=Answer.ANY)


def kind_of(text: str, *, held: bool, timed: bool) -> Kind:
    """The kind of a question; apostrophes must be straight.

    `held` tells that it holds a name, a number or a quotation, `timed` that it names a time.
    """
    said = text.strip()
    if not said or _SMALL_TALK.match(said):
        return Kind(question=Question.VAGUE, answer=Answer.ANY)
    said = _without_lead(_last_question(said))
    kind = _asked(said)
    if kind is None:
        return _not_asked(said, held=held, timed=timed)
    if kind.question in {Question.FACT, Question.LIST, Question.YES_NO, Question.HOW}:
        return _leaning(said, kind, timed=timed)
    return kind


def _last_question(said: str) -> str:
    """The sentence that asks, of several."""
    if not said.endswith("?"):
        return said
    sentences = _SENTENCE_END.split(said)
    asking = [sentence for sentence in sentences if sentence.endswith("?")]
    return asking[0] if asking and len(asking[0].split()) > 1 else said


_SENTENCE_END = re.compile(
    r"(?<=[\w)\"][.?!])(?<!\b[A-Z].)(?<!Dr.)(?<!Mr.)(?<!Ms.)(?<!rs.)\s+(?=[A-Z])"
)


def _without_lead(said: str) -> str:
    rest = said
    while (match := _LEAD.match(rest)) and match.end() < len(rest):
        rest = rest[match.end() :]
    return rest


def _asked(said: str) -> Kind | None:
    """By the question word; an auxiliary in front of all asks for yes or no."""
    match = _question_word(said)
    first = _AUXILIARY_FIRST.match(said)
    if _WHETHER.match(said) or (first and (match is None or match.start() > 0)):
        return Kind(question=Question.YES_NO, answer=Answer.ANY)
    if _SOME.match(said):
        return Kind(question=Question.LIST, answer=_by_noun(_last_noun(said)))
    if match is None or not (_leads(said, match) or said.rstrip().endswith("?")):
        return None
    group = match.lastgroup or ""
    if group in {"what", "who", "who_s"}:
        return _what(said[match.start() :], group)
    return _KINDS[group]


_WHETHER = re.compile(r"(?:if|whether)\b.*\?$", re.IGNORECASE | re.DOTALL)


def _question_word(said: str) -> re.Match[str] | None:
    """The first that asks; "when I came home" and "where we live" only tell of which."""
    only: re.Match[str] | None = None
    for match in _ASKS.finditer(said):
        only = only or match
        if match.lastgroup not in {"when", "where", "why", "how", "who"}:
            return match
        following = _WORD.match(said, match.end() + 1)
        asks = following is None or following[0].lower() in AUXILIARIES
        if asks or (match.start() == 0 and match.lastgroup == "who"):
            return match
    # "Remind me where I left it": it stands where a question begins, and alone.
    return only if only is not None and (only.start() == 0 or said.endswith("?")) else None


def _leads(said: str, match: re.Match[str]) -> bool:
    """Whether the question word opens the clause, at most a preposition before it."""
    before = said[: match.start()].rstrip()
    return not before or before.endswith((",", ":", "-")) or len(before.split()) == 1


_KINDS = {
    "how_many": Kind(question=Question.COUNT, answer=Answer.NUMBER),
    "ago": Kind(question=Question.WHEN, answer=Answer.DATE),
    "how_long": Kind(question=Question.DURATION, answer=Answer.NUMBER),
    "measure": Kind(question=Question.FACT, answer=Answer.NUMBER),
    "why": Kind(question=Question.WHY, answer=Answer.ANY),
    "when": Kind(question=Question.WHEN, answer=Answer.DATE),
    "where": Kind(question=Question.WHERE, answer=Answer.PLACE),
    "how": Kind(question=Question.HOW, answer=Answer.ANY),
}


_WHICH_OF = re.compile(
    r"which\s+(?P<one>one\s+)?of\s+(?:my|our|the|your|his|her|their|these|those|[\w.-]+'s?)\s+"
    r"(?:\w+\s+)?(?P<noun>\w+s)\b",
    re.IGNORECASE,
)


def _what(said: str, group: str) -> Kind:
    if group != "what":
        plural = bool(_ARE.match(said))
        return Kind(question=Question.LIST if plural else Question.WHO, answer=Answer.PERSON)
    if of := _WHICH_OF.match(said):
        return _of_noun(of["noun"].lower(), plural=not of["one"])
    head = _HEAD.match(said)
    noun = _last_noun(head["noun"]) if head else ""
    several = _plural(noun, said) if noun else None
    if several is not None:
        return _of_noun(noun, plural=several)
    if _ARE.match(said):
        plural_head = any(_is_plural(word) for word in _WORD.findall(said.lower())[2:8])
        question = Question.LIST if plural_head else Question.FACT
        return Kind(question=question, answer=Answer.THING)
    answer = _by_noun(_asked_noun(said)) if re.match(r"what(?:'s| is| was)\b", said, re.I) else None
    if answer is Answer.DATE:
        return Kind(question=Question.WHEN, answer=answer)
    return Kind(question=Question.FACT, answer=answer or Answer.THING)


def _of_noun(noun: str, *, plural: bool) -> Kind:
    answer = _by_noun(noun)
    if plural:
        return Kind(question=Question.LIST, answer=answer)
    question = {
        Answer.PLACE: Question.WHERE,
        Answer.PERSON: Question.WHO,
        Answer.DATE: Question.WHEN,
    }.get(answer, Question.FACT)
    return Kind(question=question, answer=answer)


def _asked_noun(said: str) -> str:
    """The noun of "what is Oskar's job", "what was the name of the city"."""
    words = _WORD.findall(re.split(r"\b(?:of|in|at|on|for|that|which|who|with|to)\b", said)[0])
    return words[-1].lower() if len(words) > 1 else ""


def _last_noun(words: str) -> str:
    found = _WORD.findall(words)
    return found[-1].lower() if found else ""


def _plural(noun: str, said: str) -> bool | None:
    """Whether the noun behind "which" is in the plural; None if it is no noun."""
    words = _WORD.findall(said.lower())
    if noun in AUXILIARIES or (len(words) > 1 and words[1] in AUXILIARIES):
        return None
    return _is_plural(noun) or (noun in {"kind", "type", "sort"} and _of_many(said))


_KIND_OF = re.compile(r"(?:kind|type|sort)\s+of\s+(?:[\w'-]+\s+){0,2}?(\w+)\s", re.IGNORECASE)


def _of_many(said: str) -> bool:
    match = _KIND_OF.search(said)
    return bool(match and _is_plural(match[1].lower()))


def _is_plural(noun: str) -> bool:
    return noun in _PLURALS or (
        len(noun) > 3
        and noun.endswith("s")
        and not noun.endswith(("ss", "us", "is", "'s"))
        and noun not in _NOT_PLURAL
    )


def _by_noun(noun: str) -> Answer:
    forms = {noun, noun.removesuffix("s"), noun.removesuffix("ies") + "y"}
    for nouns, answer in (
        (_PLACES, Answer.PLACE),
        (_PEOPLE, Answer.PERSON),
        (_DATES, Answer.DATE),
        (_AMOUNTS, Answer.NUMBER),
    ):
        if forms & nouns:
            return answer
    return Answer.THING


def _leaning(said: str, kind: Kind, *, timed: bool) -> Kind:
    """Questions for what somebody likes, or what is so of late, whatever words ask them."""
    answer = kind.answer
    if kind.question is not Question.LIST and _PREFERS.search(said):
        return Kind(question=Question.PREFERENCE, answer=answer)
    if not timed and kind.question is not Question.HOW and _RECENT.search(said):
        return Kind(question=Question.RECENCY, answer=answer)
    return kind


def _not_asked(said: str, *, held: bool, timed: bool) -> Kind:
    """A request, a statement, or words to look up."""
    if _REQUEST.match(said) or said.rstrip().endswith("?"):
        return _leaning(said, Kind(question=Question.FACT, answer=Answer.ANY), timed=timed)
    if _states(said):
        return Kind(question=Question.STATEMENT, answer=Answer.ANY)
    content = [w for w in _WORD.findall(said.lower()) if w not in EMPTY_WORDS]
    if len(content) <= _LITTLE and not held and not timed:
        return Kind(question=Question.VAGUE, answer=Answer.ANY)
    return _leaning(said, Kind(question=Question.FACT, answer=Answer.ANY), timed=timed)


_IS = frozenset({"it's", "she's", "he's", "that's", "there's"})


def _states(said: str) -> bool:
    if _PERSONAL.search(said):
        return True
    words = _WORD.findall(said)[1:8]
    return any(w in FINITE or w in IRREGULAR_PAST or w.lower() in _IS for w in words[:4]) and (
        len(words) > 1
    )
