"""Tells what kind of memory a statement makes, and whether it is of a state or an event."""

from __future__ import annotations

import re

from consolidation.extract.english.found import Found
from consolidation.extract.english.vocabulary import words
from consolidation.extract.protocol import Form
from retrieval.understanding.words import IRREGULAR_PAST

_PROFILE = words("""
    lives_in works_at has_job studies_at studies age birthday born_in from married_to partner
    relationship_status nationality name phone email diet native_language speaks allergic_to
    has_condition has_pet has_child has_sibling has_parent raised_in
    """)
_PREFERENCE = frozenset({"likes", "dislikes"})
_ADVERBS = r"(?:(?:really|also|just|still|always|absolutely|totally|usually|definitely|do|don't|" \
           r"mostly|personally|much|particularly|especially|truly) )*"  # fmt: skip
_PREFERS = re.compile(
    rf"(?:(?:I|my [a-z-]+|[A-Z][a-z]+) {_ADVERBS}(?:love|like|enjoy|adore|prefer|hate|dislike|"
    r"can't stand|can't bear)s?\b|I(?:'m| am) (?:(?:really|more|also|not|so|such|a|an|big|huge|"
    r"very)"
    r" )*(?:into|fan of|fond of|keen on|person who likes|obsessed with|partial to)\b|"
    r"my (?:[a-z-]+ )?favou?rite\b|.{1,40}\bis my (?:[a-z-]+ )?favou?rite\b|I(?:'d|"
    r" would) rather\b)",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"(?:in order )?to (?P<goal>(?!me\b|my\b|be\b)[a-z]+ [^,.?]{3,80}), (?:just |first |always |"
    r"simply |you (?:need"
    r" to |have to |should |can |must )?)*(?P<step>[a-z]+)\b",
    re.IGNORECASE,
)
_STEPS = words("""
    press hold click open run use set add mix turn push pull type enter select choose go put take
    remove unplug plug wait start stop call send write make let place pour heat boil stir bake cut
    check restart reboot install connect log sign fill clean wash dry close switch tap swipe dial
    ask find follow read keep drag copy paste save delete move insert scan print twist rinse soak
    """)
_RECURS = re.compile(
    r"\b(?:every|each) (?:single )?(?:day|morning|evening|afternoon|night|week\w*|month|"
    r"Mon\w+|Tue\w+|Wed\w+|Thu\w+|Fri\w+|Sat\w+|Sun\w+)\b|\b(?:whenever|before bed)\b"
    r"|\bon (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days\b|\b(?:morning|evening|bedtime) routine\b",
    re.IGNORECASE,
)
_IN_ORDER = re.compile(
    r"\b(?:first\b.*\bthen|and then|, then|then I|followed by|after that)\b", re.I
)
_STATES = re.compile(
    r"\b(?:am|is|are|has|have|'s|'re|'ve|'m|loves?|likes?|hates?|wants?|needs?|owns?|lives?|works?|"
    r"knows?|speaks?|plays?|prefers?|enjoys?|hopes?|feels?|means|costs?|keeps?|makes|helps)\b",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    rf"\b(?:{'|'.join(sorted(IRREGULAR_PAST - {'been', 'felt', 'kept', 'lay', 'laid'}))}|was|"
    "were|did|"
    r"(?!need|bed|red|hundred|indeed|speed|feed)[a-z]{2,}ed|put|quit|cut|beat)\b"
)
_STILL = re.compile(r"\b(?:married|allergic|named|called|retired|divorced|engaged|interested|"
                    r"tired|excited|used to|scared|worried|dedicated|based)\b")  # fmt: skip
_COMING = re.compile(r"\b(?:will|going to|gonna|tomorrow|next|booked|scheduled)\b|'ll\b")


def is_how_to(sentence: str) -> bool:
    """ "To reset the router, hold the button for ten seconds." """
    match = _HOW_TO.match(sentence)
    return match is not None and match["step"].lower() in _STEPS


def kind_of(sentence: str, main: Found | None) -> str:
    """`preference`, `profile`, `procedure` or, for what fits none of them, `fact`."""
    if is_how_to(sentence) or (_RECURS.search(sentence) and _IN_ORDER.search(sentence)):
        return "procedure"
    if main is None:
        return "preference" if _PREFERS.match(sentence) else "fact"
    predicate = main.claim.predicate
    if predicate in _PREFERENCE or predicate.startswith("favourite_"):
        return "preference"
    lasting = predicate in _PROFILE and not main.event
    if lasting:
        return "profile"
    return "preference" if _PREFERS.match(sentence) else "fact"


def form_of(sentence: str, main: Found | None, *, plan: bool) -> Form:
    """An event is told in the past, or planned for a time; all else is a state."""
    if main is not None:
        return Form.EVENT if main.event else main.claim.form
    if plan:
        return Form.EVENT if _COMING.search(sentence) else Form.STATE
    happened = _HAPPENED.search(_STILL.sub("", sentence))
    lasts = _STATES.search(sentence)
    if happened and (lasts is None or happened.start() <= lasts.start()):
        return Form.EVENT
    return Form.STATE
