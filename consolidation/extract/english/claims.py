"""Reads the claims of a sentence that are sure: who, what, and whether it still holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from consolidation.extract.english.announced import announced
from consolidation.extract.english.clauses import Clause, clauses
from consolidation.extract.english.found import TURNS, Found, Reader, found_in
from consolidation.extract.english.grammar import Reading, Rule
from consolidation.extract.english.intentions import intentions
from consolidation.extract.english.own import POINTING, own_claims, relatives
from consolidation.extract.english.phrases import name_at, phrase_at, phrases_at, quoted_at
from consolidation.extract.english.rules import RULES, WORKS_AT
from consolidation.extract.english.switching import SWITCHING, switched
from consolidation.extract.english.tenses import Tense
from consolidation.extract.english.things import thing_claims
from consolidation.extract.english.verbs import PLANNABLE
from consolidation.extract.english.vocabulary import (
    ABSTRACT,
    is_one_of,
    words,
)
from consolidation.extract.english.work import left_work, work_claims
from consolidation.extract.protocol import Claim, EntityKind, Form, Mention

# Told by others, in play, on a condition, or left open: nothing of that is sure.
_DOUBTFUL = re.compile(
    r"\b(?:said|says|say|saying|told|tells|claims|claimed|according to|heard|hear|apparently|"
    r"supposedly|allegedly|rumou?rs?|mentioned|asked|asks|swears?|insists?|reckons?|thinks?|"
    r"thought|believes?|wonder\w*|if|unless|whether|maybe|perhaps|probably|might|"
    r"(?:would|could|should)(?! love| like)(?:n't)?|wish\w*|pretend\w*|imagin\w+|dream(?:ed|t)\b|"
    r"lol|lmao\w*|rofl|jk|kidding|joking|joke|haha\w*|sarcas\w+|as though|almost|nearly|"
    r"supposed to|"
    r"not sure|forget|forgot|guess|seems?|fake|hypothetical\w*)\b"
    r"|(?<!\w)/s\b|'d (?!love|like)|[😂🤣😜🙃]",
    re.IGNORECASE,
)
_PLAY = re.compile(
    r"\b(?:pretend\w*|imagin\w+|dream\w*|lol|lmao|kidding|joking|fake)\b|[\"“”]", re.I
)
_QUOTES = re.compile(r"[\"“”]")
_COMPANY = re.compile(
    r"\b(?:job|work\w*|compan(?:y|ies)|boss|resign\w*|position|role|employer|colleagues|career|"
    r"startup|start-up|firm|offer)\b|\b(?:Inc|Corp|Ltd|LLC|GmbH|Labs|Bank|Group)\b"
)
_PLAN_END = re.compile(
    r"\s*(?:[.,;:!?(]|\b(?:and|but|because|so|when|while|after|before|which|who|until|by|"
    r"next|this|tomorrow|tonight|today|soon|on (?:the )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|\d)\w*|"
    r"in (?:a |an |the )?(?:\d+|two|three|few|couple|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|"
    r"Nov|"
    r"Dec)\w*|spring|summer|autumn|fall|winter)|since|for|to|as well|by the way)\b)"
)
_DATED = re.compile(
    r"\b(?:tomorrow|tonight|next (?:week|month|year|spring|summer|autumn|fall|winter|[A-Z]\w+)|"
    r"this (?:weekend|week|month|summer|autumn|fall|winter|spring|[A-Z]\w+)|"
    r"on (?:the )?(?:[MTWFS]\w+"
    r"day|\d)|in (?:[A-Z][a-z]+|(?:\d+|a|two|three|a few) (?:days|weeks?|months?|years?)))\b"
)


#: What is remarked behind a statement leaves it as sure as it is: "…, but people say hello".
_REMARK = re.compile(
    r",\s+(?:but |and |so )*(?:it['’]?s|it was|it|people|everybody|everyone|they|which|he|she|"
    r"that['’]?s|the \w+)"
    r" (?!(?:[^,]*, )*(?:if|unless|though|although|lol|kidding|joking|haha|maybe|perhaps)\b)[^?]+$"
)


def read_claims(sentence: str, reader: Reader) -> tuple[Found, ...]:
    """The claims of a statement, in order; those of which one cannot be sure are left out."""
    if _DOUBTFUL.search(sentence):
        sentence = _REMARK.sub("", sentence)
    doubtful = bool(_DOUBTFUL.search(sentence)) or sentence.rstrip().endswith("?")
    claimed = named_relatives(sentence, reader.speaker) if doubtful else _all(sentence, reader)
    found: dict[tuple[str, str, str], Found] = {}
    for one in claimed:
        claim = one.claim
        if claim.subject.name.lower() != claim.object.name.lower():
            found.setdefault((claim.subject.name, claim.predicate, claim.object.name.lower()), one)
    return tuple(found.values())


def announced_claims(sentence: str, reader: Reader, *, clauses_too: bool) -> tuple[Found, ...]:
    """The claims of a sentence that states nothing else: "Call me Nora", "We got a dog"."""
    if _QUOTES.search(sentence) or _DOUBTFUL.search(sentence) or sentence.rstrip().endswith("?"):
        return ()
    if clauses_too:
        return read_claims(sentence, reader)
    speaker = Mention(name=reader.speaker, kind=EntityKind.PERSON)
    return tuple(set_claims(sentence, speaker))


def named_relatives(sentence: str, speaker: str) -> Iterator[Found]:
    """Who is somebody's sister is sure, whatever is said of her, unless it is said in play."""
    if not _PLAY.search(sentence):
        yield from relatives(sentence, Mention(name=speaker, kind=EntityKind.PERSON))


