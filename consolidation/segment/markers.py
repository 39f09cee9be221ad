"""Words at the start of a turn that say where a subject, or a whole talk, begins or ends."""

from __future__ import annotations

import re

_TOPIC = re.compile(
    r"""\W*(?:(?:oh|ok|okay|so|well|and|but|um|hm+|ah|right|alright|yeah)\b[\s,.!-]+)?(?:
        (?:any(?:way|ways|how|hoo)|moving\ on|changing\ (?:the\ )?(?:subject|topics?)
        |by\ the\ way|btw|in\ other\ news|completely\ unrelated|unrelated(?:ly)?|speaking\ of
        |talking\ of|while\ (?:i|we)(?:'ve)?\ (?:remember|have\ you|got\ you)
        |before\ i\ forget|that\ reminds\ me|new\ (?:topic|subject|question)
        |(?:next|another|different|separate)\ (?:topic|subject)|one\ (?:more|other|last)\ thing
        |to\ change\ the\ (?:subject|topic)|switching\ (?:topics?|gears)|off[\s-]topic
        |(?:let's|let\ us|can\ we)\ (?:talk\ about\ something\ else|change\ the\ subject|move\ on)
        |on\ (?:an?other|a\ different|a\ (?:side|separate|related|happier|lighter))\ (?:note|topic)
        )\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_GREETING = re.compile(
    r"""\W*(?:(?:hi|hey|hello|hiya|heya|howdy|greetings|yo)\b(?!\s+that\b)
        |good\ (?:morning|afternoon|evening)\b|long\ time\ no\ (?:see|talk)\b|welcome\ back\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_FAREWELL = re.compile(
    r"""\W*(?:(?:ok|okay|alright|well|anyway|thanks|thank\ you|cool|great|you\ too|same)\W+)?
        (?:(?:good)?bye\b|good\ ?night\b|see\ (?:you|ya|u)\b|cya\b|later\W*$|ttyl\b|farewell\b
        |(?:talk|speak)\ (?:to\ you\ )?(?:soon|later|tomorrow)\b|take\ care\b|so\ long\W*$
        |have\ a\ (?:good|great|nice|lovely)\ (?:one|day|evening|night|weekend|trip)\b
        |catch\ (?:you|up)\ (?:soon|later)\b|gotta\ (?:go|run)\b|until\ next\ time\b)""",
    re.IGNORECASE | re.VERBOSE,
)


def turns_topic(text: str) -> bool:
    """Whether the turn says that it turns to something else."""
    return _TOPIC.match(text) is not None and not is_farewell(text)


def is_greeting(text: str) -> bool:
    """Whether the turn opens a talk."""
    return _GREETING.match(text) is not None


def is_farewell(text: str) -> bool:
    """Whether the turn closes a talk."""
    return _FAREWELL.match(text) is not None
