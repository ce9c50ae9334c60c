"""The door in front of Flask, over raw sockets: no client holds a thread, and no body is cut."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import pytest
import requests

from tests.conftest import MEASURED
from tests.server.conftest import Site
from tests.server.wire import ask, chunk, head, held, read, status
from tests.support.servers import PATIENCE
from webhooks_app.inbox.requests import BODY_LIMIT
from webhooks_app.lib.body_limits import FORM, LITTLE
from webhooks_app.server.body import GRACE

EVENT = b'{"type": "lead.captured", "data": {"name": "Ada"}}'
CHUNKED = {"transfer_encoding": "chunked"}
END = b"0\r\n\r\n"


def api(site: Site, line: str = "POST /api/v1/events", **headers: object) -> bytes:
    key = f"Bearer {site.key}"
    return head(line, content_type="application/json", authorization=key, **headers)


def beginnings(site: Site) -> list[bytes]:
    """Requests that never continue; if threads read bodies, each would hold one."""
    return [
        head("POST /login", content_length=1000) + b"x",
        head(f"POST /test-webhook/{site.inbox}", content_length=500_000) + b"x",
        head("POST /api/test-webhook", **CHUNKED) + chunk(b"x"),
        head("POST /api/v1/events", authorization="Bearer hk_live_guess", content_length=9),
        api(site, content_length=900_000) + b"x",
        api(site, "POST /api/v1/events/batch", content_length=60_000_000) + b"x",
        api(site, "POST /api/v1/events/batch", **CHUNKED) + chunk(b"x"),
    ]


def test_others_are_served_while_500_sockets_stall(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    begun = [*beginnings(site), b"POST /login HTTP/1.1\r\nhost: loc"] * 63

    def post(number: int) -> float:
        started = time.perf_counter()
        event = {"type": "lead.captured", "data": {"n": number}}
        url = f"{site.url}/api/v1/events"
        answer = requests.post(url, json=event, headers=site.authorization, timeout=PATIENCE)
        assert answer.status_code == 202
        return time.perf_counter() - started

    with held(site.port, begun[:500]), ThreadPoolExecutor(4) as threads:
        took = list(threads.map(post, range(300)))
        assert site.answers()
    slowest = quantiles(took, n=100)[98]
    record_property(MEASURED, f"500 stalled sockets: p99 of other POSTs {slowest * 1000:.0f} ms")


def test_a_body_that_does_not_come_is_given_up(site: Site) -> None:
    """All at the same time, since each takes a while. Each gets an answer, then the end."""
    with held(site.port, beginnings(site)) as wires:
        answers = [read(wire) for wire in wires]
        assert [status(answer) for answer in answers] == [408] * len(wires), answers
        for wire in wires:
            wire.settimeout(PATIENCE)
            assert wire.recv(1) == b""


def test_a_trickle_is_given_up_too(site: Site) -> None:
    """A byte a second would pass any limit on silence; the overall rate counts."""
    with held(site.port, [head("POST /login", content_length=1000)]) as (wire,):
        started = time.monotonic()
        wire.settimeout(1)
        answer = b""
        while not answer and time.monotonic() < started + GRACE * 3:
            wire.sendall(b"x")
            try:
                answer = wire.recv(1000)
            except TimeoutError:
                continue
    assert status(answer) == 408


def test_a_body_in_pieces_arrives_whole(site: Site) -> None:
    pieces = [EVENT[:5], EVENT[5:30], EVENT[30:]]
    assert status(ask(site.port, api(site, content_length=len(EVENT)), *pieces)) == 202
    assert status(ask(site.port, api(site, **CHUNKED), *map(chunk, pieces), END)) == 202


@pytest.mark.parametrize(
    ("headers", "sent"),
    [({"content_length": 100}, EVENT), (CHUNKED, chunk(EVENT)), (CHUNKED, b"zz\r\n")],
)
def test_half_a_body_is_none(site: Site, headers: dict[str, object], sent: bytes) -> None:
    """The event in it is complete, but the client announced more."""
    answer = ask(site.port, api(site, **headers), sent, end=True)
    assert status(answer) == 400
    assert b"/docs/api#incomplete-body" in answer
    page = ask(site.port, head("POST /login", **headers), sent, end=True)
    assert status(page) == 400
    assert page.endswith(b"The request's body is incomplete.\n")


LIMITS = [
    ("POST /api/v1/events", FORM, True),
    ("POST /api/v1/webhooks", FORM, True),
    ("POST /login", LITTLE, False),
    ("POST /password/forgot", LITTLE, False),
    ("POST /api/test-webhook", BODY_LIMIT, False),
    ("POST /test-webhook/{site.inbox}", BODY_LIMIT, False),
    ("PUT /test-webhook/{site.inbox}", BODY_LIMIT, False),
]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("line", "most", "key"), LIMITS)
def test_too_much_is_refused_however_it_is_sent(
    site: Site, line: str, most: int, key: bool, chunked: bool
) -> None:
    """One byte above the limit is a 413; at the limit the body is read."""
    more = {"authorization": f"Bearer {site.key}"} if key else {}
    line = line.format(site=site)

    def send(size: int) -> int:
        data = EVENT.ljust(size)
        if chunked:
            request = head(line, content_type="application/json", **CHUNKED, **more)
            return status(ask(site.port, request, chunk(data), END))
        request = head(line, content_type="application/json", content_length=size, **more)
        return status(ask(site.port, request, data))

    assert send(most + 1) == 413
    assert send(most) not in (408, 413, 500)


def test_only_batches_may_be_large(site: Site) -> None:
    events = [{"type": "lead.captured", "data": {"text": "x" * 100_000}}] * 40
    sent = json.dumps({"events": events}).encode()
    assert len(sent) > FORM
    line = "POST /api/v1/events/batch"

    whole = ask(site.port, api(site, line, content_length=len(sent)), sent)
    chunks = ask(site.port, api(site, line, **CHUNKED), chunk(sent), END)

    assert status(whole) == status(chunks) == 202
    assert whole.count(b'"evt_') == chunks.count(b'"evt_') == 40


@pytest.mark.parametrize(
    ("line", "headers", "expected"),
    [
        ("POST /nowhere", {}, 404),
        ("POST /api/v1/nowhere", {}, 404),
        ("POST /docs/api", {}, 405),
        ("POST /api/v1/events/batch", {}, 401),
        ("POST /api/v1/events/batch", {"authorization": "Bearer hk_live_guess"}, 401),
        ("POST /login", {}, 413),
    ],
)
@pytest.mark.parametrize("expect", [{}, {"expect": "100-continue"}])
def test_what_is_refused_by_its_headers_is_not_read(
    site: Site, line: str, headers: dict[str, str], expected: int, expect: dict[str, str]
) -> None:
    """Answered before the body arrives."""
    answer = ask(site.port, head(line, content_length=50_000_000, **headers, **expect))
    assert status(answer) == expected
    assert b"100 Continue" not in answer


def test_a_client_that_asks_first_is_told_to_go_on(site: Site) -> None:
    request = api(site, content_length=len(EVENT), expect="100-continue")
    with held(site.port, [request]) as (wire,):
        assert wire.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(EVENT)
        assert status(read(wire)) == 202


def test_a_connection_is_kept_for_the_next_request(site: Site) -> None:
    event = api(site, content_length=len(EVENT)) + EVENT
    pipelined = ask(site.port, event + head("GET /healthz"), event, answers=3)
    assert pipelined.count(b"HTTP/1.1 202 ") == 2
    assert pipelined.count(b"HTTP/1.1 200 ") == 1


def test_head_has_the_headers_of_get_and_no_body(site: Site) -> None:
    got, headed = (ask(site.port, head(f"{method} /docs/api")) for method in ("GET", "HEAD"))
    fields, _, rest = headed.partition(b"\r\n\r\n")
    assert rest == b""
    length = int(fields.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert length == len(got.partition(b"\r\n\r\n")[2])


def test_what_came_is_told_as_it_came(site: Site) -> None:
    """The inbox keeps who sent it and with which headers; one that is not ASCII counts as sent."""
    request = head(f"POST /test-webhook/{site.inbox}", content_length=2, x_twice="a", X_Twice="b")
    assert (
        status(ask(site.port, request.replace(b"\r\n\r\n", b"\r\nx-odd: \xfc\r\n\r\n"), b"{}"))
        == 200
    )

    assert status(ask(site.port, api(site, content_length=2, idempotency_key="ü"), b"{}")) == 422
    assert b"visible ASCII" in ask(
        site.port, api(site, content_length=len(EVENT), idempotency_key="ü"), EVENT
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/test-webhook/%ff%00", 404), ("/%2e%2e/%2f", 404), ("/docs/%C3%BC", 404)],
)
def test_odd_paths_are_paths(site: Site, path: str, expected: int) -> None:
    assert status(ask(site.port, head(f"GET {path}"))) in (expected, 302)


def test_nothing_was_logged_as_an_error(site: Site) -> None:
    """Last: checks everything before it."""
    assert "Traceback" not in site.log.read_text()
    assert '"level": "error"' not in site.log.read_text()
