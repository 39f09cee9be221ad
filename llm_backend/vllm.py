"""What vLLM does beyond chat: tokens of a text, and how probable a text is after another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, SecretStr, ValidationError

from llm_backend import http
from llm_backend.errors import MalformedReply


class _Tokenized(BaseModel):
    tokens: list[int]


class _Token(BaseModel):
    logprob: float


class _Choice(BaseModel):
    #: Of each token of the prompt; of the first there is none.
    prompt_logprobs: list[dict[int, _Token] | None]


class _Completed(BaseModel):
    choices: list[_Choice]


class VllmClient:
    """Asks one model of a vLLM server; once each, within `timeout_s`. Raises BackendError."""

    def __init__(
        self, *, model: str, url: str, api_key: SecretStr | None, timeout_s: float
    ) -> None:
        self.model = model
        self._base = url.rstrip("/")
        self._timeout_s = timeout_s
        self._client = http.client(api_key, timeout_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def tokenize(self, text: str) -> tuple[int, ...]:
        """The tokens of a text, without those that mark its begin or end."""
        url = f"{self._base.removesuffix('/v1')}/tokenize"
        content = await self._ask(url, {"prompt": text, "add_special_tokens": False})
        try:
            return tuple(_Tokenized.model_validate_json(content).tokens)
        except ValidationError as error:
            raise MalformedReply(f"{url} did not answer with tokens") from error

    async def logprobs(self, prompt: str, text: str) -> tuple[float, ...]:
        """The natural logarithm of the probability of each token of `text` after `prompt`.

        One pass over both; nothing is sampled. Their tokens are joined, so that the border between
        them is where it is said to be. Their sum is log P(text | prompt).
        """
        url = f"{self._base}/completions"
        before, after = await asyncio.gather(self.tokenize(prompt), self.tokenize(text))
        body = {"prompt": [*before, *after], "max_tokens": 1, "prompt_logprobs": 0}
        content = await self._ask(url, body)
        try:
            given = _Completed.model_validate_json(content).choices[0].prompt_logprobs
        except (ValidationError, IndexError) as error:
            raise MalformedReply(f"{url} did not answer with prompt_logprobs") from error
        return _of_tokens(url, after, given[len(before) :])

    async def _ask(self, url: str, body: Mapping[str, object]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await http.post(self._client, url, {"model": self.model, **body})
        except TimeoutError as error:
            raise http.too_slow(url) from error
        http.check_status(url, reply.status, self.model)
        return reply.content


def _of_tokens(
    url: str, tokens: Sequence[int], given: Sequence[Mapping[int, _Token] | None]
) -> tuple[float, ...]:
    """Each token's own; the most probable one may be told beside it."""
    if len(tokens) != len(given):
        raise MalformedReply(f"{url} told of {len(given)} tokens instead of {len(tokens)}")
    own = [told.get(token) if told else None for token, told in zip(tokens, given, strict=True)]
    if None in own:
        raise MalformedReply(f"{url} did not tell of every token")
    return tuple(token.logprob for token in own if token is not None)
