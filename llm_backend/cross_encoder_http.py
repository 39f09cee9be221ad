"""A cross-encoder behind HTTP: vLLM's /score, or /rerank as vLLM, Jina and Cohere have it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, SecretStr, ValidationError

from llm_backend import http
from llm_backend.errors import BackendError, BackendUnavailable, MalformedReply, RequestRefused
from llm_backend.protocols import Scores

_ATTEMPTS = 2
#: How far a score may lie outside 0..1 by rounding.
_ROUNDING = 1e-3


class _Scored(BaseModel):
    index: int
    score: float


class _ScoreReply(BaseModel):
    data: list[_Scored]


class _Ranked(BaseModel):
    index: int
    relevance_score: float


class _RerankReply(BaseModel):
    results: list[_Ranked]


class HttpCrossEncoder:
    """Asks once for all texts. After a failure the server is left alone for a while."""

    def __init__(
        self,
        *,
        model: str,
        url: str,
        api_key: SecretStr | None,
        timeout_s: float,
        first_retry_s: float = 1.0,
    ) -> None:
        self.name = model
        self._url = url
        self._timeout_s = timeout_s
        self._rest = http.Rest(first_retry_s)
        self._client = http.client(api_key, timeout_s)

    @property
    def ready(self) -> bool:
        """Whether the server is asked; not for a while after it failed."""
        return self._rest.over

    @property
    def failure(self) -> BackendError | None:
        """Why the server did not answer the last time, until it does."""
        return self._rest.failure

    def start(self) -> None:
        """There is nothing to load."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One number a text. Raises BackendError, BackendTimeout when it takes too long."""
        if not texts:
            return np.zeros(0)
        self._rest.check()
        try:
            scores = await self._within_time(question, texts)
        except RequestRefused:  # It is these texts that are refused, others may not be.
            raise
        except BackendError as error:
            self._rest.failed(error)
            raise
        self._rest.answered()
        return scores

    async def _within_time(self, question: str, texts: Sequence[str]) -> Scores:
        """All attempts together: httpx only bounds the wait for each piece of an answer."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return self._read(await self._post(self._body(question, texts)), len(texts))
        except TimeoutError as error:
            raise http.too_slow(self._url) from error

    def _body(self, question: str, texts: Sequence[str]) -> dict[str, object]:
        if self._reranks:
            documents = list(texts)
            return {
                "model": self.name,
                "query": question,
                "documents": documents,
                "top_n": len(documents),
            }
        return {
            "model": self.name,
            "text_1": question,
            "text_2": list(texts),
            # What is beyond the model's window is cut off, instead of refused.
            "truncate_prompt_tokens": -1,
        }

    async def _post(self, body: dict[str, object]) -> bytes:
        for _ in range(1, _ATTEMPTS):
            try:
                return await self._post_once(body)
            except BackendUnavailable:
                continue  # A connection that was kept may have been closed meanwhile.
        return await self._post_once(body)

    async def _post_once(self, body: dict[str, object]) -> bytes:
        reply = await http.post(self._client, self._url, body)
        http.check_status(self._url, reply.status, self.name)
        return reply.content

    def _read(self, content: bytes, count: int) -> Scores:
        try:
            rows = sorted(self._pairs(content))
        except ValidationError as error:
            raise MalformedReply(f"{self._url} did not answer with scores") from error
        if [index for index, _ in rows] != list(range(count)):
            raise MalformedReply(f"{self._url} answered {len(rows)} scores for {count} texts")
        scores: Scores = np.array([score for _, score in rows], dtype=np.float64)
        if not ((scores >= -_ROUNDING) & (scores <= 1 + _ROUNDING)).all():
            raise MalformedReply(f"{self.name} made a score outside 0..1")
        return np.clip(scores, 0, 1)

    def _pairs(self, content: bytes) -> list[tuple[int, float]]:
        if self._reranks:
            ranked = _RerankReply.model_validate_json(content).results
            return [(row.index, row.relevance_score) for row in ranked]
        scored = _ScoreReply.model_validate_json(content).data
        return [(row.index, row.score) for row in scored]

    @property
    def _reranks(self) -> bool:
        return self._url.endswith("/rerank")
