"""Keeps out what is not worth extracting, or must not be: echoes, recalled text, secrets, prompts.

Nothing is removed from an episode: what is turned down is not extracted, and counted by reason.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from consolidation.extract.protocol import Candidate, Utterance

_MEMORIES = re.compile(r"<memories>.*?(?:</memories>|\Z)", re.DOTALL | re.IGNORECASE)
_MARKED = re.compile(r"^[ \t>*-]*\[\d{1,3}\] [^\n:]{1,80}: [^\n]+$", re.MULTILINE)
_MARKER = re.compile(r"^[ \t>*-]*\[\d{1,3}\] (?:[^\n:]{1,80}: )?")
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = re.compile(
    r"^(?=.{1,400}$)[ \t]*(?:(?:def|class|async def) \w+\(.*|(?:from [\w.]+ )?import [\w., {}*]+;?|"
    r"(?:const|let|var) \w+ ?=.*|(?:public|private|static) [\w<>]+ \w+.*|#include\b.*|"
    r"SELECT\b.*\bFROM\b.*|\$ [a-z].*|>>> .*|</?[a-z][^>\n]*>.*|[{}\[\]();]+|[\w.]+\(.*\);?|"
    r"\"[\w-]+\": ?.*|[^=()\n]*[=()].*[;{])[ \t]*$",
    re.MULTILINE,
)
_LOG = re.compile(
    r"^(?=.{1,2000}$)[ \t]*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*.*|\[?(?:DEBUG|INFO|WARN|"
    r"WARNING|ERROR|FATAL|"
    r"TRACE)\]?[: ].*|Traceback \(most recent call last\).*|File \".*\", line \d+.*|"
    r"at [\w.$]+\([\w.]+:\d+\).*|\w+(?:Error|Exception): .*)$",
    re.MULTILINE,
)
_SECRET = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:[\w-]{16,200})|\bgh[pousr]_\w{20,200}|\bgithub_pat_\w{20,200}|"
    r"\bxox[abprs]-[\w-]{10,200}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,200}|\beyJ[\w-]{8,2000}\.[\w-]{8,2000}|"
    r"-----BEGIN [A-Z ]*"
    r"PRIVATE KEY-----|\bBearer\s+[\w.~+/-]{16,2000}|\b\w+://[^\s/:@]+:[^\s/@]+@"
    r"|\b(?:password|passwd|passphrase|passcode|pwd|api[ _-]?key|secret key|access key|token|"
    r"client secret|pin(?: code| number)?|cvv|cvc)\b(?: (?:for|to|of) [\w' -]{1,40}?)?"
    r"\s*(?:is now|is|was|:|=)\s*(?!(?:too|very|not|a|an|the|so|weak|strong|expired|wrong|"
    r"still|in|on|at|long|short|stored|required|needed|safe|secret|lost|broken)\b)[\"'`]?\S{3,}"
    r"|\b(?:code|combination|pass)(?: (?:for|to|of) [\w' -]{1,40}?)?\s*(?:is now|is|:|=)\s*"
    r"[\"'`#]?(?=\S{0,20}\d\S{0,20}\d)\S{3,}",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_DENSE = re.compile(
    r"\b(?=[\w+/]{0,99}[a-z])(?=[\w+/]{0,99}[A-Z])(?=[\w+/]{0,99}\d)[\w+/]{32,200}={0,2}"
)
_INSTRUCTION = re.compile(
    r"(?:system|assistant|developer)\s*(?:prompt)?\s*:|you are (?:now )?(?:an? |the )?(?:\w+ ){0,3}"
    r"(?:assistant|model|ai|chatbot|bot|expert|agent)\b|(?:answer|respond|reply|output|"
    r"write)(?: only| "
    r"strictly)? (?:in|with|as)(?: valid| plain| a)? (?:json|xml|yaml|markdown|csv|html|one word|"
    r"english|german|french|bullet)|(?:please )?(?:ignore|disregard|forget) (?:all |any |the |"
    r"your )*"
    r"(?:previous|prior|above|earlier) |act as (?:an? |if )|your (?:task|role|job) is to\b|"
    r"as an? (?:ai|(?:large )?language model)\b|do not (?:reveal|mention|include|use) |"
    r"(?:use|follow) (?:only )?the (?:following|context|format|instructions)\b|"
    r"only (?:answer|respond|use|output)\b|(?:given|based on) the (?:following|context|above)\b",
    re.IGNORECASE,
)
_NOT_TALK = {"system": "instruction", "developer": "instruction", "tool": "tool-output",
             "function": "tool-output"}  # fmt: skip
_WORDS = re.compile(r"[^\W_]+")
_TO_SECOND = {"i": "you", "my": "your", "me": "you", "mine": "yours", "am": "are", "m": "re",
              "myself": "yourself"}  # fmt: skip
#: Sentences of the other side that are looked back at, and how alike an echo is.
_BACK, _ALIKE, _ENOUGH = 60, 0.8, 4


def reason_against(utterance: Utterance) -> str | None:
    """Why nothing is to be extracted from an utterance as a whole."""
    return _NOT_TALK.get(utterance.role.lower())


def masked(content: str) -> tuple[str, Mapping[str, int]]:
    """The content with recalled blocks, code and logs blanked out, each character by one."""
    counts: Counter[str] = Counter()
    recalled = [_said(line) for block in _MEMORIES.findall(content) for line in block.splitlines()]
    lines = frozenset(line for line in recalled if len(line) > 10)
    for reason, pattern in _MASKS:
        content, found = _blank(pattern, content)
        counts[reason] += found
    if lines:
        content, found = _blank_lines(content, lines)
        counts["recalled"] += found
    return content, +counts


_MASKS = (("recalled", _MEMORIES), ("recalled", _MARKED), ("code", _FENCE), ("log", _LOG),
          ("code", _CODE))  # fmt: skip


def _blank(pattern: re.Pattern[str], content: str) -> tuple[str, int]:
    return pattern.subn(lambda match: "\n" * len(match[0]), content)


def _blank_lines(content: str, lines: frozenset[str]) -> tuple[str, int]:
    kept, blanked = [], 0
    for line in content.split("\n"):
        known = _said(line) in lines
        kept.append("\n" * len(line) if known else line)
        blanked += known
    return "\n".join(kept), blanked


def _said(line: str) -> str:
    return " ".join(_MARKER.sub("", line).split())


def reason_against_sentence(sentence: str) -> str | None:
    """Why a sentence is not to be extracted: `secret` or `instruction`."""
    if has_secret(sentence):
        return "secret"
    return "instruction" if _INSTRUCTION.match(sentence) else None


def has_secret(text: str) -> bool:
    """Whether a text gives away a key, a password, a token or the number of a card."""
    if _SECRET.search(text) or _DENSE.search(text):
        return True
    return any(_is_card(match[0]) for match in _DIGITS.finditer(text))


def without_secrets(text: str) -> str:
    """The text with what looks secret blanked out."""
    for pattern in (_SECRET, _DENSE):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return _DIGITS.sub(lambda m: " " * len(m[0]) if _is_card(m[0]) else m[0], text)


def _is_card(written: str) -> bool:
    """Luhn's check, which one number in ten passes by chance."""
    digits = [int(char) for char in written if char.isascii() and char.isdigit()]
    doubled = [d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits[::-1])]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


