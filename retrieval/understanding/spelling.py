"""The words of a question: how each is written, where it stands, whether it opens a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:[-'&][^\W_]+)*(?:\.(?=[^\W\d_]\b))?|[^\W_]")
_OPENS = re.compile(r"[.?!:;…]\W*$")
_TITLE = re.compile(r"(?:dr|mr|mrs|ms|prof|st|mt|sr|jr|rev|[a-z])$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word, without the "'s" behind it."""

    text: str
    lower: str
    start: int
    end: int
    #: Whether it is the first of its sentence.
    opens: bool
    #: Whether "'s" or "'" is behind it.
    owns: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, in order; apostrophes must be straight."""
    words: list[Word] = []
    last = 0
    for match in _WORD.finditer(text):
        written = match[0].rstrip(".")
        owns = written.lower().endswith("'s") and len(written) > 2
        bare = written[:-2] if owns else written
        end = match.start() + len(bare)
        if not owns and bare.endswith(("s", "S")) and text[end : end + 2] in {"' ", "'"}:
            owns = True
        gap = text[last : match.start()]
        words.append(
            Word(
                text=bare,
                lower=bare.lower(),
                start=match.start(),
                end=end,
                opens=_opens(gap, words),
                owns=owns,
            )
        )
        last = match.end()
    return tuple(words)


def _opens(gap: str, words: list[Word]) -> bool:
    if not words:
        return True
    if gap.startswith(".") and _TITLE.match(words[-1].text):
        return False  # "Dr. Reyes"
    return bool(_OPENS.search(gap))
