"""Where somebody works and as what, where both are told together, and which work was left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.clauses import Clause
from consolidation.extract.english.found import Found, Reader, found_in
from consolidation.extract.english.phrases import name_at, phrase_at
from consolidation.extract.english.rules import HAS_JOB, WORKS_AT
from consolidation.extract.english.tenses import Tense
from consolidation.extract.english.vocabulary import OCCUPATIONS, is_one_of

_AT = re.compile(r"(?:[\w-]+ )?(?:(?:at|for|to|with) )?(?=(?:the )?[A-Z])")
_AS = re.compile(r"(?P<mid>[^.;]{0,40}?)\bas (?=an? |the )")
_BEGINS_AS = re.compile(r"(?:(?:out|work) )?as (?=an? )|(?=an? )")
_AT_ONE = re.compile(r"[,\s]*(?:at (?:an? [\w ]{3,30}, )?(?P<o>(?:the |an? )?\S.*)|"
                     r"(?:for|with) (?P<name>(?:the )?[A-Z].*))")  # fmt: skip
_WORKING = frozenset({"work", "start", "join", "move", "be", "become"})


def work_claims(clause: Clause) -> Iterator[Found]:
    """ "works at Acme as a nurse", "a nurse at Acme": the employer and the job."""
    if clause.verb not in _WORKING or clause.negated or clause.together:
        return
    if clause.tense is Tense.PAST and clause.verb == "be":
        return
    place = job = None
    at, begins = _AT.match(clause.rest), _BEGINS_AS.match(clause.rest)
    if at and clause.verb != "be":
        place = name_at(clause.rest[at.end() :])
        behind = _AS.match(clause.rest, at.end() + len(place)) if place else None
        job = phrase_at(clause.rest[behind.end() :]) if behind else None
    elif begins and clause.verb != "move":
        job = phrase_at(clause.rest[begins.end() :])
        known = job is not None and is_one_of(job, OCCUPATIONS)
        after = clause.rest.index(job) + len(job) if job is not None and known else 0
        behind = _AT_ONE.match(clause.rest, after) if known else None
        where = (behind["o"] or behind["name"]) if behind else ""
        place = name_at(where) or phrase_at(where)
    if place and job and job != "student" and is_one_of(job, OCCUPATIONS):
        yield found_in(clause, HAS_JOB, job)
        yield found_in(clause, WORKS_AT, place)


_NOT_AT = re.compile(r"at (?:the )?(?P<o>[A-Z].*?)\b.*\b(?:any ?more|any longer)\b|at ")


def left_work(clause: Clause, reader: Reader) -> bool:
    """ "I'm not at Acme any more", of an employer that is known as one."""
    if clause.verb != "be" or not clause.negated or not _NOT_AT.match(clause.rest):
        return False
    return name_at(clause.rest[3:]) in reader.employers
