"""Which language a question is in: told as for the texts it is compared with."""

from __future__ import annotations

from stores.languages import ENGLISH, language_of, load, stemmer_language

__all__ = ["ENGLISH", "language_of", "load", "stemmer_language"]
