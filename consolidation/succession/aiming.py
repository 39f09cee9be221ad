"""Which earlier statement a later one ends, or gives another value: a rule, and no guess.

"Quit the gym" ends the one statement that speaks of a gym; "drinks one coffee a day" takes the
place of "drinks three coffees a day". Where many could be meant, nothing is ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from consolidation.extract.protocol import Claim, Form, Mention
from consolidation.succession.frames import ANY, Frame, frame, stem
from stores.english import words
from stores.predicates import predicate, predicate_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Something said of somebody, as it is or is to be stored."""

    #: Its place among those compared.
    number: int
    text: str
    subject: str
    since: datetime | None
    lasts: bool
    claim: Claim | None

    @property
    def frame(self) -> Frame:
        """How it compares."""
        return frame(self.text, self.subject)


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """What a later statement claims by an earlier one, and what that one claims itself."""

    later: int
    earlier: int
    #: The claim of the later one.
    claim: Claim
    #: The claim of the earlier one, if it had none so far.
    given: Claim | None


#: What somebody feels is not over with the thing.
_FEELINGS = words("love like enjoy hate ador prefer dislik want hope think believ feel miss know "
                  "rememb need wish")  # fmt: skip
#: By themselves they do not tell which one is meant.
_VAGUE = words("thing place hous home job work plan stuff time life idea day week part one lot")
#: More statements than these that speak of a thing: it is not known which of them is over.
_MOST = 3
#: Letters of which a word does not tell another that ends in it.
_SHORT = 2
#: Share of a statement that must be about what is over: the rest of it is over as well.
_ENOUGH = 0.2
#: Prepositions whose phrase is the value: "lives with Anna", "works from home".
_VALUED = frozenset({"with", "from", "to be", "in", "at", "on", "as", "for", "by"})


def aims(later: Sequence[Statement], known: Sequence[Statement]) -> Iterator[Aim]:
    """For each of the later ones, known as well, at most one that it ends or replaces."""
    standing = {k.number: k for k in known}
    for number in [one.number for one in sorted(later, key=_by_time)]:
        one = standing.get(number)
        before = [k for k in standing.values() if one and _precedes(k, one)]
        if one is None:
            continue
        found = next((aim for way in _WAYS if (aim := way(one, before))), None)
        if found is None:
            continue
        # What has come to an end is no more ended; the later one may be replaced in its turn.
        del standing[found.earlier]
        standing[number] = replace(one, claim=found.claim)
        yield found


def _by_time(one: Statement) -> tuple[bool, datetime, int]:
    return one.since is None, one.since or _NEVER, one.number


def is_changing(one: Statement) -> bool:
    """Whether a statement may end or replace another at all."""
    said = one.frame
    own = one.claim is not None and one.claim.predicate.startswith("own_")
    told = bool(said.amounts) or (said.marked and not own)
    if said.over or (one.claim is None and said.aspect and said.marked):
        return True
    return _is_open(said) and (said.marked or ((one.claim is None or own) and told))


def _precedes(earlier: Statement, later: Statement) -> bool:
    if earlier.number == later.number or earlier.subject.lower() != later.subject.lower():
        return False
    if earlier.claim is not None and earlier.claim.form is Form.EVENT:
        return False
    return bool(earlier.since and later.since and earlier.since < later.since)


def _ending(one: Statement, before: Sequence[Statement]) -> Aim | None:
    """The statement whose thing, or whose doing, is over now."""
    said, own = one.frame, one.claim
    if not said.over or said.over <= _VAGUE or (own is not None and not own.negated):
        return None
    meant = [k for k in before if _stands(k) and _speaks_of(k, said.over)]
    if own is not None and any(_is_denied(k.claim, own) for k in meant):
        return None
    if not 1 <= len(meant) <= _MOST:
        return None
    best = max(meant, key=lambda k: (k.claim is not None, _share(said.over, k.frame), k.number))
    if _share(said.over, best.frame) < _ENOUGH:
        return None
    if best.claim is not None:
        claim = Claim(subject=best.claim.subject, predicate=best.claim.predicate,
                      object=best.claim.object, negated=True)  # fmt: skip
        return Aim(later=one.number, earlier=best.number, claim=claim, given=None)
    claim = own or _owned(one, " ".join(sorted(said.over)))
    given = Claim(subject=claim.subject, predicate=claim.predicate, object=claim.object)
    return Aim(later=one.number, earlier=best.number, given=given, claim=claim)


