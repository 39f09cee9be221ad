"""Finds out what a model server can do, by asking for each thing once, as small as it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError

from llm_backend import http
from llm_backend.abilities import Abilities, Ability
from llm_backend.chat_wire import fitting
from llm_backend.errors import BackendUnavailable, MalformedReply
from llm_backend.http import Reply

#: The question every look begins with; servers in tests know a look by it.
QUESTION: Final = "Is anybody there? Answer with JSON."
_SCHEMA = {
    "type": "object",
    "properties": {"here": {"type": "boolean"}},
    "required": ["here"],
    "additionalProperties": False,
}
#: Enough for the answer with some white space.
_TOKENS = 32
_REFUSED = frozenset({400, 422})


class _Model(BaseModel):
    id: str
    owned_by: str | None = None
    max_model_len: int | None = None


class _Models(BaseModel):
    data: list[_Model]


class _Version(BaseModel):
    version: str


async def probe(client: httpx.AsyncClient, base: str, model: str) -> Abilities:
    """Look at a server; a dozen short requests, four of which the model answers.

    Raises BackendUnavailable, BackendTimeout, and ModelNotFound where it is not for us. Anything
    else that it answers means that it cannot do that one thing.
    """
    models = await _models(client, base, model)
    asked = _Asking(client=client, base=base, model=model)
    looks = {
        Ability.SCHEMA: asked.schema,
        Ability.LOGPROBS: asked.logprobs,
        Ability.PROMPT_LOGPROBS: asked.prompt_logprobs,
        Ability.CACHE_SALT: asked.cache_salt,
        Ability.TOKENIZE: asked.tokenize,
        Ability.LORA: asked.lora,
        Ability.EMBEDDINGS: asked.embeddings,
        Ability.SCORE: asked.score,
    }
    shown = await asyncio.gather(*(_shown(look) for look in looks.values()))
    return Abilities(
        model=model,
        server=await asked.server(models),
        models=tuple(m.id for m in models),
        context_tokens=next((m.max_model_len for m in models if m.id == model), None),
        can=frozenset(ability for ability, is_there in zip(looks, shown, strict=True) if is_there),
    )


async def _shown(look: Callable[[], Awaitable[bool]]) -> bool:
    """Some servers hang up on what they do not know."""
    try:
        return await look()
    except (BackendUnavailable, MalformedReply):
        return False


async def _models(client: httpx.AsyncClient, base: str, model: str) -> list[_Model]:
    """The first question, which is also to tell whether there is a server, and one for us."""
    reply = await http.get(client, f"{base}/models")
    if reply.status in http.PASSING or reply.status in {401, 403}:
        http.check_status(f"{base}/models", reply.status, model)
    try:
        return _Models.model_validate_json(reply.content).data if reply.content else []
    except ValidationError:
        return []


class _Asking:
    """One look at one server."""

    def __init__(self, *, client: httpx.AsyncClient, base: str, model: str) -> None:
        self._client = client
        self._base = base
        #: vLLM has what is not OpenAI's beside /v1.
        self._root = base.removesuffix("/v1")
        self._model = model

    async def server(self, models: list[_Model]) -> str | None:
        """Who made it, and which release it is."""
        maker = models[0].owned_by if models else None
        try:
            reply = await http.get(self._client, f"{self._root}/version")
            release = _Version.model_validate_json(reply.content).version if reply.content else None
        except (ValidationError, BackendUnavailable, MalformedReply):
            release = None
        return " ".join(word for word in (maker, release) if word) or None

    async def schema(self) -> bool:
        """Whether what comes fits; servers that do not know the option may ignore it."""
        reply = await self._chat(response_format=fitting(_SCHEMA), max_tokens=_TOKENS)
        spoken = _found(reply, "choices", 0, "message", "content")
        try:
            said = json.loads(spoken) if isinstance(spoken, str) else None
        except ValueError:
            return False
        return isinstance(said, dict) and isinstance(said.get("here"), bool)

    async def logprobs(self) -> bool:
        """Whether they come with the answer."""
        reply = await self._chat(logprobs=True)
        return isinstance(_found(reply, "choices", 0, "logprobs", "content"), list)

    async def prompt_logprobs(self) -> bool:
        """Never tried: beside other requests they have been seen to bring a server down."""
        return await self._knows(prompt_logprobs=-7)

    async def cache_salt(self) -> bool:
        """Whether it knows them."""
        return await self._knows(cache_salt="")

    async def _knows(self, **absurd: object) -> bool:
        """Who knows an option refuses an absurd value of it, though it minds no unknown options."""
        told, unknown = await asyncio.gather(self._chat(**absurd), self._chat(no_such_option=1))
        return told.status in _REFUSED and unknown.status == httpx.codes.OK

    async def tokenize(self) -> bool:
        """Whether it does."""
        reply = await self._post(f"{self._root}/tokenize", prompt=QUESTION)
        return isinstance(_found(reply, "tokens"), list)

    async def lora(self) -> bool:
        """An adapter without a name and path is refused by who would load one; else 404."""
        reply = await http.post(self._client, f"{self._base}/load_lora_adapter", {})
        return reply.status in _REFUSED

    async def embeddings(self) -> bool:
        """Whether the model makes any."""
        reply = await self._post(f"{self._base}/embeddings", input=QUESTION)
        return isinstance(_found(reply, "data", 0, "embedding"), list)

    async def score(self) -> bool:
        """Whether the model gives one."""
        reply = await self._post(f"{self._root}/score", text_1=QUESTION, text_2=QUESTION)
        return isinstance(_found(reply, "data", 0, "score"), float)

    async def _chat(self, **more: object) -> Reply:
        messages = [{"role": "user", "content": QUESTION}]
        body = {"messages": messages, "max_tokens": 1, "temperature": 0, **more}
        return await self._post(f"{self._base}/chat/completions", **body)

    async def _post(self, url: str, **body: object) -> Reply:
        return await http.post(self._client, url, {"model": self._model, **body})


def _found(reply: Reply, *path: str | int) -> Any:
    """What an answer has at that place; None where it has nothing there."""
    try:
        there: Any = json.loads(reply.content)
    except ValueError:
        return None
    for step in path:
        if isinstance(there, Mapping) and isinstance(step, str):
            there = there.get(step)
        elif isinstance(there, list) and isinstance(step, int) and len(there) > step:
            there = there[step]
        else:
            return None
    return there
