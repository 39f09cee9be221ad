"""The command line of a vLLM server that does all we ask of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Without white space between tokens a weak model cannot fill an answer with it; guidance keeps to
#: bounds of lengths and numbers, where xgrammar lets control characters through.
_STRUCTURED = {"backend": "guidance", "disable_any_whitespace": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """Which model is served, and what it needs room for."""

    #: A name at Hugging Face, or a folder.
    model: str
    host: str = "127.0.0.1"
    port: int = 8001
    #: Adapters at a time; 0: none can be loaded.
    adapters: int = 4
    adapter_rank: int = 16
    #: The longest prompt and answer together, in tokens; None: what the model was made for.
    context_tokens: int | None = None
    #: Share of the GPU's memory; None: vLLM's own default.
    memory: float | None = None


def arguments(serving: Serving) -> list[str]:
    """What `vllm serve` is called with."""
    given = [
        serving.model,
        "--host", serving.host, "--port", str(serving.port),
        "--enable-prefix-caching",
        # Tells how much of a prompt was cached, which the account of tokens shows.
        "--enable-prompt-tokens-details",
        "--structured-outputs-config", json.dumps(_STRUCTURED, separators=(",", ":")),
    ]  # fmt: skip
    if serving.context_tokens is not None:
        given += ["--max-model-len", str(serving.context_tokens)]
    if serving.memory is not None:
        given += ["--gpu-memory-utilization", str(serving.memory)]
    if serving.adapters:
        # One more than are loaded: with every slot taken, some releases apply the last adapter to
        # requests without any.
        given += [
            "--enable-lora", "--max-loras", str(serving.adapters + 1),
            "--max-lora-rank", str(serving.adapter_rank),
        ]  # fmt: skip
    return given


def environment(serving: Serving) -> Mapping[str, str]:
    """The variables it needs. Who reaches a server that takes adapters may load any."""
    lora = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"} if serving.adapters else {}
    return {**lora, "VLLM_NO_USAGE_STATS": "1"}


def command(serving: Serving, more: Sequence[str] = ()) -> list[str]:
    """The whole line, `env` and its variables first; `more` goes to vLLM as it is."""
    variables = [f"{name}={value}" for name, value in environment(serving).items()]
    return ["env", *variables, "vllm", "serve", *arguments(serving), *more]
