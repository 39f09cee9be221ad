"""What a chat client makes of a server that does everything wrong that can be done wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from llm_backend.chat import Message, Piece
from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)
from tests.fixtures.raw_server import (
    DONE,
    Do,
    RawServer,
    Step,
    completion,
    delta,
    event,
    head,
    raw_server,
    told,
)

ASKED = (Message(role="user", content="Who is there?"),)
#: For what ends in a timeout; whatever does not, has as long as a busy machine may take.
TIMEOUT_S = 0.6
PATIENT_S = 20.0
WELL = told(completion())
DRIP: list[Step] = [head(Content_Length="1000"), *[b" ", 0.05] * 200]


@asynccontextmanager
async def asking(
    *scripts: Sequence[Step], timeout_s: float = PATIENT_S
) -> AsyncIterator[tuple[RawServer, HttpChatModel]]:
    """A server that follows one script a request, the last for ever; and a client of it."""
    left = list(scripts)
    async with raw_server(lambda _: left.pop(0) if len(left) > 1 else left[0]) as server:
        model = HttpChatModel(
            model="m", url=server.url, api_key=None, timeout_s=timeout_s, first_pause_s=0.01,
            first_rest_s=60,
        )  # fmt: skip
        yield server, model
        await model.close()


def _time_for(error: type[BackendError]) -> float:
    return TIMEOUT_S if error is BackendTimeout else PATIENT_S


async def streamed(model: HttpChatModel) -> list[Piece]:
    return [piece async for piece in model.stream(ASKED, max_tokens=9)]


@pytest.mark.parametrize(
    ("script", "error", "requests", "ready"),
    [
        pytest.param([10.0], BackendTimeout, 1, True, id="says nothing"),
        pytest.param(DRIP, BackendTimeout, 1, True, id="drips"),
        pytest.param([head(429, Retry_After="9"), b""], BackendTimeout, 1, True, id="busy, long"),
        pytest.param([head(429)], BackendUnavailable, 3, False, id="busy"),
        pytest.param([head(500), b"CUDA"], BackendUnavailable, 3, False, id="broken"),
        pytest.param([Do.HANG_UP], BackendUnavailable, 3, False, id="hangs up"),
        pytest.param([Do.RESET], BackendUnavailable, 3, False, id="resets"),
        pytest.param([b"\x16\x03 what?\r\n\r\n"], BackendUnavailable, 3, False, id="no HTTP"),
        pytest.param(
            [head(Content_Length="999"), b'{"choices"', Do.HANG_UP], BackendUnavailable, 3, False,
            id="cut in the middle",
        ),
        pytest.param([head(), b'{"choices": [{"me'], MalformedReply, 1, True, id="half JSON"),
        pytest.param([head(), b"<html>Sorry</html>"], MalformedReply, 1, True, id="a page"),
        pytest.param(told({"error": "out"}), MalformedReply, 1, True, id="an error with 200"),
        pytest.param([head(404)], ModelNotFound, 1, False, id="another model"),
        pytest.param([head(400)], RequestRefused, 1, True, id="refused"),
    ],
)  # fmt: skip
async def test_every_fault_has_its_error_within_the_time(
    script: list[Step], error: type[BackendError], requests: int, ready: object
) -> None:
    async with asking(script, timeout_s=_time_for(error)) as (server, model):
        started = time.monotonic()
        with pytest.raises(error):
            await model.complete(ASKED, max_tokens=9)
        assert time.monotonic() - started < TIMEOUT_S + 5
        assert len(server.asked) == requests
        assert model.ready is ready


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param([head(503)], id="away"),
        pytest.param([head(429, Retry_After="0")], id="busy"),
        pytest.param([head(429, Retry_After="Sat, 21 Nov 2026 18:00:00 GMT")], id="busy, a date"),
        pytest.param([Do.RESET], id="reset"),
        pytest.param([head(Content_Length="99"), b"{", Do.HANG_UP], id="cut"),
    ],
)
async def test_what_passes_is_tried_again(fault: list[Step]) -> None:
    async with asking(fault, fault, WELL) as (server, model):
        assert (await model.complete(ASKED, max_tokens=9)).text == "hello"
        assert len(server.asked) == 3
        assert model.failure is None


async def test_a_stream_comes_in_pieces_and_ends_with_the_whole() -> None:
    usage = {
        "prompt_tokens": 40, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 32},
    }  # fmt: skip
    script = [
        head(Content_Type="text/event-stream"), b": a comment\n\n", delta("he"), 0.01,
        # Bytes come as they come, and a line separator within a text ends no line.
        *[bytes([b]) for b in delta("l\u2028lo", "stop")], event({"choices": [], "usage": usage}),
        DONE, delta("never read"),
    ]  # fmt: skip
    async with asking(script) as (server, model):
        *pieces, last = await streamed(model)
        assert [piece.text for piece in pieces] == ["he", "l\u2028lo"]
        assert last.whole is not None
        assert (last.whole.text, last.whole.finish_reason) == ("hel\u2028lo", "stop")
        assert (last.whole.prompt_tokens, last.whole.cached_tokens) == (40, 32)
        assert server.asked[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("rest", "error"),
    [
        pytest.param([Do.HANG_UP], BackendUnavailable, id="cut"),
        pytest.param([DONE], BackendUnavailable, id="over too soon"),
        pytest.param([10.0], BackendTimeout, id="stalls"),
        pytest.param([*[delta("x"), 0.05] * 200], BackendTimeout, id="drips"),
        pytest.param([b"data: {not JSON\n\n"], MalformedReply, id="garbage"),
        pytest.param([event({"error": {"message": "dead"}})], MalformedReply, id="an error"),
        pytest.param([b"data: " + b"x" * 3_000_000], MalformedReply, id="a line without end"),
        pytest.param(
            [event({"choices": [{"delta": {}, "finish_reason": "content_filter"}]})],
            RequestRefused, id="refused",
        ),
    ],
)  # fmt: skip
async def test_a_stream_that_goes_wrong_has_given_what_came_and_is_not_repeated(
    rest: list[Step], error: type[BackendError]
) -> None:
    got: list[str] = []
    script = [head(), delta("he"), *rest]
    async with asking(script, timeout_s=_time_for(error)) as (server, model):
        started = time.monotonic()
        with pytest.raises(error):
            await _listen(model, got)
        assert time.monotonic() - started < TIMEOUT_S + 5
        assert got[0] == "he"
        assert len(server.asked) == 1


async def _listen(model: HttpChatModel, got: list[str]) -> None:
    async for piece in model.stream(ASKED, max_tokens=9):
        got.append(piece.text)


async def test_a_stream_that_has_not_begun_is_tried_again() -> None:
    well = [head(), delta("hello", "stop"), DONE]
    async with asking([head(503)], [Do.RESET], well) as (server, model):
        assert [piece.text for piece in await streamed(model)] == ["hello", ""]
        assert len(server.asked) == 3


async def test_who_stops_listening_leaves_the_server_in_good_standing() -> None:
    for_long: list[Step] = [delta("x"), 0.05] * 2000
    async with asking([head(), delta("he"), *for_long]) as (server, model):
        pieces = model.stream(ASKED, max_tokens=9)
        assert (await anext(pieces)).text == "he"
        await pieces.aclose()
        async with asyncio.timeout(20):
            while not server.ended:  # noqa: ASYNC110 - it notices that nobody listens, and stops
                await asyncio.sleep(0.02)
        assert model.ready
        assert model.failure is None


async def test_a_server_at_rest_is_not_asked_for_streams_either() -> None:
    async with asking([head(404)]) as (server, model):
        with pytest.raises(ModelNotFound):
            await streamed(model)
        with pytest.raises(BackendUnavailable, match="not asked for a while"):
            await streamed(model)
        assert len(server.asked) == 1


async def test_logprobs_come_where_they_were_asked_for() -> None:
    tokens = {"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -2}]}
    async with asking(told(completion(logprobs=tokens))) as (server, model):
        said = await model.complete(ASKED, max_tokens=9, logprobs=True)
        assert said.logprobs == (-0.5, -2)
        await model.complete(ASKED, max_tokens=9)
    assert [asked.body.get("logprobs") for asked in server.asked] == [True, None]
