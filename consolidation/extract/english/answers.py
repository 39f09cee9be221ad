"""Makes a statement of an answer to a direct question: "Where do you live?" "In Porto." """

from __future__ import annotations

import re

_NUMBER = r"(?:\d+|two|three|four|five|six)"
_NAMED = r"[A-Z0-9][\w'’.@+-]*"
#: What is asked, how a sure answer to it looks, and what both say together.
_ASKED = tuple(
    (re.compile(question, re.IGNORECASE), re.compile(answer), told)
    for question, answer, told in (
        (r"\bwhere (?:do|are) you (?:live|living|based)(?: now| these days| currently)?\?$",
         rf"(?P<a>(?:[Ii]n|[Nn]ear) (?:the )?{_NAMED}.*)", "I live {a}"),
        (r"\bwhere do you work(?: now| these days| currently)?\?$",
         rf"(?P<a>(?:[Aa]t|[Ff]or) (?:the )?{_NAMED}.*)", "I work {a}"),
        (r"\bwhat do you do(?: for (?:a living|work)| these days| now)?\?$",
         r"(?P<a>[Aa]n? [a-z][\w -]+)$", "I'm {a}"),
        (r"\bhow old are you(?: now)?\?$", r"(?P<a>\d{1,3})$", "I'm {a}"),
        (r"\bwhat(?:'s| is) your (?P<what>[a-z]+(?: [a-z]+){0,3})\?$",
         rf"(?P<a>{_NAMED}(?: [\w'-]+){{0,4}})$", "My {what} is {a}"),
        (r"\bwhen(?:'s| is) (?P<what>(?:the|your) [a-z]+(?: [a-z]+){0,2})\?$",
         r"(?P<a>(?:[Oo]n |[Ii]n )?(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z]|"
         r"[A-Z]\w+ \d).*)",
         "{what} is {a}"),
        (r"\b(?:what|which) (?:[a-z]+ ){0,3}are you (?P<what>[a-z]+ing(?: [a-z]+){0,2})\?$",
         rf"(?P<a>(?:[Tt]he |[Aa]n? ){_NAMED}.*)", "I'm {what} {a}"),
        (r"\bdo you have (?:any )?(?:kids|children|pets|siblings|brothers|sisters|cats|dogs)\b",
         rf"(?P<a>(?:[Aa]n?|{_NUMBER}|{_NUMBER.title()}) [a-z].*)", "I have {a}"),
    )
)  # fmt: skip
_LONGEST = 20


def answered(question: str, answer: str) -> str | None:
    """Question and answer as one statement of who answers; None where that is not sure."""
    plain = answer.strip().rstrip(".!")
    if len(plain.split()) > _LONGEST:
        return None
    for asked, fitting, told in _ASKED:
        match = asked.search(question.strip())
        fits = fitting.match(plain) if match else None
        if match and fits:
            what = re.sub(r"^your\b", "my", match.groupdict().get("what") or "", flags=re.I)
            statement = told.format(a=_inside(fits["a"]), what=what)
            return f"{statement[:1].upper()}{statement[1:]}."
    return None


#: "Are you still at Costa?", "do you still row?"
_STILL = re.compile(
    r"(?:^|[,.:]\s*|\b)(?:(?P<be>are you)|(?P<do>do you)|(?<![\w'] )(?P<bare>))(?: guys)? ?"
    r"still (?P<what>(?!(?:there|here|up|not|think|want|want to|sure|ok|okay)\b)[^,?]{2,60})\?$",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\s*(?:(?:oh|ha|haha|hah|well|actually|sadly|god|um)[,!.]? )*(?:no|nope|nah|not any ?more|"
    r"not (?P<since>since [\w ]{3,20}))(?=\s*[,.!;-])",
    re.IGNORECASE,
)
_WENT = re.compile(
    r"\bI (?:left|quit|stopped|finished|gave (?:it|that) up|moved out)"
    r" (?P<when>(?:in|on|last|back in) [\w ]{3,20}?)(?=\s*(?:$|[.,!;]| and\b))",
    re.IGNORECASE,
)


#: It says itself what is over.
_TELLS = re.compile(
    r"\b(?:sold|any ?more|any longer|no longer|gave up|given up|switched|instead|"
    r"cancell?ed|got rid|quit (?!in\b|last\b))\b", re.IGNORECASE,
)  # fmt: skip


def went(sentence: str) -> bool:
    """ "I left in August": what, is in the question."""
    return _WENT.match(sentence.strip()) is not None


def no_longer(question: str, answer: str) -> str | None:
    """What ended, of which it was asked whether it goes on; None where the answer is no "no"."""
    asked, denied = _STILL.search(question.strip()), _NO.match(answer)
    if asked is None or denied is None:
        return None
    what = re.sub(r"\byour\b", "my", asked["what"].strip(), flags=re.IGNORECASE)
    if re.search(r"\b(?:you|that|this|it|them|one)\b", what, re.IGNORECASE):
        return None
    if not asked["do"] and not re.match(r"(?:at|in|on|with|an?|the|[a-z]+ing)\b", what):
        return None
    if _TELLS.search(answer[:120]):
        return None
    left = _WENT.search(answer[:120])
    when = f" since {left['when'].split(' ', 1)[1]}" if left else ""
    since = f" {denied['since']}" if denied["since"] else when
    return f"{'I' if asked['do'] else 'I am'} no longer {what}{since}."


def _inside(answer: str) -> str:
    """As it is written inside a sentence."""
    small = answer.split()[0].lower() in _SMALL
    return f"{answer[:1].lower()}{answer[1:]}" if small else answer


_SMALL = frozenset({"in", "near", "at", "for", "a", "an", "the", "on", "two", "three", "four",
                    "five", "six"})  # fmt: skip