def _owned(one: Statement, what: str) -> Claim:
    return Claim(subject=Mention(name=one.subject), predicate="has", object=Mention(name=what),
                 negated=True)  # fmt: skip


def _denies(known: Statement) -> bool:
    return known.claim is not None and known.claim.negated


def _stands(known: Statement) -> bool:
    """Whether it tells of something that goes on, and of more than a feeling."""
    said = known.frame
    if said.over or said.negated or said.verb in _FEELINGS or _denies(known):
        return False
    return said.lasting and (known.lasts or known.claim is not None or said.verb != "have")


def _speaks_of(known: Statement, over: frozenset[str]) -> bool:
    """Whether it has all the words; "gym" is told by "PureGym" as well.

    Of a claim it is the claim that must have them: who studies no biology may study on.
    """
    told: frozenset[str] = known.frame.things | {known.frame.verb}
    if known.claim is not None:
        claimed = f"{known.claim.predicate} {known.claim.object.name}".replace("_", " ")
        told = frozenset(map(stem, claimed.split())) | {known.frame.verb}
    return all(
        any(word == one or (len(one) > _SHORT and word.endswith(one)) for word in told)
        for one in over
    )


def _share(over: frozenset[str], said: Frame) -> float:
    """How much of a statement is about what is over."""
    return len(over) / (len(said.things | {said.verb} | over))


def _is_denied(claim: Claim | None, own: Claim) -> bool:
    """Whether the denial meets the claim already, as reconciling compares them."""
    return claim is not None and predicate_of(claim.predicate) == predicate_of(own.predicate) and (
        predicate(predicate_of(own.predicate)).functional
        or own.object.name.lower() == claim.object.name.lower()
    )  # fmt: skip


def _replacing(one: Statement, before: Sequence[Statement]) -> Aim | None:
    """The statement that says the same with another value."""
    said = one.frame
    if one.claim is not None or not _is_open(said):
        return None
    for known in sorted(before, key=_by_time, reverse=True):
        was = known.frame
        stands = _is_open(was) and known.lasts and not _denies(known)
        slot = _slot(said, was) if stands else None
        if slot is None or said.verb not in {was.verb, ANY}:
            continue
        what, now, then = slot
        name = f"own_{was.does}_{what}".replace(" ", "_")
        if known.claim is not None:
            if not _same_predicate(known.claim.predicate, name):
                continue
            name = known.claim.predicate
        who = Mention(name=one.subject)
        given = Claim(subject=who, predicate=name, object=Mention(name=then))
        return Aim(
            later=one.number, earlier=known.number,
            claim=Claim(subject=who, predicate=name, object=Mention(name=now)),
            given=given if known.claim is None else None,
        )  # fmt: skip
    return None


def _same_predicate(one: str, other: str) -> bool:
    return [stem(word) for word in one.split("_")] == [stem(word) for word in other.split("_")]


def _valued(one: Statement, before: Sequence[Statement]) -> Aim | None:
    """ "Ramipril is 10 mg": the statement that told another amount of it."""
    said, own = one.frame, one.claim
    if own is None or own.negated or not own.predicate.startswith("own_"):
        return None
    thing = stem(own.predicate.rpartition("_")[2])
    for known in sorted(before, key=_by_time, reverse=True):
        was = known.frame
        if known.claim is not None or not known.lasts or not _is_open(was):
            continue
        units = sorted(u for u in said.amounts if _differs(said, was, u))
        if thing in was.words and units:
            given = replace(own, object=Mention(name=was.amounts[units[0]]))
            return Aim(later=one.number, earlier=known.number, claim=own, given=given)
    return None


