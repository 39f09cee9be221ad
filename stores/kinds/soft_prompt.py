"""Trained or mined instructions put in front of a prompt."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="soft_prompt", type=MemoryType.PARAMETRIC, half_life_days=365)
