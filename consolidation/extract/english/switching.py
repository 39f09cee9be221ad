"""One thing for another: "switched from Android to Linux", "replaced Notion with Obsidian"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from consolidation.extract.english.clauses import Clause
from consolidation.extract.english.found import Found
from consolidation.extract.english.phrases import name_at, phrase_at
from consolidation.extract.english.tenses import Tense
from consolidation.extract.english.vocabulary import (
    DIET_NAMES,
    INSTRUMENTS,
    OCCUPATIONS,
    SPORTS,
    is_one_of,
)
from consolidation.extract.protocol import Claim, Mention

_FROM_TO = re.compile(r"(?:over |back |"
                      r"straight )?from (?:being )?(?P<old>[\w' -]{2,40}?) to (?:being )?"
                      r"(?P<new>.+)")  # fmt: skip
_OLD_FOR = re.compile(r"(?:my |our |the )?(?P<old>[\w' -]{2,40}?) for (?P<new>.+)")
_OLD_WITH = re.compile(r"(?:my |our |the )?(?P<old>[\w' -]{2,40}?) (?:with|by) (?P<new>.+)")
_TO = re.compile(r"(?:over |back )?to (?P<new>[A-Z].+)")
_DIET_TO = re.compile(r"(?:over |back )?to (?:an? )?(?P<new>[\w-]+)(?: diet)?(?=\s*(?:$|[.,!;]))")
_LEFT_FOR = re.compile(r"(?P<old>[A-Z][\w&' -]{1,40}?) (?:to (?:join|work (?:at|for|with))|"
                       r"for (?:an? |the )?"
                       r"(?:\w+ )?(?:job|position|role) (?:at|with)) (?P<new>[A-Z].+)")  # fmt: skip
#: Of each verb, how it names what was and what is.
SWITCHING = {
    "switch": (_FROM_TO, _TO, _DIET_TO),
    "change": (_FROM_TO, _TO),
    "go": (_FROM_TO,),
    "ditch": (_OLD_FOR,),
    "replace": (_OLD_WITH,),
    "leave": (_LEFT_FOR,),
}
_SCHOOL = re.compile(r".*\b(?:University|College|School|Academy|Institute)\b|University of ")


def switched(clause: Clause) -> Iterator[Found]:
    """The claim of what is now, and the denial of what was."""
    if clause.tense not in {Tense.PAST, Tense.SINCE} or clause.negated:
        return
    for pattern in SWITCHING[clause.verb]:
        match = pattern.match(clause.rest)
        new = match and (name_at(match["new"]) or phrase_at(match["new"]))
        predicate = _predicate(clause.verb, new, known=pattern is not _DIET_TO) if new else None
        if match is None or new is None or predicate is None:
            continue
        claim = Claim(subject=clause.subject, predicate=predicate, object=Mention(name=new))
        yield Found(claim=claim, event=True)
        old = phrase_at(match.groupdict().get("old") or "")
        if old is not None and predicate == _predicate(clause.verb, old, known=True):
            denied = replace(claim, object=Mention(name=old), negated=True)
            yield Found(claim=denied, main=False)
        return


def _predicate(verb: str, name: str, *, known: bool) -> str | None:
    """What a subject does with things of that kind."""
    for vocabulary, predicate in (
        (DIET_NAMES, "diet"), (OCCUPATIONS, "has_job"), (INSTRUMENTS | SPORTS, "plays"),
    ):  # fmt: skip
        if is_one_of(name, vocabulary):
            return predicate
    if verb == "leave":
        return "works_at"
    if _SCHOOL.match(name):
        return "studies_at"
    named = known and verb != "go" and (verb == "switch" or name[:1].isupper())
    return "uses" if named else None
