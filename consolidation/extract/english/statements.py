"""Tells sentences that state something about a person or the world from all the other talk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english.hypotheses import is_hypothetical
from consolidation.extract.english.verbs import FORMS
from retrieval.understanding.dates import leading_expression
from retrieval.understanding.words import (
    ADVERBS,
    AFTER_NAMES,
    COMMON_VERBS,
    EMPTY_WORDS,
    EVALUATIVE,
    FINITE,
    NOT_NAMES,
    PLURAL_VERBS,
)

MIN_WORDS, MAX_WORDS = 3, 60


class Subject(StrEnum):
    """What the grammatical subject of a sentence is."""

    SPEAKER = "speaker"
    GROUP = "group"
    NAME = "name"
    THING = "thing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A sentence that states something, and about whom."""

    subject: Subject
    name: str | None = None
    opinion: bool = False


_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_LETTERS = re.compile(r"[A-Za-z]")
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z0-9]")
_TELLS_NUMBER = re.compile(
    r"(?:I'm|I am|I (?:make|earn|pay|weigh)|[Mm]y (?:\w+ ){1,4}(?:is|was)|"
    r"[A-Z]\w+ is) (?:now )?[$€£]?[\d+]"
)
_QUESTION = re.compile(
    r"\?[\s\W]*$|^(?:do|does|did|are|is|was|were|can|could|would|will|have|has|how|why|"
    r"what(?! an?\b)|who|whose|where|when did|when do|when will|which)\b(?!.*,\s+I\b)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:thanks|thank you|thx|hey|hi|hello|bye|goodbye|good (?:luck|morning|night|evening|to|for|"
    r"call|point|idea|job|one)|nice|cool|great|awesome|amazing|lovely|sweet|wow|congrats|"
    r"congratulations|sounds|looks|seems|glad|happy|excited|sorry|sure|of course|no (?:problem|"
    r"worries|doubt|way)|can't wait|talk (?:to|soon)|see you|take care|wishing|hope|hoping|so|such|"
    r"what an?|how|love (?:that|this|the|it|your)|loving|appreciate|welcome|absolutely|exactly|"
    r"totally|definitely|agreed|same here|me too|fair enough|got it|will do|my (?:pleasure|bad|god|"
    r"goodness)|oh my|cheers|haha|lol|speaking of|guess|that|these|those|this)\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"(?:let's|lets|let|please|don't|do not|never mind|check|take (?:a look|your|it|care|that)|"
    r"look(?! forward)|keep|remember|try|go (?:for|on|ahead|get)|have (?:a|fun|you)|enjoy|imagine|"
    r"tell|send|give|make sure|be|stay|come|call|ask|show|bring|put|get|use|add|write|read|"
    r"explain|describe|list|summari[sz]e|create|find|help|wait|stop|just|think|consider|cherish|"
    r"believe|trust|say|text|email|ping|pick|grab|follow|read|run|set|open|click|feel free|"
    r"congratulate|watch|listen)\b",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\b(?:you|your|yours|yourself|u|ur|ya|y'all)\b(?!-)", re.IGNORECASE)
_PRONOUN = re.compile(
    r"(?:it|its|he|she|they|them|his|her|their|this|that|these|those|there|here|everything|nothing|"
    r"something|anything|everyone|someone|anyone|nobody|everybody|who|what|which|whatever|one|"
    r"another|both|each|some|all|others)(?:'\w+)?\b",
    re.IGNORECASE,
)
_THERE = re.compile(r"there (?:is|are|was|were|will be)\b", re.IGNORECASE)
_SPEAKER = re.compile(
    r"(?:I|i(?='(?:m|ve|ll|d)\b)|i(?= [a-z])|Im|im|Ive|ive)(?![-/.])\b|my\b|mine\b|me and\b|"
    r"(?:one|some|both|all|most|none|two|three|a couple|a few|each) of my\b|"
    r"(?:the |a )?[\w'-]+ and I\b",
    re.IGNORECASE,
)
_GROUP = re.compile(r"(?:we|our|us)\b", re.IGNORECASE)
_WE_ALL = re.compile(
    r"(?:we|our [\w ]{,30}?) (?:all|both|can|could|should|must|need|have to|got (?:this|to)|never "
    r"know)\b|let us\b",
    re.IGNORECASE,
)
# Talk about the talk: agreeing, supposing, thanking, waiting.
_TALK = re.compile(
    r"I(?:'m| am|'ll|'ve| will| have| can| can't| do| did)?(?: (?:also|really|totally|so|just|100%|"
    r"completely|fully|definitely|absolutely|only|truly|still|always|not|never|don't))*"
    r" (?:agree|guess|see|hear you|mean|bet|get (?:it|that|you)|know\b(?! [A-Z])|imagine|relate|"
    r"suppose|understand|appreciate|wonder|hope (?!to\b)|wait\b|wish|couldn't|could(?:n't)?|"
    r"here for|rooting|sure\b|all ears|promise|swear|doubt|look forward|looking forward to (?:it|"
    r"hearing|seeing|that)|kidding|joking|off (?:to|now)|do(?:ing)? my best|"
    r"getting there|won't forget|don't know what to|said (?:yes|no|so|that)\b|had no idea|"
    r"(?:happy|glad|sorry|pleased|thrilled) (?:to (?:hear|see|"
    r"know|help)|that|about that|for (?!my)|it))",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"I (?:(?:really|still|also|just|honestly|do|don't|always) )*(?:think|believe|"
    r"feel (?:like|that)|find|reckon|figure)(?: that)?\s+(?!(?:about|of|in)\b)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_I = re.compile(r"[\"“][^\"“”]*\b(?:I|I'm|my|me)\b[^\"“”]*[\"”]")
# Somebody's opinion of something, not what is so.
_REPORTED = re.compile(
    r"(?!I\b)(?:[\w'’.-]+,? ){1,6}?(?:says|said|claims|claimed|thinks|thought|reckons|insists|"
    r"swears|believes|told (?:me|us)|warned (?:me|us)|keeps saying) (?:that )?"
    r"(?:I|I'm|you|he|she|it|it's|we|they|the|my|his|her|our|an?|everyone|everybody|this|there|"
    r"[a-z]+ing|[A-Z]\w+|so)\b"
)
# "I didn't, after a bit": what, is in another sentence.
_ELLIPSIS = re.compile(
    r"(?:I|we|[A-Z]\w+(?:['’]s \w+)?|[Mm]y [a-z]+) (?:(?:is|are|did|do|does|can|could|was|have|has|"
    r"had|would|should)(?:n['’]t)?|can['’]t|won['’]t|will|am)\b\W*(?:,.*)?$"
)
_FEELING_ALONE = re.compile(
    r"(?:I|we|[A-Z]\w+|[Mm]y [a-z]+)(?:'m|'s|'re| am| is| are| was| were| feel| feels| felt|"
    r"'ve been)"
    r"(?: (?:not|so|really|very|super|just|also|too|pretty|still|already|all|a|bit|tiny|little|"
    r"quite|"
    r"almost))* (?:full|thrilled|jealous|sick|pleased|delighted|tired|exhausted|hungry|thirsty|"
    r"cold|"
    r"hot|warm|awake|home|done|curious|confused|impressed|shocked|nervous|scared|bored|stuffed|"
    r"late|"
    r"early|lost|relieved|furious|devastated|okay|alright|serious|joking|crying|laughing|smiling|"
    r"listening|waiting|coming|helping|trying|learning|thinking|packed|ready)"
    r"(?: (?:now|again|already|today|though))*\W*$"
)
_PROPER = re.compile(r"(?<=[\w,'] )[A-Z][a-z]\w+|\d|\b[A-Z]{2,}\b")
_LINKED = re.compile(r"\b(?:my|me|mine|I|I'm|I've)\b")
# What was made, bought or lost is in another sentence: "I made it in my class".
_OBJECT_ELSEWHERE = re.compile(
    rf"(?:I|we|[A-Z]\w+|(?:an?|the|my) \w+)(?:'\w+)?(?: (?:{'|'.join(sorted(ADVERBS))}))*"
    r" \w+(?: up| out)? (?:it|them|him|her(?! \w)|(?:this|that)(?= (?:after|when|in|at|for|to|last|"
    r"yesterday)\b|\W*$))(?!\w)",
    re.IGNORECASE,
)
_MINE = re.compile(r"(?:mine|ours)\b", re.IGNORECASE)
_ONE_ELSEWHERE = re.compile(
    r"\b(?:has|have|had|got|bought|wants?|needs?|made|sold|did) (?:one|some|it|so|that)\W*$"
)
_FEELS = re.compile(
    r"I(?:'m| am| was| felt| feel|'ve been)(?: (?:so|really|very|super|just|truly|also|too|pretty|"
    r"still|always|such|a|the|feeling))* (?P<how>[\w-]+)",
    re.IGNORECASE,
)
_NOUN_ENDINGS = ("ing", "ery", "tion", "sion", "ness", "ment", "ity", "ics", "ism", "ship", "ance",
                 "ence", "ure", "ies", "hood")  # fmt: skip
_SUBORDINATE = re.compile(
    r"(?:when|whenever|after|before|while|since|because|although|though|once|as|at|in|on|during|"
    r"for|"
    r"with|by|from|due to|thanks to|despite)\b[^,]*,\s+",
    re.IGNORECASE,
)
_ADVERBIAL = re.compile(
    r"(?:recently|lately|finally|unfortunately|luckily|fortunately|sadly|currently|nowadays|"
    r"eventually|sometimes|usually|originally|previously|apparently|turns out(?: that)?|first|then|"
    r"afterwards?|meanwhile|these days|right now|now|today|all in all|in the end|in fact|of all "
    r"things|(?:every|each) (?:single )?(?:morning|evening|afternoon|night|day|week|weekend|month|"
    r"year|spring|summer|autumn|winter|\w+day)|for now|for years|growing up|as a (?:kid|"
    r"child))(?:,\s+|\s+(?=(?:I|my|we)\b))",
    re.IGNORECASE,
)


#: "At the moment I take …", "every other Sunday we cook …".
_FRONTED = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?,? (?=(?:I|we)\b)|(?:at|on|in|every|each|"
    r"most|some|during|with|for|by|right after|before|after)"
    r"(?! case\b| which\b| that\b)(?: (?!(?:I|we|you|if|when|that|who|which|is|are|was|were|has|"
    r"have|had)\b)[\w'-]+){1,4},? (?=(?:I|we|my|our)\b(?! (?:and|or)\b)))",
    re.IGNORECASE,
)
_FROM_THEN = re.compile(
    r"(?:back )?(?:from|since|as of|starting|in|on|by) (?:the )?(?:last |next |early |late |"
    r"end of )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December|\w+day|\d{4}|(?:spring|summer|autumn|fall|winter))"
    r"(?:,? (?:on the )?\d{1,4}(?:st|nd|rd|th)?)?(?: on)?,?\s+(?=(?:I|my|we|our)\b)",
    re.IGNORECASE,
)
#: "My boss, Mr Adler": nothing is said of him.
_BELONGS = re.compile(r"(?:my|mine|our)\b", re.IGNORECASE)
#: "The 14th is my mum's": of what, is in another sentence.
_NUMBERED = re.compile(
    r"The [$€£]?\d[\d,.]*(?:(?:st|nd|rd|th) (?:is|was) .*['’]s\W*$|(?: one)? (?:is|was)\b)"
)


def judge(sentence: str) -> Statement | str:
    """The statement a sentence makes, or the reason why it makes none."""
    words = _WORD.findall(sentence)
    if reason := _unreadable(sentence, words):
        return reason
    core = _core(sentence)
    if reason := _other_talk(core):
        return reason
    return _stated(core)


def _unreadable(sentence: str, words: list[str]) -> str | None:
    if len(words) < MIN_WORDS:
        return "too-short"
    if len(words) > MAX_WORDS:
        return "too-long"
    counted = _LETTERS_AND_DIGITS if _TELLS_NUMBER.match(sentence) else _LETTERS
    letters = len(counted.findall(sentence))
    plain = letters >= 0.6 * len(sentence.replace(" ", ""))
    return None if plain and len(max(words, key=len)) <= 40 else "not-prose"


def _core(sentence: str) -> str:
    """The sentence from its subject on, without what is said of time and circumstance before."""
    core = sentence
    for opener in (_FROM_THEN, _ADVERBIAL, _SUBORDINATE, _FRONTED):
        match = opener.match(core)
        if match and match.end() < len(core):
            core = core[match.end() :]
    return core[leading_expression(core) :].lstrip(" ,") or sentence


def _other_talk(core: str) -> str | None:
    if _QUESTION.search(core):
        return "question"
    if is_hypothetical(core):
        return "hypothetical"
    if _SECOND.search(core):
        return "second-person"
    if _FILLER.match(core) or _TALK.match(core):
        return "filler"
    if _IMPERATIVE.match(core):
        return "imperative"
    if (
        _MINE.match(core)
        or _OBJECT_ELSEWHERE.match(core)
        or _NUMBERED.match(core)
        or _ONE_ELSEWHERE.search(core)
    ):
        return "pronoun"
    if _QUOTED_I.search(core):
        return "quotation"
    if _ELLIPSIS.match(core) or _FEELING_ALONE.match(core):
        return "no-content"
    return "reported" if _REPORTED.match(core) else None


def _stated(core: str) -> Statement | str:
    if opinion := _OPINION.match(core):
        return _opinion(opinion["rest"])
    if _SPEAKER.match(core):
        if _BELONGS.match(core) and not _says_something(core):
            return "no-statement"
        return _if_content(core, Statement(subject=Subject.SPEAKER), enough=_enough(core))
    if _GROUP.match(core):
        if _WE_ALL.match(core):
            return "no-statement"
        return _if_content(core, Statement(subject=Subject.GROUP), enough=_enough_of_us(core))
    if _PRONOUN.match(core) and not (_THERE.match(core) and _PROPER.search(core)):
        return "pronoun"
    return _stated_of_others(core)


def _says_something(core: str) -> bool:
    words = re.findall(r"[A-Za-z]+(?:'[a-z]+)?", re.sub(r"\bto [a-z]+", "", core))[2:]
    return bool(re.match(r"\S+ \w+'s ", core)) or any(
        w in FINITE
        or w in FORMS
        or w in COMMON_VERBS
        or w == "I"
        or "'" in w
        or (w[0].islower() and w.endswith(("s", "ed")))
        for w in words
    )


def _opinion(rest: str) -> Statement | str:
    if _PRONOUN.match(rest) or _GROUP.match(rest):
        return "pronoun"
    return _if_content(rest, Statement(subject=Subject.SPEAKER, opinion=True), enough=2)


#: "I cycle these days": the verb says it all.
_HABIT = re.compile(
    r"[Ii] (?:now |still |also |only |just )*(?:cycle|swim|run|row|climb|drive|smoke|walk|ski|"
    r"paint|knit|sew|cook|bake|sing|dance|surf|sail|hike|box|garden|draw|jog)\b"
)


def _enough(core: str) -> int:
    # "I am vegan" and "I have asthma" need one word, "I love it" is one short; a feeling needs
    # its reason.
    if feeling := _FEELS.match(core):
        return 3 if feeling["how"].lower() in EVALUATIVE else 1
    if _HABIT.match(core):
        return 1
    return 1 if re.match(r"I(?:'m| am|'ve| have| was| had)\b|[Mm]y\b", core) else 2


def _enough_of_us(core: str) -> int:
    # "We're with Octopus": a name is enough.
    named = re.match(r"[Ww]e(?:'re| are|'ve got| have| use)\b.*[a-z] [A-Z]", core)
    return 1 if named else 2


def _if_content(core: str, statement: Statement, *, enough: int) -> Statement | str:
    return statement if content_words(core) >= enough else "no-content"


#: Directions and manners without anything that they belong to: "I drove past".
_VAGUE = frozenset({"past", "along", "around", "forward", "apart", "obviously", "somewhere",
                    "anyway", "eventually", "slowly", "quickly", "etc"})  # fmt: skip


def content_words(text: str) -> int:
    """How many words say something in particular."""
    words = (word.lower() for word in _WORD.findall(text))
    return sum(
        word not in _VAGUE and word not in EMPTY_WORDS and word not in EVALUATIVE for word in words
    )


def _stated_of_others(core: str) -> Statement | str:
    if not _has_finite_verb(core) or _has_no_subject(core):
        return "no-statement"
    name = _leading_name(core)
    if name is not None:
        statement = Statement(subject=Subject.NAME, name=name)
        return _if_content(core, statement, enough=1 + len(name.split()))
    if _PROPER.search(core) or _LINKED.search(core):
        return _if_content(core, Statement(subject=Subject.THING), enough=2)
    return "unspecific"


#: "Bert no longer snores", "Rory shares a house": what follows is a verb, whichever.
_ACTS = re.compile(
    r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)?(?: (?:no longer|never|hardly ever|always|now|also|still)"
    r" [a-z]+s\b|"
    r" (?!this|his|its)[a-z]{3,}(?<!s)s (?:an?|the|his|her|their|my|our)\b)"
)


def _acts(core: str) -> bool:
    return _ACTS.match(core) is not None and core.split()[0].lower() not in NOT_NAMES


def _has_finite_verb(core: str) -> bool:
    if _acts(core):
        return True
    words = re.findall(r"[A-Za-z]+(?:'t)?", core)[1:]
    return any(w in FINITE or (w.endswith("ed") and len(w) > 4) for w in words) or bool(
        re.match(r"[A-Z]\w+'s [a-z]", core)
    )


def _has_no_subject(core: str) -> bool:
    first, second = (*core.split(), "")[:2]
    word = first.lower()
    if word.endswith("ing"):  # "Painting helps me" but not "Seeing you all helps me"
        return second not in FINITE
    verb = word in FINITE or (word.endswith("ed") and len(word) > 4)
    return verb or word in ADVERBS or word in {"gonna", "wanna", "gotta"}


def _leading_name(core: str) -> str | None:
    match = re.match(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?: [A-Z][a-z]+)*", core)
    if match is None:
        return None
    words, rest = match[0].split(), core[match.end() :].split()
    if words[0].lower() in NOT_NAMES or len(words[0]) < 2 or not rest:
        return None
    if len(words) == 1 and (words[0].endswith(_NOUN_ENDINGS) or _reads_as_noun(words[0], rest)):
        return None
    return match[0]


def _reads_as_noun(word: str, rest: list[str]) -> bool:
    """Whether the first word of a sentence has its capital only for standing there."""
    follower = rest[0]
    if follower == "and":
        return not rest[1:2] or rest[1][0].islower()
    if word.endswith("s") and not word.endswith("ss") and follower in PLURAL_VERBS:
        return True
    return not (
        _acts(f"{word} {' '.join(rest)}")
        or follower in FINITE
        or follower in AFTER_NAMES
        or follower.endswith("ed")
    )
