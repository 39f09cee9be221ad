"""Names as they are compared to find those of one entity: keys, trigrams, and bands of MinHash."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from consolidation.extract.protocol import EntityKind
from stores.english import words
from stores.names import normalised

PERMUTATIONS: Final = 32
BAND: Final = 4
#: Names with less say too little to be compared by their letters.
_LETTERS, _TOKENS, _BITS = 6, 2, 1.5

_TITLES = words("dr mr mrs ms miss mx prof professor sir dame rev reverend")
_HERS, _HIS = words("mrs ms miss dame"), words("mr sir")
_ARTICLES = words("the a an")
_NO_PLURAL = re.compile(r"(?:ss|us|is|ous)$")
#: A prime above every hash of a trigram.
_PRIME: Final = (1 << 61) - 1


@lru_cache(maxsize=50_000)
def key_of(name: str) -> str:
    """A name without what may be left out: case, articles, titles, "'s" at its end."""
    said = normalised(name).split()
    while len(said) > 1 and (said[0] in _ARTICLES or said[0] in _TITLES):
        said = said[1:]
    return " ".join(said)


def same_name(one: str, two: str) -> bool:
    """Whether two names are one, common nouns in singular or plural."""
    a, b = key_of(one), key_of(two)
    # A name that ends in s is no plural: Adam is not one of the Adams.
    common = is_common(one) and is_common(two)
    return a == b or (common and singular(a) == singular(b))


def titles_differ(one: str, two: str) -> bool:
    """Whether one is of a man and the other of a woman."""
    a, b = (set(normalised(name).split()[:1]) for name in (one, two))
    return bool((a & _HERS and b & _HIS) or (a & _HIS and b & _HERS))


def is_common(name: str) -> bool:
    """Whether it is written like a common noun."""
    return name == name.lower()


def singular(key: str) -> str:
    """The key with its last word in the singular."""
    if len(key) < 4 or not key.endswith("s") or _NO_PLURAL.search(key):
        return key
    if key.endswith("ies") and len(key) > 4:
        return key[:-3] + "y"
    return key[:-2] if re.search(r"(?:x|ch|sh|ss)es$", key) else key[:-1]


def is_relational(name: str) -> bool:
    """Whether it names somebody by somebody else: "Caroline's sister"."""
    return " s " in key_of(name)


def given_name(name: str) -> str | None:
    """The first name of a person; None if named by somebody else."""
    said = key_of(name).split()
    return said[0] if said and not is_relational(name) else None


def is_informative(name: str) -> bool:
    """Whether a name has enough letters, and enough different ones, to be told by its spelling."""
    key = key_of(name)
    if not key or is_relational(name) or (len(key) < _LETTERS and len(key.split()) < _TOKENS):
        return False
    shares = [n / len(key) for n in Counter(key).values()]
    return -sum(share * math.log2(share) for share in shares) >= _BITS


@lru_cache(maxsize=50_000)
def _trigrams(key: str) -> frozenset[str]:
    return frozenset(key[n : n + 3] for n in range(max(len(key) - 2, 1)))


def jaccard(one: str, two: str) -> float:
    """The share of trigrams that two names have in common."""
    a, b = _trigrams(key_of(one)), _trigrams(key_of(two))
    return len(a & b) / len(a | b)


def bands(name: str, kind: EntityKind = EntityKind.THING) -> tuple[int, ...]:
    """Numbers that names of one entity are likely to share; the same in every process.

    Eight of MinHash: names with nine of ten trigrams in common share one with a probability above
    .999. Of a person there is one more, for the given name.
    """
    key = key_of(name)
    if is_common(name):
        key = singular(key)
    if not key:
        return ()
    mins = _min_hashes(key)
    found = [
        _signed(f"{n}:{','.join(map(str, mins[n : n + BAND]))}")
        for n in range(0, PERMUTATIONS, BAND)
    ]
    given = given_name(name) if kind is EntityKind.PERSON else None
    return (*found, _signed(f"given:{given}")) if given else tuple(found)


def _min_hashes(key: str) -> list[int]:
    hashes = [_hash(trigram) for trigram in _trigrams(key)]
    return [min((a * h + b) % _PRIME for h in hashes) for a, b in _PAIRS]


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


def _signed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


_PAIRS = tuple((_hash(f"a{n}") | 1, _hash(f"b{n}")) for n in range(PERMUTATIONS))
