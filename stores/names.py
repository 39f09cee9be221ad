"""Names of people and things, as they are compared: what `entity_aliases.alias` holds."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")


def normalised(name: str) -> str:
    """The words of a name in lower case, one space between them, without punctuation and "'s".

    A name that is nothing but signs, such as "C#"'s "#", stays as it is.
    """
    folded = unicodedata.normalize("NFKC", name).replace("’", "'").casefold()
    return " ".join(_WORD.findall(folded.removesuffix("'s"))) or " ".join(folded.split())
