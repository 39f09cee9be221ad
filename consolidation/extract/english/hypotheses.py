"""Tells what is supposed from what is so: "if I were", "that would cost", "I'd go mad"."""

from __future__ import annotations

import re

from consolidation.extract.english.verbs import ALL_FORMS, Inflection

_HYPOTHETICAL = re.compile(
    r"^(?:if|maybe|perhaps|suppose|supposing|unless|i wish|i'd be|hopefully)\b"
    r"|\bif (?:i|we|he|she|it|they) (?:were|was|had|could)\b|\b(?:could|should|would|might)(?:n't)?"
    r" have\b|\b(?:would|could|'d|will|'ll|might)\b[^.;]*\bif\b|\bif\b[^.;]*\b(?:would|could|'d)\b",
    re.IGNORECASE,
)
_WOULD = re.compile(
    r"(?!I\b|we\b)[^,;]{1,40}(?:,[^,]{1,30},)? would(?:n't)? (?!like\b|love\b|rather\b|prefer\b|"
    r"be\b)",
    re.IGNORECASE,
)
#: "I'd go mad", but "I'd like to", "I'd rather", "I'd moved out by then".
_I_WOULD = re.compile(
    r"(?:I|[Ww]e|[Mm]y [a-z]+|[A-Z][a-z]+)(?: would(?:n['’]t)?|['’]d)(?: (?:never|not|just|"
    r"always|probably|"
    r"definitely|happily))? (?!like\b|love\b|rather\b|prefer\b|better\b|be\b|(?<=['’]d )"
    r"\w+(?:ed|en)\b)"
    r"(?P<verb>[a-z]+)"
)


def is_hypothetical(core: str) -> bool:
    """Whether a sentence, from its subject on, tells what might be."""
    return bool(_HYPOTHETICAL.search(core) or _WOULD.match(core)) or _would(core)


def _would(core: str) -> bool:
    match = _I_WOULD.match(core)
    return match is not None and (
        "would" in match[0] or Inflection.BASE in ALL_FORMS.get(match["verb"], {})
    )
