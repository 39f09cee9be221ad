"""An embedding model behind an OpenAI-compatible server, such as vLLM."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import httpx
import numpy as np
from pydantic import BaseModel, SecretStr, ValidationError

from llm_backend import http
from llm_backend.errors import BackendUnavailable, MalformedReply
from llm_backend.protocols import EmbeddingModel, Vectors

_ATTEMPTS = 3
_FIRST_PAUSE_S = 0.2


class _Embedding(BaseModel):
    index: int
    embedding: list[float]


class _Reply(BaseModel):
    data: list[_Embedding]


class HttpBackend:
    """Asks `POST {url}/embeddings`, a few times if the server is only briefly away."""

    def __init__(
        self, *, model: EmbeddingModel, url: str, api_key: SecretStr | None, timeout_s: float
    ) -> None:
        self.model = model
        self._url = f"{url.rstrip('/')}/embeddings"
        headers = http.authorised(api_key)
        # The environment (proxies, netrc) is read in one place only, and that is not here.
        self._client = httpx.Client(headers=headers, timeout=timeout_s, trust_env=False)

    def load(self) -> None:
        """Prove that the server knows the model and that its dimensions are as configured."""
        self.encode(["ready"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One request for all texts."""
        body: dict[str, object] = {
            "model": self.model.name,
            "input": list(texts),
            "encoding_format": "float",
        }
        return self._vectors(self._post(body), len(texts))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, body: dict[str, object]) -> httpx.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._post_once(body)
            except BackendUnavailable:
                if attempt == _ATTEMPTS:
                    raise
            _pause(attempt)
        raise AssertionError("unreachable")

    def _post_once(self, body: dict[str, object]) -> httpx.Response:
        try:
            response = self._client.post(self._url, json=body)
        except httpx.HTTPError as error:
            raise http.failure_of(self._url, error) from error
        http.check_status(self._url, response.status_code, self.model.name)
        return response

    def _vectors(self, response: httpx.Response, count: int) -> Vectors:
        try:
            rows = sorted(_Reply.model_validate_json(response.content).data, key=lambda r: r.index)
        except ValidationError as error:
            raise MalformedReply(f"{self._url} did not answer with embeddings") from error
        if [row.index for row in rows] != list(range(count)):
            raise MalformedReply(f"{self._url} answered {len(rows)} embeddings for {count} texts")
        if any(len(row.embedding) != self.model.dimensions for row in rows):
            raise MalformedReply(
                f"{self.model.name} does not make vectors of {self.model.dimensions} numbers"
            )
        return self._normalised(np.array([row.embedding for row in rows], dtype=np.float32))

    def _normalised(self, vectors: Vectors) -> Vectors:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise MalformedReply(f"{self.model.name} made a vector without a direction")
        normalised: Vectors = vectors / lengths
        return normalised


def _pause(attempt: int) -> None:
    longest = _FIRST_PAUSE_S * 2**attempt
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads retries, no secret
