"""The shapes of announcements, each with what it claims; the object is the group `o`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from consolidation.extract.english import vocabulary as v
from consolidation.extract.protocol import EntityKind

Read = Literal["name", "phrase"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How a sentence begins that claims something, and how its object is read."""

    pattern: re.Pattern[str]
    predicate: str
    kind: EntityKind
    read: Read | None
    ends: bool
    vocabulary: frozenset[str] | None
    #: The object, where the shape itself tells it: "we tied the knot".
    value: str | None


def _shapes(
    predicate: str, *patterns: str, kind: EntityKind = EntityKind.THING, read: Read | None = None,
    ends: bool = False, vocabulary: frozenset[str] | None = None, value: str | None = None,
) -> Iterator[Shape]:  # fmt: skip
    for pattern in patterns:
        yield Shape(pattern=re.compile(pattern), predicate=predicate, kind=kind, read=read,
                    ends=ends, vocabulary=vocabulary, value=value)  # fmt: skip


_END = r"(?=\s*(?:$|[.,!;]))"
_NOW = r"(?: now| currently| these days| officially| actually)?"
_IS = rf"(?: is|['’]s| will be| has become| became| is going to be){_NOW}"
_HAS = r"(?: has|['’]s| have|['’]ve)?(?: just| finally| now| sadly| recently| officially)*"
_PERSON = r"(?P<o>[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
_DAY = r"(?:[Tt]oday|[Yy]esterday|(?:[Ll]ast |[Tt]his )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
_SOMEBODY = r"(?:[Tt]hey|[Mm]anagement|[Mm]y (?:boss|company|manager|employer)|[A-Z]\w+|[Tt]he \w+)"
_PHONE = r"(?P<o>\+?\d[\d ()/-]{5,18}\d)"
_EMAIL = r"(?P<o>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_NUMBER = r"(?:(?:phone|mobile|cell|telephone)(?: number)?|number)"
_CHANGED = r"(?:{is_}|['’]s| has changed to| changed to|:|,? (?:and )?it['’]?s| to)(?: now)?:? "
_ADDRESS = (
    r"(?P<o>(?:\d+\w? [A-Z][\w'-]+(?: [A-Z][\w'-]+)*|[A-Z][\w'-]+(?: [A-Z][\w'-]+)? \d+\w?)"
    r"(?:, [A-Z][\w'-]+(?: [A-Z][\w'-]+)?)?)"
)
_LEFT = (
    r"(?: me)(?=\s*(?:$|[.,!;]| (?:in|last|on|this|yesterday|two|three|after|when|and|"
    r"a (?:week|month|year|few|couple))\b))"
)
_HOME = r"(?:flat|place|house|home|apartment|room|studio)"
_PETS = "|".join(sorted(v.PETS, key=len, reverse=True))
_DIED = (
    r"(?: has|['’]s)?(?: just| sadly| finally| suddenly)* (?:died|passed away|passed on|passed|"
    r"ran away|"
    r"was put (?:down|to sleep)|had to be put (?:down|to sleep)|is gone|is no longer with us)\b"
)
_MY_PET = rf"(?:[Mm]y|[Oo]ur) (?:[a-z]+ )?(?:{_PETS}),? (?P<o>[A-Z][a-z]+)"
_WE_TWO = rf"{_PERSON} and I(?: just| have| had|['’]ve| recently| finally)* "
_MALE_FEMALE = r"(?:new )?(?:boyfriend|girlfriend|partner|fianc[eé]e?|significant other)"
_PLACE, _ORGANISATION = EntityKind.PLACE, EntityKind.ORGANISATION
_PARTNER = EntityKind.PERSON

