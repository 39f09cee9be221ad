"""The model itself: loaded with a fresh LoRA adapter, trained step by step, asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from llm_backend.chat import Message
from llm_backend.training.encoding import IGNORED, Encoded, encode, prompt_ids
from llm_backend.training.errors import BadPlan
from llm_backend.training.plan import Plan

#: Questions that are answered at a time.
_AT_ONCE = 32
_STATE = "state.pt"


class Model:
    """A base model with an adapter on top. Imports torch when made."""

    def __init__(self, plan: Plan) -> None:
        import peft
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch, self._peft, self._plan = torch, peft, plan
        torch.set_num_threads(plan.threads)
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        torch.manual_seed(plan.seed)
        self.device = _device(torch, plan.device)
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(plan.base)
            kind = torch.float32 if self.device == "cpu" else torch.bfloat16
            base: Any = AutoModelForCausalLM.from_pretrained(plan.base, dtype=kind)
        except (OSError, ValueError) as error:
            raise BadPlan(f"the base model cannot be loaded: {error}") from error
        config = peft.LoraConfig(
            r=plan.rank, lora_alpha=plan.alpha, lora_dropout=plan.dropout, bias="none",
            task_type="CAUSAL_LM", target_modules="all-linear",
        )  # fmt: skip
        self._limit = int(getattr(base.config, "max_position_embeddings", 4096))
        self._net: Any = peft.get_peft_model(base, config).to(self.device)
        self._learned = [p for p in self._net.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._learned, lr=plan.rate, weight_decay=0.0)

    @property
    def parameters(self) -> int:
        """How many are learned."""
        return sum(parameter.numel() for parameter in self._learned)

    def encode(self, messages: Sequence[Message]) -> Encoded:
        """A row as tokens. Raises BadPlan."""
        return encode(self._tokenizer, messages, self._limit)

    def learn(self, rows: Sequence[Encoded], step: int) -> float:
        """One step on these rows; returns the loss, the mean over the tokens learned, in nats."""
        torch, plan = self._torch, self._plan
        # So that a training that goes on draws what it would have drawn.
        torch.manual_seed(plan.seed * 1_000_003 + step)
        rate = plan.rate * min(1.0, (step + 1) / plan.warmup) * max(0.05, 1 - step / plan.steps)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._net.train()
        self._optimizer.zero_grad()
        learned = sum(len(row.ids) - row.prompt for row in rows)
        total = 0.0
        for some in _of_like_length(rows, plan.batch_tokens):
            loss = self._loss(some) / learned
            loss.backward()
            total += float(loss.item())
        torch.nn.utils.clip_grad_norm_(self._learned, 1.0)
        self._optimizer.step()
        return total

    def answers(self, asked: Sequence[Sequence[Message]], *, adapted: bool) -> list[str]:
        """The likeliest answers of the base alone, or with the adapter."""
        found: list[str] = []
        with self._torch.no_grad(), self._as(adapted=adapted):
            self._net.eval()
            for start in range(0, len(asked), _AT_ONCE):
                found += self._generate(asked[start : start + _AT_ONCE])
        return found

    def surprise(self, text: str, *, adapted: bool) -> float:
        """How little the model expected a text, in nats a token."""
        torch = self._torch
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][: self._limit]
        with torch.no_grad(), self._as(adapted=adapted):
            self._net.eval()
            given = torch.tensor([ids], device=self.device)
            return float(self._net(input_ids=given, labels=given).loss.item())

    def save(self, folder: Path) -> None:
        """The adapter alone, as PEFT and vLLM read it: the same bytes for the same weights."""
        self._net.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        path = folder / "adapter_config.json"
        config = json.loads(path.read_text())
        # A set, whose order differs from process to process; and where the base lies here.
        config["target_modules"] = sorted(config["target_modules"])
        config["base_model_name_or_path"] = None
        path.write_text(json.dumps(config, indent=2, sort_keys=True))

    def keep(self, folder: Path) -> None:
        """Everything that is needed to go on from here."""
        state = {
            "adapter": self._peft.get_peft_model_state_dict(self._net),
            "optimizer": self._optimizer.state_dict(),
        }
        self._torch.save(state, folder / _STATE)

    def go_on(self, folder: Path) -> None:
        """Take up what `keep` has kept."""
        state = self._torch.load(folder / _STATE, map_location=self.device, weights_only=True)
        self._peft.set_peft_model_state_dict(self._net, state["adapter"])
        self._optimizer.load_state_dict(state["optimizer"])

    def _as(self, *, adapted: bool) -> AbstractContextManager[object]:
        return nullcontext() if adapted else self._net.disable_adapter()

    def _loss(self, rows: Sequence[Encoded]) -> Any:
        """The sum over the tokens learned."""
        torch, longest = self._torch, max(len(row.ids) for row in rows)
        pad = self._tokenizer.pad_token_id or 0
        ids = [[*row.ids, *[pad] * (longest - len(row.ids))] for row in rows]
        labels = [[*row.labels, *[IGNORED] * (longest - len(row.ids))] for row in rows]
        seen = [[1] * len(row.ids) + [0] * (longest - len(row.ids)) for row in rows]
        given = {"input_ids": ids, "attention_mask": seen}
        on = {name: torch.tensor(value, device=self.device) for name, value in given.items()}
        logits = self._net(**on).logits[:, :-1].float()
        wanted = torch.tensor(labels, device=self.device)[:, 1:]
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, reduction="sum"
        )

    def _generate(self, asked: Sequence[Sequence[Message]]) -> list[str]:
        torch = self._torch
        prompts = [prompt_ids(self._tokenizer, messages) for messages in asked]
        longest = max(map(len, prompts))
        pad = self._tokenizer.pad_token_id or 0
        ids = [[*[pad] * (longest - len(prompt)), *prompt] for prompt in prompts]
        seen = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        made = self._net.generate(
            input_ids=torch.tensor(ids, device=self.device),
            attention_mask=torch.tensor(seen, device=self.device),
            max_new_tokens=self._plan.max_tokens, do_sample=False, pad_token_id=pad,
        )  # fmt: skip
        said = self._tokenizer.batch_decode(made[:, longest:], skip_special_tokens=True)
        return [text.strip() for text in said]


def _of_like_length(rows: Sequence[Encoded], tokens: int) -> list[list[Encoded]]:
    """The rows in as few parts as have so many tokens each, padding included."""
    parts: list[list[Encoded]] = []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if parts and (len(parts[-1]) + 1) * len(row.ids) <= tokens:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _device(torch: Any, wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"
