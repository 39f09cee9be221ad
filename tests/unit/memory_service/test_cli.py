"""The command line: quick to help, one line when something is wrong, JSON for programs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from memory_service.cli import demo_records
from memory_service.cli.demo_records import Asked, Hit, Question
from tests.fixtures.raw_server import Asked as Request
from tests.fixtures.raw_server import Step, raw_server, told

COMMAND = str(Path(sys.executable).with_name("memory-service"))
COMMANDS = ("serve", "worker", "migrate", "doctor", "demo", "export", "import", "keys", "vllm")
#: What no help may need: it takes seconds to import.
HEAVY = {"torch", "sentence_transformers", "transformers", "scipy", "fastapi", "uvicorn", "httpx"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's own user may enter, with a name short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="memory-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.upper().startswith("MEMORY_")}
    return subprocess.run(
        [COMMAND, *arguments],
        env={**clean, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=str)
def test_help_is_quick(command: tuple[str, ...]) -> None:
    tries = []
    for _ in range(3):  # other processes may have the machine for a moment
        began = time.monotonic()
        said = run(*command, "--help")
        tries.append(time.monotonic() - began)
        assert said.returncode == 0, said.stderr
        assert "Usage: memory-service" in said.stdout
        if tries[-1] < 1.5:
            break

    assert min(tries) < 1.5


def test_help_names_every_command() -> None:
    said = run("--help").stdout

    assert [name for name in COMMANDS if name not in said] == []


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    script = "import sys, memory_service.cli as c; print(*{m.split('.')[0] for m in sys.modules})"
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert HEAVY.isdisjoint(said.stdout.split())


@pytest.mark.parametrize("command", [("serve",), ("worker",), ("doctor",), ("demo",)], ids=str)
@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("MEMORY_DATABSE_URL", "x", "unknown variables: MEMORY_DATABSE_URL"),
        ("MEMORY_WORKER__CONCURRENCY", "many", "worker.concurrency: "),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_status_1(
    command: tuple[str, ...], name: str, value: str, complaint: str
) -> None:
    said = run(*command, **{name: value})

    assert said.returncode == 1
    assert said.stdout == ""
    [line] = said.stderr.splitlines()
    assert line.startswith("error: ")
    assert complaint in line


def test_a_command_without_a_service_says_so_in_one_line(folder: Path) -> None:
    nobody = ("--url", "http://127.0.0.1:9", "--key", "mk_x")
    file = folder / "file.ndjson"
    file.write_text("{}\n")

    for said in (
        run("export", "alice", *nobody, "--file", str(folder / "out")),
        run("import", "alice", str(file), *nobody),
        run("demo", *nobody),
    ):
        assert said.returncode == 1
        assert said.stderr.splitlines()[-1].startswith("error: no answer from http://127.0.0.1:9")
        assert "Traceback" not in said.stderr
    assert list(folder.iterdir()) == [file]


def test_without_a_key_it_is_told_where_one_was_expected(folder: Path) -> None:
    said = run("export", "alice", "--data-dir", str(folder))

    assert said.returncode == 1
    assert said.stderr == f"error: there is no key in {folder}/admin-key; give one with --key\n"


def test_doctor_answers_json(folder: Path) -> None:
    said = run(
        "doctor", "--json", "--data-dir", str(folder),
        MEMORY_EMBEDDING__BACKEND="hash", MEMORY_ADMIN_KEY="mk_secret",
    )  # fmt: skip

    assert said.returncode == 0, said.stdout + said.stderr
    found = json.loads(said.stdout)
    assert [(check["check"], check["ok"]) for check in found["checks"]] == [
        ("database", True),
        ("embedding model", True),
    ]
    assert found["settings"]["data_dir"] == str(folder)
    assert "mk_secret" not in said.stdout


def test_doctor_tells_what_is_wrong_and_fails() -> None:
    url = "postgresql://nobody:secret@127.0.0.1:9/none"
    said = run("doctor", "--json", MEMORY_DATABASE_URL=url, MEMORY_EMBEDDING__BACKEND="hash")

    assert said.returncode == 1
    assert [check["ok"] for check in json.loads(said.stdout)["checks"]] == [False, True]
    assert "secret" not in said.stdout


def test_doctor_asks_a_cross_encoder_that_is_configured() -> None:
    said = run(
        "doctor", "--json",
        MEMORY_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none",
        MEMORY_EMBEDDING__BACKEND="hash",
        MEMORY_CROSS_ENCODER__BACKEND="local",
        MEMORY_CROSS_ENCODER__MODEL="/no/such/folder",
    )  # fmt: skip

    [_, _, check] = json.loads(said.stdout)["checks"]
    assert (check["check"], check["ok"]) == ("cross-encoder", False)
    assert "there is no folder /no/such/folder" in check["detail"]


def test_the_corpus_is_as_the_service_takes_it() -> None:
    corpus = demo_records.load()
    document = next(e for e in corpus.episodes if e["kind"] == "document")

    assert document["title"]
    assert "title" not in document["metadata"]
    assert len(corpus.by_id) == len(corpus.episodes)


def _hit(*sources: str) -> Hit:
    return Hit(id="", kind="", date="", speaker="", text="", relevance=1, reason="", quotes=(),
               sources=sources, known=False)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "share"),
    [((), 0), (("x",), 0), (("a",), 0.5), (("a", "b", "x"), 1), (("a", "a"), 0.5)],
)
def test_recall_is_the_share_of_the_evidence_among_the_hits(
    found: tuple[str, ...], share: float
) -> None:
    question = Question(text="?", evidence=("a", "b"), about="multi")
    asked = Asked(question=question, hits=tuple(map(_hit, found)), abstained=False, milliseconds=1)

    assert asked.recall == share


def test_the_command_line_of_a_model_server_can_be_looked_at() -> None:
    said = run("vllm", "org/model", "--print", "--adapters", "2", "--", "--seed", "7")
    assert said.returncode == 0, said.stderr
    line = said.stdout.split()
    assert line[line.index("serve") + 1] == "org/model"
    assert line[line.index("--max-loras") + 1] == "3"
    assert line[-2:] == ["--seed", "7"]


def test_without_vllm_the_command_says_how_to_get_it() -> None:
    said = run("vllm", "org/model", PATH="/nowhere")
    assert said.returncode == 1
    assert said.stderr == "error: vllm is not installed here: pip install 'memory-service[vllm]'\n"


async def test_the_doctor_tells_what_the_chat_server_can_do(folder: Path) -> None:
    def answer(asked: Request) -> Sequence[Step]:
        return told({"data": [{"id": "m", "owned_by": "vllm"}]} if asked.method == "GET" else {})

    async with raw_server(answer) as server:
        variables = {
            "MEMORY_DATA_DIR": str(folder), "MEMORY_EMBEDDING__BACKEND": "hash",
            "MEMORY_CHAT__URL": server.url, "MEMORY_CHAT__MODEL": "m",
        }  # fmt: skip
        said = await asyncio.to_thread(run, "doctor", "--json", **variables)
    assert said.returncode == 0, said.stderr
    (check,) = [c for c in json.loads(said.stdout)["checks"] if c["check"] == "chat model"]
    assert check["ok"]
    assert check["detail"].startswith("m at vllm: chat; without schema,")
