"""The command line of a server: what is asked for is in it, and only that."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from llm_backend.vllm_command import Serving, arguments, command, environment


def _value(line: list[str], option: str) -> str:
    return line[line.index(option) + 1]


def test_there_is_always_one_adapter_slot_more_than_adapters() -> None:
    line = command(Serving(model="m", adapters=3, adapter_rank=32))
    assert line[:2] == ["env", "VLLM_ALLOW_RUNTIME_LORA_UPDATING=1"]
    assert (_value(line, "--max-loras"), _value(line, "--max-lora-rank")) == ("4", "32")


def test_without_adapters_none_can_be_loaded() -> None:
    line = command(Serving(model="m", adapters=0))
    assert not [word for word in line if "lora" in word.lower()]


def test_options_of_ones_own_come_last_so_that_they_win() -> None:
    serving = Serving(model="m", context_tokens=8192, memory=0.8)
    line = command(serving, ["--tensor-parallel-size", "2"])
    assert line[-2:] == ["--tensor-parallel-size", "2"]
    assert (_value(line, "--max-model-len"), _value(line, "--gpu-memory-utilization")) == (
        "8192", "0.8",
    )  # fmt: skip


def test_structured_outputs_have_no_white_space_to_hide_in() -> None:
    told = json.loads(_value(arguments(Serving(model="m")), "--structured-outputs-config"))
    assert told == {"backend": "guidance", "disable_any_whitespace": True}


def test_the_compose_file_starts_the_same() -> None:
    compose = yaml.safe_load((Path(__file__).parents[3] / "docker-compose.yml").read_text())
    server = compose["services"]["vllm"]
    line = [word for given in server["command"] for word in given.split("=", 1)][2:]
    model, *rest = arguments(Serving(model="m"))
    assert (model, rest[:4]) == ("m", ["--host", "127.0.0.1", "--port", "8001"])
    assert line == rest[4:]
    assert set(environment(Serving(model="m"))) <= set(server["environment"])
