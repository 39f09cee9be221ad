"""How many tokens a text takes, without a model's tokenizer: a budget must hold for any."""

from __future__ import annotations

import re

#: Wordpieces of common tokenizers rarely cover less than this: four letters, one digit, one mark.
_PIECE = re.compile(r"[A-Za-z]{1,4}|\d|[^\sA-Za-z\d]")


def count_tokens(text: str) -> int:
    """An upper estimate.

    One per four letters of a word, per digit and per mark; characters beyond ASCII count by their
    UTF-8 bytes, since a byte-level tokenizer may need as many. Of texts joined by white space it
    is the sum.
    """
    pieces = _PIECE.findall(text)
    if text.isascii():
        return len(pieces)
    return sum(1 if piece.isascii() else len(piece.encode()) for piece in pieces)
