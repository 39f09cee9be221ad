"""Beliefs from assertions: what holds, what held until when, and what to change in the store."""

from consolidation.reconcile.plan import plan
from consolidation.reconcile.records import (
    Add,
    Amend,
    Assertion,
    AssertionKey,
    Belief,
    Confirm,
    Held,
    Holder,
    Interval,
    Link,
    LinkKind,
    Merge,
    Move,
    Op,
    Slot,
    Unlink,
    slot_of,
)
from consolidation.reconcile.timeline import timeline
from consolidation.reconcile.values import same_value, value_key

__all__ = [
    "Add",
    "Amend",
    "Assertion",
    "AssertionKey",
    "Belief",
    "Confirm",
    "Held",
    "Holder",
    "Interval",
    "Link",
    "LinkKind",
    "Merge",
    "Move",
    "Op",
    "Slot",
    "Unlink",
    "plan",
    "same_value",
    "slot_of",
    "timeline",
    "value_key",
]
