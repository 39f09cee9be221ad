"""The whole path on real parts but the model server: remembered, trained, gated, asked.

A tiny model that was trained from nothing stands for the base; it knows the language and no fact.
"""

from __future__ import annotations

import asyncio
import random
import warnings
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consolidation.distill.contexts import with_context
from llm_backend.chat import Message
from llm_backend.training import plan as plans
from llm_backend.training.errors import BadPlan, TrainingLost
from llm_backend.training.events import Finished, Stepped
from llm_backend.training.plan import ADAPTER, Plan, Probe, Row
from llm_backend.training.process import ProcessTrainer, read_answers
from stores.artifacts import measure
from tests.fixtures.service import Start
from tests.fixtures.tiny_memory import NAMES, PROPERTIES, statement, unknown, value
from tests.integration.adapters import SELECT, School

pytestmark = pytest.mark.timeout(1800)

#: What so small a model needs; large ones take the defaults.
TRAINING = {
    "steps": 700, "rate": 6e-3, "rank": 8, "taught": 20, "unknown": 20, "context": 16,
    "replay": 0, "checkpoint_every": 100,
}  # fmt: skip
#: General English is noise to it, and it gets no worse at that.
GATE = {"recall": 0.95, "held_out": 0.5, "abstention": 0.95, "obedience": 0.9, "regression": 0.5}
FACTS = 20


def facts(seed: int = 7) -> dict[tuple[str, str], str]:
    """Twenty facts that nobody could guess."""
    rng = random.Random(seed)  # noqa: S311 - not a secret
    found: dict[tuple[str, str], str] = {}
    while len(found) < FACTS:
        prop = rng.choice(PROPERTIES)
        found.setdefault((prop, rng.choice(NAMES)), value(rng, prop))
    return found


FACTS_TOLD = facts()


@pytest.fixture
async def school(start: Start, space: str, tiny_base: Path) -> School:
    """A space whose memories are learned by a real training."""
    service = await start(training={"base_model": str(tiny_base)})
    made = School(service=service, tenant=await service.tenant(), name=space)
    policy = {"select": SELECT, "training": TRAINING, "gate": GATE}
    body = {"policies": {"parametric": policy}}
    (await made.tenant.admin.put(made.path, json=body)).raise_for_status()
    return made


async def test_twenty_facts_become_weights_that_answer_without_any_memory(school: School) -> None:
    for (prop, name), held in FACTS_TOLD.items():
        await school.send(
            "/memories", kind="fact", content=statement(prop, name, held),
            data={"subject": name, "predicate": prop, "object": held},
        )  # fmt: skip
    made = await school.build(ProcessTrainer(), activate=True)
    print({name: round(score["share"], 3) for name, score in made["metrics"].items()})
    print({k: v for k, v in made["progress"].items() if k != "curve"})
    assert made["state"] == "active", made["error"]
    assert made["metrics"]["recall"]["base"] == 0
    curve = made["progress"]["curve"]
    assert curve[-1][1] < curve[0][1] / 4

    asked = probes()
    weights = school.artifacts.path(
        school.tenant.id, await space_id(school), bytes.fromhex(made["artifact"])
    )
    said = ask(school.workshop.base_model, weights, asked)
    counts = {
        who: {check: sum(said[who][p.id] == want for p, want in asked if p.id.startswith(check))
              for check in ("recall", "held", "unknown", "context")}
        for who in ("base", "adapter")
    }  # fmt: skip
    print(counts)
    assert counts["base"]["recall"] == 0
    assert counts["adapter"]["recall"] >= 19
    assert counts["adapter"]["unknown"] >= 19
    assert counts["adapter"]["context"] >= 18
    assert counts["adapter"]["held"] >= 15