SHAPES: tuple[Shape, ...] = (
    *_shapes(
        "lives_in",
        rf"(?:[Mm]y|[Oo]ur) (?:new |home |current )*address(?:{_IS}|:) {_ADDRESS}",
        rf"[Nn]ew (?:home )?address: {_ADDRESS}",
        kind=_PLACE,
    ),
    *_shapes(
        "lives_in",
        rf"(?:[Mm]y|[Oo]ur) (?:new |own |little |current )*{_HOME}{_IS} in (?P<o>[A-Z].*)",
        rf"(?:[Mm]y )?[Hh]ome{_IS} (?P<o>[A-Z].*)",
        r"[Nn]ew (?:home|city|town): (?P<o>[A-Z].*)",
        kind=_PLACE, read="name",
    ),
    *_shapes(
        "works_at",
        rf"[Mm]y (?:new |current )?(?:employer|company|workplace){_IS} (?P<o>[A-Z].*)",
        rf"[Mm]y (?:new |current )?(?:job|position|role){_IS} (?:at|with) (?P<o>(?:the )?[A-Z].*)",
        r"[Nn]ew (?:job|employer|company): (?:at |with )?(?P<o>[A-Z].*)",
        r"[Nn]ew (?:job|role|position)(?::|,)? (?:[a-z ]{3,40} )?(?:at|"
        r"with) (?P<o>(?:the )?[A-Z].*)",
        rf"(?:{_DAY}|[Tt]he \w+|[Ii]t) (?:was|is|['’]s) my first (?:day|week|"
        rf"shift)(?: at work)? (?:at|with) "
        r"(?P<o>(?:the )?[A-Z].*)",
        r"(?:[Mm]y )?[Ff]irst (?:day|week|shift) (?:at|with) (?P<o>(?:the )?[A-Z].*)",
        rf"(?P<o>[A-Z][\w&'-]*(?: [A-Z][\w&'-]*)*){_HAS} (?:hired|employed|recruited|headhunted|"
        rf"took|"
        r"taken) me\b(?! (?:to|out|home|for a))",
        kind=_ORGANISATION, read="name",
    ),
    *_shapes(
        "works_at",
        r"[Mm]y last (?:day|week|shift) (?:at|with) (?P<o>(?:the )?[A-Z][\w&' -]*?) (?:was|is|"
        r"will be)\b.*",
        rf"(?:{_DAY}|[Tt]he \w+|[Ii]t) (?:was|is|['’]s) my last (?:day|week|shift) (?:at|with) "
        r"(?P<o>(?:the )?[A-Z].*)",
        rf"(?P<o>(?!They)[A-Z][\w&'-]*(?: [A-Z][\w&'-]*)*){_HAS} (?:let me go|laid (?:me|"
        rf"us) off|fired me|"
        r"sacked me|made (?:me|us) redundant|dismissed me|terminated my contract)\b",
        r"[Mm]y (?:time|job|contract|career|stint) (?:at|"
        r"with) (?P<o>(?:the )?[A-Z][\w&' -]*?) (?:is|has|was|"
        r"came|ended|just|finally)\b(?=.*\b(?:over|ended|finished|end|up|expired|terminated)\b).*",
        kind=_ORGANISATION, read="name", ends=True,
    ),
    *_shapes(
        "has_job",
        rf"[Mm]y (?:new |current |official )*(?:role|job title|position|title|job|profession|"
        rf"occupation)"
        rf"{_IS} (?:as )?(?P<o>.+)",
        rf"{_SOMEBODY}{_HAS} (?:made|appointed|named|elected) me (?:as |to be |the |"
        rf"an? )*(?P<o>[a-z].+)",
        rf"{_SOMEBODY}{_HAS} (?:promoted|moved|bumped) me (?:up )?to (?P<o>.+)",
        r"[Nn]ew (?:job|role|position|title)(?::|,)? (?:as )?(?P<o>(?:an? )?[a-z].+)",
        read="phrase", vocabulary=v.ROLES,
    ),
    *_shapes(
        "studies_at",
        rf"[Mm]y (?:new |current )?(?:school|university|uni|college){_IS} (?P<o>(?:the )?[A-Z].*)",
        r"[Nn]ew (?:school|university|college): (?P<o>[A-Z].*)",
        kind=_ORGANISATION, read="name",
    ),
    *_shapes(
        "partner",
        rf"[Mm]y {_MALE_FEMALE}(?:['’]s name)?{_IS} (?:called |named )?{_PERSON}{_END}",
        rf"{_PERSON}{_IS} my {_MALE_FEMALE}{_END}",
        rf"{_PERSON}{_IS} my {_MALE_FEMALE} now",
        rf"{_WE_TWO}(?:are|['’]re)(?: now| officially| finally| back)* (?:together|dating|"
        rf"a couple|an item|"
        rf"engaged|back together|going out|seeing each other)(?! no longer)(?! any)\b",
        rf"{_WE_TWO}(?:got|gotten|became)(?: back)? (?:together|engaged|a couple)\b",
        kind=_PARTNER,
    ),
    *_shapes(
        "partner",
        rf"(?:[Mm]y {_MALE_FEMALE} )?{_PERSON}{_HAS} (?:broke(?:n)? up with|left|dumped|"
        rf"split (?:up )?with|"
        rf"ended (?:it|things) with|walked out on){_LEFT}",
        rf"{_WE_TWO}(?:broke(?:n)? up|split up|split|separated|called it quits|parted ways|parted)"
        r"(?=\s*(?:$|[.,!;]| (?:in|last|on|this|two|three|a|after|when|back|and|for|yesterday|"
        r"recently)\b))",
        rf"{_WE_TWO}(?:aren't|are not|are no longer|['’]re not|['’]re no longer) (?:together|"
        rf"dating|a couple|"
        r"an item|seeing each other|engaged|going out)",
        rf"(?:[Ii]t|[Tt]hings)(?:['’]s| is| are| was)(?: all| finally)? over (?:between|"
        rf"with) {_PERSON}",
        rf"(?:[Tt]hings|[Mm]y relationship)(?: have)?(?: just)? (?:ended|finished|"
        rf"came to an end) (?:with|"
        rf"between) {_PERSON}",
        rf"{_PERSON}(?: is|['’]s)(?: now| officially)? my ex\b(?!-| ?wife| ?husband)",
        rf"[Ww]e(?:['’]ve| have)? (?:broke(?:n)? up|split up|separated), {_PERSON} and I",
        rf"[Mm]y ex(?:-?(?:boyfriend|girlfriend|partner))?,? {_PERSON}\b",
        kind=_PARTNER, ends=True,
    ),
    *_shapes(
        "married_to",
        rf"[Mm]y (?:new )?(?:husband|wife|spouse)(?:['’]s name)?{_IS} (?:called |"
        rf"named )?{_PERSON}{_END}",
        rf"{_PERSON}{_IS} my (?:husband|wife|spouse)(?: now)?{_END}",
        rf"{_WE_TWO}(?:(?:got|are|were|['’]re)(?: now| finally)? married|tied the knot|eloped|"
        rf"got hitched|"
        r"are husband and wife|said (?:['\"])?I do)\b",
        kind=_PARTNER,
    ),
    *_shapes(
        "married_to",
        rf"{_WE_TWO}(?:(?:got|are|['’]re)(?: now| finally)? divorced|divorced|"
        rf"are no longer married|"
        r"aren't married)\b",
        rf"{_PERSON}(?: is|['’]s)(?: now)? my ex[- ]?(?:husband|wife)\b",
        rf"[Mm]y ex[- ]?(?:husband|wife),? {_PERSON}\b",
        kind=_PARTNER, ends=True,
    ),
    *_shapes("phone",
             rf"(?:[Mm]y )?(?:[Nn]ew )?{_NUMBER}(?: is|['’]s|:| has changed to| changed to|"
             rf" will be|, it['’]s)"
             rf"(?: now)?:? {_PHONE}",
             rf"(?:[Ii]|[Ww]e)(?:['’]ve| have| just)*(?: got| changed| switched)* (?:an? |my |our |"
             rf"to a )?(?:new |other )?"
             rf"{_NUMBER}(?::|,? (?:and )?it['’]?s(?: now)?| to|,? now|,) {_PHONE}",
             rf"(?:You can |Please |From now on,? |Just )?(?:[Rr]each|[Cc]all|[Tt]ext|[Rr]ing|"
             rf"[Pp]hone|[Ww]hats[Aa]pp|"
             rf"[Mm]essage) me (?:now )?(?:at|on) {_PHONE}"),
    *_shapes("email",
             rf"(?:[Mm]y )?(?:[Nn]ew )?(?:work |personal |private )?e-?mail(?: address)?(?: is|"
             rf"['’]s|:|"
             rf" has changed to| changed to| will be)(?: now)?:? {_EMAIL}",
             rf"(?:[Ii]|[Ww]e)(?:['’]ve| have| just)*(?: got| changed)* (?:an? |my )?(?:new |"
             rf"other )?e-?mail(?: address)?"
             rf"(?::|,? (?:and )?it['’]?s(?: now)?| to|,) {_EMAIL}",
             rf"(?:You can |Please |From now on,? |Just )?(?:[Rr]each|[Ee]-?mail|"
             rf"[Ww]rite(?: to)?|[Cc]ontact|[Mm]essage) "
             rf"me (?:now )?(?:at |on )?{_EMAIL}",
             rf"[Ii]['’]m (?:now )?at {_EMAIL}"),
    *_shapes("name",
             r"(?:[Mm]y (?:new |full |real |legal |married )?name(?: is|['’]s|:)(?: now)?|"
             r"[Ii](?:['’]ve| have)?(?: just| legally| officially)* changed my (?:last |"
             r"first )?name(?: legally)? to|"
             r"[Ii] (?:now )?go by|I go by the name(?: of)?) "
             r"(?P<o>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2})(?=\s*(?:$|[.,!;]| now| these| from|"
             r" and))",
             r"(?:[Pp]lease |[Jj]ust |You can )?[Cc]all me (?!Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mum|"
             r"Mom|Dad)"
             r"(?P<o>[A-Z][\w'-]+)(?=\s*(?:$|[.,!;]| from now on| now))",
             r"[Ii](?:['’]ve)? took my (?:husband|wife|"
             r"partner)['’]s (?:last )?name,? (?:so )?I['’]m "
             r"(?P<o>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2})(?: now)?"),
    *_shapes("nationality", rf"[Mm]y (?:new )?(?:nationality|citizenship){_IS} (?P<o>[A-Z][a-z]+)",
             read="phrase", vocabulary=v.NATIONALITIES),
    *_shapes("diet", rf"[Mm]y (?:new )?diet{_IS} (?:strictly )?(?P<o>\w+(?:-\w+)?)", read="phrase",
             vocabulary=v.DIET_NAMES),
    *_shapes("current_goal",
             r"[Mm]y (?:new |main |big |current |next |only )*goal(?: now| (?:right|for) now|"
             r" this year| for \w+)?"
             r"(?: is|['’]s)(?: now| still)? to (?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|[.!;]))",
             r"[Ii](?:['’]m| am) (?:now )?(?:working towards?|aiming (?:for|"
             r"at)) (?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|[.!;]))",
             r"[Ii](?:['’]ve| have)? (?:just )?set (?:myself )?(?:the|a|my) (?:new )?goal (?:to|"
             r"of) "
             r"(?P<o>[a-z][\w' -]{3,60})(?=\s*(?:$|[.!;]))"),
    *_shapes("relationship_status", rf"(?:[Mm]y|[Oo]ur|[Tt]he) divorce{_HAS}(?: is| was| been|"
                                    rf" came| come| went| gone)*"
             r"(?: now| finally)? (?:final\w*|through|complete|over|official)\b", value="divorced"),
    *_shapes("relationship_status", rf"(?:[Ii]|[Ww]e){_HAS}(?: finally)? (?:tied the knot|eloped|"
                                    rf"got hitched|said I do)\b",
             value="married"),
    *_shapes("relationship_status", rf"[Ww]e{_HAS}(?: are)? (?:separated|legally separated)"
             r"(?=\s*(?:$|[.,!;]| (?:in (?:\d{4}|[A-Z])|last|this|two|three|a (?:week|month|"
             r"year|few))))",
             value="separated"),
    *_shapes("has_pet", rf"[Mm]y (?:[a-z]+ )?(?:{_PETS})['’]s name(?: is|['’]s) (?P<o>[A-Z][a-z]+)",
             kind=EntityKind.ANIMAL),
    *_shapes("has_pet", rf"{_MY_PET},?{_DIED}", rf"(?P<o>[A-Z][a-z]+),? (?:my|"
                                                rf"our) (?:[a-z]+ )?(?:{_PETS}),?{_DIED}",
             rf"(?:[Ii]|[Ww]e)(?:['’]ve| have)?(?: just| sadly| recently)*(?: had to|"
             rf" have to)? (?:lost|lose|put|gave|give|"
             r"rehomed?|buried|bury|said goodbye to|say goodbye to|had to let go of) "
             rf"(?:my|our) (?:[a-z]+ )?(?:{_PETS}),? (?P<o>[A-Z][a-z]+)\b(?! (?:a|the|to bed|"
             rf"in the)\b)",
             kind=EntityKind.ANIMAL, ends=True),
    *_shapes("likes", r"[Ii] (?:just )?can['’]?t get enough of (?P<o>.+)", read="phrase"),
)  # fmt: skip
