"""The receivers of the documents, in each framework: they take what is sent and nothing else."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hookline.receive import FORMATS
from tests.compatibility.delivering import (
    SECRET,
    SIGNED,
    TIMED,
    check,
    check_what_is_malformed,
    request_of,
    send,
    serving,
)

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/python.md").read_text()
SOURCE = str(ROOT / "clients/python/src")
START = f"import sys\nsys.path.insert(0, {SOURCE!r})\n"
# Handlers that count, fail once, and answer for themselves, under paths of their own.
MORE = {
    "flask": """
calls = []

@app.post("/once")
@webhook(receiver)
def once(event):
    calls.append(event.delivery_id)
    if calls.count(event.delivery_id) == 1:
        raise RuntimeError("not yet")
    return str(len(calls)), 201

@app.post("/unwell")
@webhook(receiver)
async def unwell(event):
    calls.append(event.delivery_id)
    return ("no disk", 503) if calls.count(event.delivery_id) == 1 else None

@app.post("/<name>/named")
@webhook(Receiver("{secret}", largest_body=2000))
def named(event, name):
    return name, 202

app.run(port=8080)
""",
    "fastapi": """
from fastapi import Depends, Response

calls = []

@app.post("/once")
@webhook(receiver)
def once(event):
    calls.append(event.delivery_id)
    if calls.count(event.delivery_id) == 1:
        raise RuntimeError("not yet")
    return Response(str(len(calls)), 201)

class Unwell:
    __name__ = "unwell"

    async def __call__(self, event):
        calls.append(event.delivery_id)
        return Response("no disk", 503) if calls.count(event.delivery_id) == 1 else None

app.post("/unwell")(webhook(receiver)(Unwell()))

@app.post("/{{name}}/named")
@webhook(Receiver("{secret}", largest_body=2000))
async def named(event, name: str, status: int = Depends(lambda: 202)):
    return Response(name, status)
""",
    "django": """
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from wsgiref.simple_server import make_server

calls = []

@webhook(receiver)
def once(event):
    calls.append(event.delivery_id)
    if calls.count(event.delivery_id) == 1:
        raise RuntimeError("not yet")
    return HttpResponse(str(len(calls)), status=201)

@webhook(receiver)
async def unwell(event):
    calls.append(event.delivery_id)
    return HttpResponse("no disk", status=503) if calls.count(event.delivery_id) == 1 else None

@webhook(Receiver("{secret}", largest_body=2000))
def named(event, name):
    return HttpResponse(name, status=202)

urlpatterns += [path("once", once), path("unwell", unwell), path("<str:name>/named", named)]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
)
make_server("127.0.0.1", 8080, get_wsgi_application()).serve_forever()
""",
}
GRANIAN = ["-m", "granian", "--interface", "asgi", "--port", "PORT", "receiver:app"]


@pytest.fixture(scope="module", params=MORE)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = request.param
    [snippet] = [
        one
        for one in re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
        if f"receive.{name}" in one
    ]
    source = START + snippet + MORE[name].format(secret=SECRET)
    command = [sys.executable, *(GRANIAN if name == "fastapi" else ["receiver.py"])]
    with serving(tmp_path_factory.mktemp(name), source, "receiver.py", command) as url:
        yield url


@pytest.mark.parametrize("name", SIGNED)
def test_it_takes_what_we_send_and_nothing_else(url: str, name: str) -> None:
    check(name, f"{url}/hook", refused=[400], timed=name in TIMED)
    check_what_is_malformed(name, f"{url}/hook", refused=[400])
    assert send(f"{url}/crm/named", *request_of(name)) == 202


def signed(id_: str, body: bytes = b'{"type":"x","data":{}}') -> tuple[dict[str, str], bytes]:
    headers = FORMATS["standard"].scheme.sign(SECRET, id_, body, int(time.time()))
    return headers | {"Content-Type": "application/json"}, body


def test_one_that_failed_is_handled_again_and_then_never_more(url: str) -> None:
    ids = [send(f"{url}/once", *signed("msg_again")) for _ in range(4)]
    assert ids == [500, 201, 200, 200]


def test_one_that_answers_with_an_error_is_handled_again(url: str) -> None:
    assert [send(f"{url}/unwell", *signed("msg_ill")) for _ in range(3)] == [503, 204, 200]


def test_a_body_has_a_limit(url: str) -> None:
    text = b"x" * 3000
    body = b'{"type":"x","data":{"text":"%b"}}' % text
    assert send(f"{url}/crm/named", *signed("msg_large", body)) == 413
    assert send(f"{url}/hook", *signed("msg_large", body)) == 204


def test_only_post_is_taken(url: str) -> None:
    assert requests.get(f"{url}/hook", timeout=10).status_code == 405
