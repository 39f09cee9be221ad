"""Formulas of decay as their authors give them; the profiles build on these. Pure.

Every time is in the unit that the author's constants are in, which the docstrings name.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

#: What SuperLocalMemory weighs uses, importance, confirmations and feeling with, and its bounds of
#: a strength in hours.
_USES, _IMPORTANCE, _CONFIRMED, _FEELING = 2.0, 1.5, 1.0, 0.5
_WEAKEST_H, _STRONGEST_H = 0.1, 100.0
#: How much faster than something trusted SuperLocalMemory forgets what nobody trusts.
KAPPA = 2.0
#: Generative Agents: what is left of recency after an hour.
_HOURLY = 0.995
#: FinMem: under which recency or importance something is forgotten.
LEAST_RECENCY, LEAST_IMPORTANCE = 0.05, 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One layer of FinMem: days in which recency falls to 1/e, what importance keeps of itself in
    a day, and the importance from which something belongs here.
    """

    days: float
    keeps: float
    least: float


#: FinMem's layers, the deepest first.
LONG = Layer(days=365.0, keeps=0.988, least=80.0)
MID = Layer(days=90.0, keeps=0.967, least=60.0)
SHORT = Layer(days=3.0, keeps=0.92, least=0.0)
LAYERS = (LONG, MID, SHORT)


def ebbinghaus(age: float, strength: float) -> float:
    """R = e^(-t/S), t and S in one unit: Ebbinghaus 1885, as MemoryBank (2023) has it."""
    return exp(-age / strength)


def memory_bank(age: float, recalls: int) -> float:
    """MemoryBank: S is 1 at first, each recall adds 1 and sets the age back to 0."""
    return ebbinghaus(age, 1.0 + recalls)


def distrusted(age: float, strength: float, trust: float, kappa: float = KAPPA) -> float:
    """R = e^(-(1 + κ(1 - trust))t/S), SuperLocalMemory; trust in 0..1."""
    return ebbinghaus((1.0 + kappa * (1.0 - trust)) * age, strength)


def super_local_strength(
    *, uses: int, importance: float, confirmations: int, feeling: float = 0.0
) -> float:
    """SuperLocalMemory's S, in hours: 2 ln(1+n) + 1.5 importance + confirmations + .5 feeling."""
    strength = (
        _USES * log(1 + uses)
        + _IMPORTANCE * importance
        + _CONFIRMED * confirmations
        + _FEELING * feeling
    )
    return min(max(strength, _WEAKEST_H), _STRONGEST_H)


def generative_agents(hours: float) -> float:
    """Recency of Generative Agents (2023): .995 for every hour since the last access."""
    return float(_HOURLY**hours)


def finmem_recency(days: float, layer: Layer) -> float:
    """FinMem (2023): e^(-δ/Q) with the layer's Q."""
    return ebbinghaus(days, layer.days)


def finmem_importance(days: float, importance: float, layer: Layer) -> float:
    """FinMem: importance in 0..100, of which the layer keeps a share each day."""
    return float(importance * layer.keeps**days)