class Echoes:
    """What each side of each session said lately, to know a sentence that says it again."""

    def __init__(self) -> None:
        self._said: dict[tuple[str | None, bool], deque[frozenset[str]]] = {}

    def is_echo(self, utterance: Utterance, sentence: str) -> bool:
        """Whether the other side said so before in this session; the sentence is noted as said."""
        words = frozenset(_WORDS.findall(sentence.lower()))
        if len(words) < _ENOUGH:
            return False
        assistant = is_assistant(utterance)
        side = (utterance.session_id, assistant)
        self._said.setdefault(side, deque(maxlen=_BACK)).append(words)
        others = self._said.get((utterance.session_id, not assistant), ())
        # "You moved to Rome" is the assistant's way to say again "I moved to Rome".
        turned = frozenset(_TO_SECOND.get(w, w) for w in words) if assistant else words
        return any(_alike(words, other) or (
            assistant and _alike(turned, frozenset(_TO_SECOND.get(w, w) for w in other))
        ) for other in others)  # fmt: skip


def is_assistant(utterance: Utterance) -> bool:
    """Whether a model speaks."""
    return utterance.role.lower() in {"assistant", "ai", "bot", "model"}


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other)


def admit(
    candidates: Sequence[Candidate], threshold: float
) -> tuple[tuple[Candidate, ...], Mapping[str, int]]:
    """The candidates whose importance and confidence reach the threshold; the others counted."""
    kept = tuple(c for c in candidates if min(c.importance, c.confidence) >= threshold)
    below = len(candidates) - len(kept)
    return kept, {"below-threshold": below} if below else {}