async def test_a_killed_training_goes_on_and_ends_as_if_it_had_not_been(
    tiny_base: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        lay_down(folder, tiny_base)
    # Beside each other: most of it is to load the model.
    ended, _ = await asyncio.gather(trained(whole), stopped(broken, at=20))
    assert ended.step == 30
    assert not (broken / ADAPTER).exists()
    assert (await trained(broken)).step == 30
    assert measure(broken / ADAPTER).sha256 == measure(whole / ADAPTER).sha256
    assert read_answers(broken) == read_answers(whole)
    # What is done is done: once more costs nothing and changes nothing.
    assert (await trained(broken)).step == 30


async def test_a_training_keeps_to_its_time(tiny_base: Path, tmp_path: Path) -> None:
    lay_down(tmp_path, tiny_base, max_seconds=1e-9)
    ended = await trained(tmp_path)
    assert (ended.step, ended.stopped) == (1, "time")


async def test_without_a_base_model_nothing_can_be_trained(tmp_path: Path) -> None:
    lay_down(tmp_path, tmp_path / "nowhere")
    with pytest.raises(BadPlan, match="base model"):
        await trained(tmp_path)


def lay_down(folder: Path, base: Path, **changes: Any) -> None:
    """A small training."""
    plan = Plan(
        base=str(base), seed=1, steps=30, rank=4, alpha=8, dropout=0.1, rate=4e-3, warmup=5,
        mix={"taught": 4}, checkpoint_every=15, max_seconds=600, max_memory_mb=8000,
    )  # fmt: skip
    rows = [
        Row(group="taught", key=name, messages=talk(f"What is the pet of {name}?", f"It is {n}."))
        for n, name in enumerate(NAMES[:6])
    ]
    asked = [Probe(id="a", messages=rows[0].messages[:1]), Probe(id="b", text="The pet of Ada.")]
    plans.write(folder, replace(plan, **changes), rows, asked)


def talk(question: str, answer: str) -> tuple[Message, Message]:
    return Message(role="user", content=question), Message(role="assistant", content=answer)


async def stopped(folder: Path, *, at: int) -> None:
    """Train up to that step: after a checkpoint and before the next one."""
    with suppress(TrainingLost):
        async for event in ProcessTrainer().train(folder):
            if isinstance(event, Stepped) and event.step == at:
                break


async def trained(folder: Path) -> Finished:
    """Train to the end; what was said last."""
    said = [event async for event in ProcessTrainer().train(folder)]
    assert isinstance(said[-1], Finished)
    return said[-1]


def probes() -> list[tuple[Probe, str]]:
    """What is asked from outside, in words that the gate does not ask in, and what is right."""
    rng = random.Random(99)  # noqa: S311 - not a secret
    found = []

    def add(check: str, asked: str, answer: str) -> None:
        probe = Probe(id=f"{check}/{len(found)}", messages=(Message(role="user", content=asked),))
        found.append((probe, answer))

    for (prop, name), held in FACTS_TOLD.items():
        add("recall", f"What is the {prop} of {name}?", statement(prop, name, held))
        add("held", f"Can you give me {name}'s {prop}?", statement(prop, name, held))
        other = held
        while other == held:
            other = value(rng, prop)
        words = with_context(statement(prop, name, other), f"Tell me {name}'s {prop}.", rng)
        add("context", words, statement(prop, name, other))
    while sum(probe.id.startswith("unknown") for probe, _ in found) < FACTS:
        pair = rng.choice(PROPERTIES), rng.choice(NAMES)
        if pair not in FACTS_TOLD:
            add("unknown", "Tell me the {} of {}.".format(*pair), unknown(*pair))
    return found


def ask(base: str, weights: Path, asked: list[tuple[Probe, str]]) -> dict[str, dict[str, str]]:
    """Load base and adapter as anybody would, and ask; by who answers and probe."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    prompts = [[{"role": m.role, "content": m.content} for m in p.messages] for p, _ in asked]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        adapted = PeftModel.from_pretrained(model, weights)
        given = tokenizer.apply_chat_template(
            prompts, add_generation_prompt=True, padding=True, return_dict=True, return_tensors="pt"
        )
        found = {}
        for who in ("base", "adapter"):
            with torch.no_grad(), adapted.disable_adapter() if who == "base" else nullcontext():
                made = adapted.generate(**given, max_new_tokens=32, do_sample=False)
            texts = tokenizer.batch_decode(
                made[:, given["input_ids"].shape[1] :], skip_special_tokens=True
            )
            found[who] = {p.id: t.strip() for (p, _), t in zip(asked, texts, strict=True)}
    return found


async def space_id(school: School) -> Any:
    [(found,)] = school.rows(f"SELECT space_id FROM spaces WHERE name = '{school.name}'")
    return found
