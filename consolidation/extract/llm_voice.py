"""Whether an item tells of one speaker what another has said of themself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from consolidation.extract.llm_event import name_of
from consolidation.extract.protocol import EvidenceSpan, Utterance

_SELF = re.compile(r"\b(?:I|[Ii]['’](?:m|ve|d|ll)|im|ive|[Mm]y|[Mm]ine|[Mm]yself|me)\b")
_LISTENER = re.compile(r"\b(?:you|your|yours|yourself|u|ur)\b", re.IGNORECASE)
_SENTENCE_ENDS = ".!?\n"
#: Letters of a name that its short form shares, as in Mel and Melanie.
_SHORT_FORM = 3


def is_anothers(
    text: str, subject: str | None, said: Iterable[tuple[Utterance, EvidenceSpan]], people: set[str]
) -> bool:
    """Whether it is about a person, and every quote is what somebody else says of themself."""
    about = {name for name in people if text.startswith((f"{name} ", f"{name}'s "))}
    about |= {subject} & people if subject else set()
    pairs = tuple(said)
    return any(all(_is_of_another(name, turn, span) for turn, span in pairs) for name in about)


def _is_of_another(name: str, turn: Utterance, span: EvidenceSpan) -> bool:
    if name_of(turn) == name:
        return False
    begin = 1 + max(turn.content.rfind(end, 0, span.start) for end in _SENTENCE_ENDS)
    sentence = turn.content[begin : span.end]
    short = re.escape(name.split()[0][:_SHORT_FORM])
    return (
        _SELF.search(sentence) is not None
        and _LISTENER.search(sentence) is None
        and re.search(rf"\b{short}", turn.content, re.IGNORECASE) is None
    )
