"""The form of a claim, by its predicate."""

from __future__ import annotations

from consolidation.extract.protocol import Form
from stores.predicates import predicate


def form_of(name: str, said: Form) -> Form:
    """The form of a claim: what has one value at a time lasts, however its beginning was told.

    "Moved to Boston in March" tells of an event, and claims where somebody lives since. A plan
    lasts, too: until it is called off.
    """
    return Form.STATE if predicate(name).functional or name == "plans_to" else said