def _all(sentence: str, reader: Reader) -> Iterator[Found]:
    quoted = bool(_QUOTES.search(sentence))
    speaker = Mention(name=reader.speaker, kind=EntityKind.PERSON)
    if not quoted:
        yield from set_claims(sentence, speaker)
    for clause in clauses(sentence, reader.speaker):
        for one in _of_clause(clause, sentence, reader):
            if not quoted or one.claim.predicate in {"read", "watched"}:
                yield one
    if not quoted:
        yield from relatives(sentence, speaker)


def set_claims(sentence: str, speaker: Mention) -> Iterator[Found]:
    """What is told in set shapes, whatever else the sentence says."""
    yield from announced(sentence, speaker)
    yield from thing_claims(sentence, speaker)
    yield from intentions(sentence, speaker)
    yield from own_claims(sentence, speaker)


def _of_clause(clause: Clause, sentence: str, reader: Reader) -> Iterator[Found]:
    if clause.tense is Tense.PLANNED:
        if clause.verb.removeprefix("to ") in PLANNABLE and (
            clause.firm or _DATED.search(clause.rest)
        ):
            yield from _planned(clause)
        return
    if clause.verb in SWITCHING and (exchanged := tuple(switched(clause))):
        yield from exchanged
        return
    both = list(work_claims(clause))
    if both:
        yield from both
        return
    if left_work(clause, reader):
        yield found_in(clause, replace(WORKS_AT, ends=True), str(name_at(clause.rest[3:])))
        return
    for rule in RULES.get(clause.verb, ()):
        match = rule.lead.match(clause.rest) if _may_say(rule, clause, reader) else None
        if match is None:
            continue
        objects = [name for name in _objects(rule, match, clause.rest) if _fits(rule, name)]
        if objects and _is_sure(rule, clause, objects[0], sentence, reader):
            yield from _of_objects(clause, rule, objects)
            return


def _may_say(rule: Rule, clause: Clause, reader: Reader) -> bool:
    if clause.tense not in rule.tenses or (clause.negated and rule.form is Form.EVENT):
        return False
    if (rule.denied and not clause.negated) or (rule.ends and clause.negated):
        return False
    # Whose dog is called Rex has him.
    if rule.predicate == "name" and clause.subject.name.startswith(f"{reader.speaker}'s "):
        return False
    return not clause.together or rule.predicate in _SHARED


def _of_objects(clause: Clause, rule: Rule, objects: Sequence[str]) -> Iterator[Found]:
    called = _CALLED.search(clause.rest) if rule.predicate in _NAMED else None
    if called is None:
        yield from (found_in(clause, rule, name) for name in objects)
        return
    article = "an" if objects[0][0] in "aeiou" else "a"
    text = f"{clause.subject.name} has {article} {objects[0]} called {called['name']}."
    yield replace(found_in(clause, rule, called["name"]), text=text)