def _differs(now: Frame, then: Frame, unit: str) -> bool:
    return unit in then.amounts and now.amounts[unit].split()[0] != then.amounts[unit].split()[0]


def _is_open(said: Frame) -> bool:
    """Whether it tells of how things are, so that it can be otherwise later."""
    return said.lasting and not said.negated and not said.over and bool(said.verb)


def _slot(now: Frame, then: Frame) -> tuple[str, str, str] | None:
    """What both give a value, the value that is and the one that was."""
    for unit in sorted(now.amounts):
        if _differs(now, then, unit) and _alike(now, then, unit):
            # The unit as the earlier one has it: the slot is named by that one.
            return then.amounts[unit].split()[1], now.amounts[unit], then.amounts[unit]
    if not now.marked:
        return None
    if now.days and then.days and not now.days & then.days and _alike(now, then, ""):
        return "day", ", ".join(sorted(now.days)), ", ".join(sorted(then.days))
    if now.link and now.link == then.link and now.link in _VALUED and now.phrase and then.phrase:
        kinds = [_kind(phrase) for phrase in (now.phrase, then.phrase)]
        if kinds[0] == kinds[1] and now.phrase.lower() != then.phrase.lower():
            return now.link, now.phrase, then.phrase
    return None


def _alike(now: Frame, then: Frame, unit: str) -> bool:
    """Whether all that one of them speaks of, the other does, too."""
    left, right = now.words - {unit}, then.words - {unit}
    disjoint_days = bool(now.days and then.days and not now.days & then.days)
    return (left <= right or right <= left) and not (unit and disjoint_days)


def _kind(phrase: str) -> str:
    first = phrase.split()[0]
    if first[:1].isdigit() or first.lower() in _CLOCK:
        return "number"
    return "name" if first[:1].isupper() else "noun"


def _revalued(one: Statement, before: Sequence[Statement]) -> Aim | None:
    """ "Ana's GP is Dr Lindqvist now": the statement that named another."""
    said = one.frame
    if one.claim is not None or not said.aspect or not said.marked:
        return None
    for known in sorted(before, key=_by_time, reverse=True):
        was = known.frame
        same = was.aspect == said.aspect and known.claim is None and not was.negated
        other = was.value.lower() != said.value.lower()
        if same and other and _kind(was.value) == _kind(said.value):
            name = f"own_{said.aspect}".replace(" ", "_")
            claim = _owning(one, name, said.value)
            return Aim(later=one.number, earlier=known.number, claim=claim,
                       given=_owning(one, name, was.value))  # fmt: skip
    return None


def _turned(one: Statement, before: Sequence[Statement]) -> Aim | None:
    """ "Eats meat again": the statement that denied it."""
    said = one.frame
    if not _is_open(said) or not said.marked:
        return None
    for known in sorted(before, key=_by_time, reverse=True):
        was = known.frame
        denied = was.negated and was.lasting and not was.over
        if not denied or was.verb != said.verb or not was.things <= said.words | {said.verb}:
            continue
        if known.claim is None and one.claim is None:
            claim = _owning(one, was.does, " ".join(sorted(was.things)) or was.does)
            given = replace(claim, negated=True)
            return Aim(later=one.number, earlier=known.number, claim=claim, given=given)
        if _denies(known) and known.claim and _has_its_object(one.claim, known.claim):
            claim = replace(known.claim, negated=False)
            return Aim(later=one.number, earlier=known.number, claim=claim, given=None)
    return None


def _has_its_object(claim: Claim | None, denied: Claim) -> bool:
    return claim is None or claim.object.name.lower() == denied.object.name.lower()


def _owning(one: Statement, predicate: str, value: str) -> Claim:
    return Claim(subject=Mention(name=one.subject), predicate=predicate, object=Mention(name=value))


_WAYS = (_ending, _replacing, _valued, _revalued, _turned)
_NEVER = datetime.max.replace(tzinfo=UTC)
_CLOCK = words("one two three four five six seven eight nine ten eleven twelve half noon midnight")
