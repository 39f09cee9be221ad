"""Which language a text is in, and what its stemmer and stop words are.

Nearly all texts are English and are known for it by their words alone, without a model: a text is
put to the model only if its script or its function words speak for another language.
"""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from stores.english import HOMOGRAPHS, PLAIN, STOP_WORDS, words

ENGLISH = "en"
#: Below this probability a text counts as English.
SURE = 0.5
#: What is looked at of a long text.
_LONGEST = 400
_MOST_WORDS = 80
#: The languages PyStemmer has a stemmer for, by its name for them.
_STEMMERS = MappingProxyType(
    {
        "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
        "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
        "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
        "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
        "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
        "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
        "ta": "tamil", "tr": "turkish",
    }
)  # fmt: skip
#: Those the model chooses from: far ones only make it err on short texts.
_LANGUAGES = sorted({*_STEMMERS, "he", "ja", "ko", "uk", "vi", "zh"} - {"eo"})
#: Stop words that the lists lack, most of all those that ask.
_MORE = MappingProxyType(
    {
        "ca": "què quan quin quina quins quines qui on com quant",
        "cs": "kdy kde kdo proč jak jaký jaká jaké kolik co",
        "da": "hvornår hvorfor hvem hvad hvor hvordan",
        "de": "wann warum wer wen wem wessen wieso weshalb woher wohin",
        "es": "dónde cuándo cómo quién quiénes cuál cuáles cuánto cuántos cuánta cuántas",
        "fi": "missä milloin miksi kuka mikä kuinka mihin mistä montako",
        "fr": "où quand comment pourquoi combien quoi quel quelle quels quelles",
        "hu": "hol mikor miért hogyan mennyi melyik hová honnan",
        "it": "cosa quale quali quando",
        "nl": "waar wanneer waarom welke welk hoeveel",
        "no": "hva hvem hvor når hvorfor hvordan",
        "pl": "gdzie kiedy kto dlaczego jak jaki jaka ile co",
        "pt": "onde quais quanto quantos quanta quantas porquê",
        "ro": "unde când cum cine",
        "ru": "где почему сколько зачем какой какая какое какие чей",
        "sv": "när varför vem vilket",
        "tr": "nerede neden nasıl hangi kim kimin nereye",
        "uk": "де коли чому хто скільки",
    }
)
#: Words that English has too, as names or abbreviations: so many speak for another language.
_WEAK = words("""
    ai ce che con das de del den der des det die du el en er es et ha han ho il ja je la las le
    les lo los med mi min na og para por que se sono su te tu um un una van ya za
""")
_SOME = 3
#: They change what is said, so they are no stop words.
_NEGATIONS = words("""
    bukan değil ei ej geen ikke ikkje inga ingen inget inte kein keine keinem keinen keiner
    keines nada ne nem nic nicht nichts niciodata nie niet niets nimic no non nunca não pas
    tidak yok не нет ни
""")
#: What is written to the word after it.
_ELIDED = re.compile(
    r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|(?:d|n|s|c|p)?e?ll|all|dall|sull|un|gl|"
    r"d?agl|degl|negl|sugl|v)'(?=\w)"
)
_ELIDING = frozenset({"ca", "fr", "it"})
#: "[8 May 2023] " tells when something was said, not in which language.
_DATE = re.compile(r"\[[^\]]{1,40}\]\s*")
_WORD = re.compile(r"\w+(?:'\w+)?")
_PIECE = re.compile(r"\w+")
#: Letters of scripts that English is not written in.
_FAR = "\u0370-\u1dbf\u1f00-\u1fff\u2c60-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
_FAR_LETTER = re.compile(f"[{_FAR}]")
#: Letters that English words, but for some it has borrowed, do not have.
_OTHER_LETTER = re.compile(f"[\u00c0-\u036f\u1e00-\u1eff{_FAR}]")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
)
_HERE = Path(__file__).parent / "stop_words"
_LOADING = threading.Lock()
_LOADED = threading.Event()
_MAY_LOAD = ContextVar("may load", default=True)


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language."""
    folded = fold(text)
    return language_of_words(folded, _WORD.findall(folded))


def language_of_words(folded: str, found: Sequence[str]) -> str:
    """The language of a folded text with these words; of most texts told without the model."""
    if HINTS.isdisjoint(found) and (folded.isascii() or not _OTHER_LETTER.search(folded)):
        return ENGLISH
    start = _start(folded)
    return _told_without_model(start) or _told_by_model(start)


def needs_model(text: str) -> bool:
    """Whether the model has still to be loaded to tell the language of the text."""
    return not _LOADED.is_set() and _told_without_model(_start(fold(text))) is None


class ModelNeeded(Exception):
    """The model is wanted where nobody may wait for it."""


@contextmanager
def not_loading() -> Iterator[None]:
    """Inside, what needs a model that is not there yet raises ModelNeeded."""
    token = _MAY_LOAD.set(False)
    try:
        yield
    finally:
        _MAY_LOAD.reset(token)


async def prepare(*texts: str) -> None:
    """Load the model in a thread, if the texts need it and it is not there."""
    if any(map(needs_model, texts)):
        await asyncio.to_thread(load)


def load() -> None:
    """Read the model, 77 MB of memory, in half a second."""
    _identifier()


def fold(text: str) -> str:
    """A text as its words are compared."""
    if text.isascii():
        return text.lower().replace("\x00", " ")
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("\x00", " ")


def is_far(folded: str) -> bool:
    """Whether the text holds letters of a script that English is not written in."""
    return not folded.isascii() and _FAR_LETTER.search(folded) is not None


def without_elision(word: str, language: str) -> str:
    """The French "l'appartement" is about an "appartement"."""
    return _ELIDED.sub("", word, count=1) if language in _ELIDING and "'" in word else word


def stemmer_language(language: str) -> str | None:
    """The name Snowball has for a language; None if it has no stemmer for it."""
    return _STEMMERS.get(language.lower().partition("-")[0])


@cache
def stop_words(language: str) -> frozenset[str]:
    """The function words of a language; none if there is no list of them."""
    if language == ENGLISH:
        return STOP_WORDS
    file = _HERE / f"{language}.txt"
    listed = file.read_text(encoding="utf-8").split() if language in _LISTED else []
    return frozenset(map(fold, [*listed, *_MORE.get(language, "").split()])) - _NEGATIONS


def _start(folded: str) -> str:
    start = folded[: 2 * _LONGEST].strip()
    return _DATE.sub("", start, count=1)[:_LONGEST] if start.startswith("[") else start[:_LONGEST]


@lru_cache(maxsize=2_000)
def _told_without_model(start: str) -> str | None:
    """The language, if the script or the function words tell it; None if the model has to."""
    letters = sum(map(str.isalpha, start))
    if letters and 2 * len(_FAR_LETTER.findall(start)) >= letters:
        by_script = (language for language, letter in _SCRIPTS if letter.search(start))
        return next(by_script, None)
    return _told_by_votes(start) if _is_doubtful(start) else ENGLISH


def _is_doubtful(start: str) -> bool:
    """Whether as many words speak for another language as for English."""
    pieces = _pieces(start)
    hints = pieces & HINTS
    english = len(pieces & _ENGLISH) + start.count("n't")
    if not hints:
        strange = sum(not word.isascii() for word in pieces)
        return not english and (strange > 1 or (strange == 1 and len(pieces & HOMOGRAPHS) > 1))
    telling = any((len(hint) > 2 or not hint.isascii()) for hint in hints - _WEAK)
    return (telling or len(hints) >= _SOME) and len(hints) >= english


def _pieces(start: str) -> frozenset[str]:
    return frozenset(_PIECE.findall(start)[:_MOST_WORDS])


def _told_by_votes(start: str) -> str | None:
    """The language of which most words are function words, if there is one such with two."""
    pieces = _pieces(start)
    votes = sorted((len(pieces & stop_words(one)), one) for one in (*_LISTED, ENGLISH))
    (second, _), (first, language) = votes[-2:]
    return language if first > max(second, 1) else None


@lru_cache(maxsize=2_000)
def _told_by_model(start: str) -> str:
    code, probability = _identifier().classify(start)
    return str(code) if probability >= SURE else ENGLISH


@lru_cache(maxsize=1)
def _loaded() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier


def _identifier() -> LanguageIdentifier:
    if not _LOADED.is_set() and not _MAY_LOAD.get():
        raise ModelNeeded
    # Two threads that need it at once must not both read it.
    with _LOADING:
        identifier = _loaded()
    _LOADED.set()
    return identifier


_LISTED = frozenset(file.stem for file in _HERE.glob("*.txt"))
#: Function words of other languages written in Latin letters that are no English words.
HINTS = (
    frozenset(
        word
        for language in {*_LISTED, *_MORE} - {"ar", "el", "hi", "ne", "ru", "uk"}
        for word in stop_words(language)
        if len(word) > 1 or not word.isascii()
    )
    - HOMOGRAPHS
    - STOP_WORDS
) | _WEAK
#: Words that speak for English: those that are no function words elsewhere.
_ENGLISH = (STOP_WORDS | PLAIN) - {word for language in _LISTED for word in stop_words(language)}