#: What "we" do, each of us does.
_SHARED = frozenset({"lives_in", "has_pet", "has_child", "bought", "visited", "from",
                     "attended", "relationship_status", "plans_to", "owns", "uses"})  # fmt: skip
_NAMED = frozenset({"has_pet", "has_child", "has_sibling"})
_CALLED = re.compile(r"\b(?:called|named) (?P<name>[A-Z][a-z]+)\b")
#: What they are said of is meant in general.
_GENERAL = frozenset({"likes", "dislikes", "eats", "drinks", "collects"})
_ON_A_DAY = re.compile(r"\b(?:next|last|this|on|today|tomorrow|tonight|yesterday)\b")
_LASTING_SINCE = re.compile(r"\b(?:since|for)\b")


def _is_sure(rule: Rule, clause: Clause, name: str, sentence: str, reader: Reader) -> bool:
    if rule.form is Form.EVENT and is_one_of(name, ABSTRACT):
        return False
    if rule.predicate == "from" and _ON_A_DAY.search(clause.rest):
        return False
    if rule.predicate in _GENERAL and clause.rest.startswith("the ") and name[0].islower():
        return False  # "I like the contrast": this one, of which was spoken
    if (
        clause.verb in {"leave", "quit"}
        and rule.predicate == "works_at"
        and not (name in reader.employers or _COMPANY.search(sentence) or clause.verb == "quit")
    ):
        return False
    if rule.begins:
        return True
    if clause.tense is Tense.SINCE and rule.form is Form.STATE and clause.verb not in TURNS:
        # "I've lived in Oslo": at some time, unless it says since when.
        return rule.ends or bool(_LASTING_SINCE.search(clause.rest)) or rule.predicate in {
            "allergic_to", "has_condition", "born_in", "diet", "relationship_status", "knows",
        }  # fmt: skip
    return True


def _objects(rule: Rule, match: re.Match[str], rest: str) -> list[str]:
    if match.groupdict().get("o"):
        return [match["o"]]
    text = rest[match.end() :]
    if rule.reading is Reading.LIST:
        return list(phrases_at(text))
    if rule.reading is Reading.TITLE:
        title = quoted_at(text)
        return [title] if title else []
    if rule.reading is Reading.REST:
        dated = re.match(r"(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]+|"
                         r"[A-Z][a-z]+ \d{1,2}"
                         r"(?:st|nd|rd|th)?)(?:,? \d{4})?", text)  # fmt: skip
        return [dated[0]] if dated else []
    one = name_at(text) if rule.reading is Reading.NAME else phrase_at(text)
    if one is None and rule.kind is EntityKind.PLACE and rule.reading is Reading.NAME:
        one = _small_place(rest, text)
    return [one] if one else []


_SMALL_PLACE = re.compile(r"[a-z]{4,}(?: [a-z]{4,})?(?=\s*(?:$|[.,!;]))")
_NO_PLACES = words(
    """
    town peace hope fear sin style comfort luxury poverty squalor silence suburbia halls exile
    denial dorms student housing rooms school bed here there abroad home danger harmony chaos debt
    """
)


def _small_place(rest: str, text: str) -> str | None:
    """The place that somebody names who writes all in small letters."""
    match = _SMALL_PLACE.match(text)
    if match is None or rest != rest.lower() or _NO_PLACES & set(match[0].split()):
        return None
    return match[0].title()


def _fits(rule: Rule, name: str) -> bool:
    return rule.vocabulary is None or is_one_of(name, rule.vocabulary)


def _planned(clause: Clause) -> Iterator[Found]:
    """ "I'm going to visit Rome next month": the doing, without its date."""
    text = f"{clause.verb.removeprefix('to ')} {clause.rest}"
    end = _PLAN_END.search(text, len(clause.verb) - 2)
    if end and end[0].strip() == "to":
        end = _PLAN_END.search(text, end.end())
    doing = text[: end.start() if end else len(text)].strip()
    errand = doing.startswith("go to ") and not re.match(r"go to (?:the )?[A-Z]", doing)
    if 2 <= len(doing.split()) <= 7 and not POINTING.search(doing) and not errand:
        claim = Claim(subject=clause.subject, predicate="plans_to", object=Mention(name=doing),
                      form=Form.EVENT)  # fmt: skip
        yield Found(claim=claim)
