"""What somebody means to do and what they no longer do: trips planned, called off, decided"
" against."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consolidation.extract.english.found import Found
from consolidation.extract.english.openings import statement_start
from consolidation.extract.english.verbs import ALL_FORMS, PLANNABLE, Inflection
from consolidation.extract.protocol import Claim, Mention

_WHO = r"(?:[Ii]|[Ww]e)"
_ADVERBS = r"(?: (?:just|now|finally|also|actually|already|definitely|recently|ultimately|since))*"
_OUTING = (
    r"(?:trip|holiday|vacation|visit|honeymoon|city break|weekend away|cruise|road trip|"
    r"getaway|tour|retreat)"
)
_TRIP = rf"(?:[a-z]+ )?{_OUTING}(?: to (?:the )?[A-Z]\w+(?: [A-Z]\w+)*)"
_OFF = r"(?:cancelled|canceled|called off|scrapped|dropped|shelved|ditched|abandoned|binned)"
_THE = r"(?:the|our|my|that)(?: planned| whole)?"
_LAST = r"(?: (?:any ?more|any longer|after all|now|this year|in the end))"
_END = (
    r"(?=\s*(?:$|[.,;:!?(]| (?:and|but|because|so|when|while|after|before|until|by|next|this|"
    r"any ?more|any "
    r"longer|after all|now|instead|tomorrow|on|in|for|with|since|due)\b))"
)
_DOING = rf"(?P<doing>[a-z]+ing)(?P<rest>(?: [\w'-]+){{1,6}}?){_END}"
_DO = rf"(?P<do>[a-z]+)(?P<rest>(?: [\w'-]+){{1,6}}?){_END}"
_TRIPS_OFF = (
    re.compile(rf"{_WHO}(?:['’]ve| have)?(?: had to)?{_ADVERBS} (?:{_OFF}|call off|cancel|"
               rf"scrap) {_THE} (?P<trip>{_TRIP})"),
    re.compile(rf"{_WHO}(?:['’]ve| have)?{_ADVERBS} called {_THE} (?P<trip>{_TRIP}) off"),
    re.compile(rf"(?:[Tt]he|[Oo]ur|[Mm]y|[Tt]hat)(?: planned| whole)? (?P<trip>{_TRIP})"
               rf"(?: is|['’]s| was| got| has been|['’]s been| had to be)(?: now|"
               rf" all)? (?:off\b|{_OFF}|not happening)"),
)  # fmt: skip
_TRIPS_ON = re.compile(
    rf"{_WHO}(?:['’]ve| have|['’]m| am|['’]re| are)?{_ADVERBS} (?:booked|planned|planning|"
    rf"booking|organising|"
    rf"organizing|organised) (?:a|an|our|my|the) (?P<trip>{_TRIP})"
)
_DROPPED = tuple(map(re.compile, (
    rf"{_WHO}(?:['’]m| am|['’]re| are) (?:not|no longer){_ADVERBS} (?:planning (?:to|"
    rf"on) )?{_DOING}{_LAST}",
    rf"{_WHO}(?:['’]m| am|['’]re| are) no longer {_DOING}",
    rf"{_WHO} (?:won['’]t|will not){_ADVERBS} be {_DOING}",
    rf"{_WHO} (?:won['’]t|will not){_ADVERBS} {_DO}{_LAST}",
    rf"{_WHO}(?:['’]ve| have)?{_ADVERBS} decided not to {_DO}",
    rf"{_WHO}(?:['’]ve| have)?{_ADVERBS} decided against {_DOING}",
    rf"{_WHO}(?:['’]ve| have)?{_ADVERBS} changed (?:my|our) minds? (?:about|on) {_DOING}",
    rf"{_WHO}(?:['’]ve| have)?{_ADVERBS} (?:given up|gave up) on (?:the idea of )?{_DOING}",
    rf"{_WHO} no longer (?:plan|intend|want) to {_DO}",
    rf"{_WHO}(?:['’]m| am|['’]re| are) no longer planning (?:to {_DO}|on .+)",
)))  # fmt: skip


def intentions(sentence: str, speaker: Mention) -> Iterator[Found]:
    """Trips that are planned, and plans that are given up."""
    told = sentence[statement_start(sentence) :]
    for pattern in _TRIPS_OFF:
        if match := pattern.match(told):
            yield _plan(speaker, match["trip"], negated=True)
            return
    if match := _TRIPS_ON.match(told):
        yield _plan(speaker, match["trip"])
        return
    for pattern in _DROPPED:
        match = pattern.match(told)
        doing = _doing(match) if match else None
        if doing is not None:
            yield _plan(speaker, doing, negated=True)
            return


def _doing(match: re.Match[str]) -> str | None:
    """What is not done, as the plan was told: "move to Berlin"."""
    groups = match.groupdict()
    written = groups.get("doing")
    base = ALL_FORMS.get(written, {}).get(Inflection.GERUND) if written else groups.get("do")
    rest = (groups.get("rest") or "").strip()
    return f"{base} {rest}" if base in PLANNABLE and rest else None


def _plan(speaker: Mention, what: str, *, negated: bool = False) -> Found:
    return Found(claim=Claim(subject=speaker, predicate="plans_to", object=Mention(name=what),
                             negated=negated))  # fmt: skip
