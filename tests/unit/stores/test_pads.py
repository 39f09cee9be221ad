"""Words in two halves, each of which is noise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

from stores.ids import SpaceId, TenantId
from stores.pads import Pads

HERE = TenantId(UUID(int=1)), SpaceId(UUID(int=2))


def test_both_halves_together_are_the_words_and_without_the_pad_nobody_has_them(
    tmp_path: Path,
) -> None:
    pads, words = Pads(tmp_path), "The pin of Zoë is 0703.".encode()
    sealed = pads.seal(*HERE, words)
    assert pads.open(*HERE, sealed) == words
    pads.remove(*HERE, sealed.pad)
    pads.remove(*HERE, sealed.pad)
    assert pads.open(*HERE, sealed) is None


def test_each_half_is_noise(tmp_path: Path) -> None:
    """Whatever the words: every byte comes about equally often, and no two seals are alike."""
    pads, words = Pads(tmp_path), b"a" * 256_000
    one, other = (pads.seal(*HERE, words) for _ in range(2))
    halves = [one.noise, *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    for half in halves:
        counts = Counter(half)
        assert len(counts) == 256
        # A thousand of each are expected, with a deviation of 32.
        assert all(800 < count < 1200 for count in counts.values())
    assert one.noise != other.noise


def test_only_the_owner_reads_a_pad_and_it_goes_with_its_space(tmp_path: Path) -> None:
    pads = Pads(tmp_path)
    sealed = pads.seal(*HERE, b"words")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert pads.spaces() == [HERE]
    pads.remove_space(*HERE)
    assert pads.open(*HERE, sealed) is None
    assert pads.spaces() == []
