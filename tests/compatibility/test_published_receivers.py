"""The receiver code that the five systems published accepts our deliveries unchanged."""

import base64
import hmac
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from tests.compatibility.delivering import SECRET, check, request_of, send, serving
from tests.support.receiver import Receiver
from tests.support.skips import NOT_PUBLISHED_HERE

DOCUMENTS = Path(__file__).parents[3] / "shared" / "seeds"
EXPRESS = Path(__file__).with_name("express.js")
REFUSED = [401, 500]  # their code throws where a signature has another length

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def document(start: str) -> str:
    """The published document whose file name starts with `name`."""
    found = list(DOCUMENTS.glob(f"{start}*")) if DOCUMENTS.is_dir() else []
    if not found:
        pytest.skip(NOT_PUBLISHED_HERE)
    return found[0].read_text()


def between(text: str, start: str, end: str) -> str:
    """The text from the last `start` that is followed by `end`, both included."""
    stop = text.index(end, text.index(start)) + len(end)
    return text[text.rindex(start, 0, stop) : stop]


@contextmanager
def node(folder: Path, code: str) -> Iterator[str]:
    shutil.copy(EXPRESS, folder / "express.js")
    code = code.replace("require('express')", "require('./express.js')")
    with serving(folder, code, "receiver.js", ["node", "receiver.js"]) as url:
        yield url


@needs_node
def test_pivras_verify_for_node(tmp_path: Path) -> None:
    verify = between(document("000"), "const crypto", "return header === expected;\n}")
    server = """
    require('http').createServer((request, response) => {
      let body = Buffer.alloc(0);
      request.on('data', (chunk) => { body = Buffer.concat([body, chunk]); });
      request.on('end', () => {
        const header = request.headers['x-pivra-signature-256'];
        response.writeHead(verify(process.env.WEBHOOK_SECRET, body, header) ? 200 : 401).end();
      });
    }).listen(8080);
    """
    with node(tmp_path, f"{verify}\n{server}") as url:
        check("pivra", url, refused=[401], timed=False)


@needs_node
@pytest.mark.parametrize("which", ["first", "second"])
def test_pollybots_express_servers(tmp_path: Path, which: str) -> None:
    text = document("002")
    if which == "first":
        code = between(text, "const crypto", "res.status(200).send('OK');\n});")
        head = "const express = require('express');\nconst app = express();\n"
        code, path = head + code + "\napp.listen(3000);\n", "/webhook"
        assert "'your-webhook-secret'" in code
        code = code.replace("'your-webhook-secret'", f"'{SECRET}'")
    else:
        code = between(text, "const express", "app.listen(3000, () => {\n});")
        path = "/webhooks/pollybot"
        code = code.replace("process.env.POLLYBOT_WEBHOOK_SECRET", f"'{SECRET}'")
    with node(tmp_path, code) as url:
        check("pollybot", url + path, refused=REFUSED, timed=False)
        for value in ("", "sha256=", "x"):
            headers, body = request_of("pollybot")
            assert send(url + path, headers | {"X-Webhook-Signature": value}, body) in REFUSED


def test_pollybots_flask_server(tmp_path: Path) -> None:
    lines = between(document("002"), "import hmac", "return 'OK', 200").splitlines()
    code = indented(lines).replace("'your-webhook-secret'", f"'{SECRET}'")
    run = "\napp.run(port=8080)\n"
    with serving(tmp_path, code + run, "receiver.py", [sys.executable, "receiver.py"]) as url:
        check("pollybot", f"{url}/webhook", refused=[401], timed=False)


def indented(lines: list[str]) -> str:
    """Restore the indentation of the document's Python, which it lost.

    Lines of a function and of an `if` are indented again.
    """
    result = []
    for before, line in zip(["", *lines], lines, strict=False):
        outside = re.match(r"import |from |app = |@app|def ", line)
        within = 4 if before.startswith("if ") else 0
        result.append(line if outside else " " * (4 + within) + line)
    return "\n".join(result)


def test_what_pollybot_documents_is_what_arrives() -> None:
    start, end = '{\n"event": "LEAD_CREATED"', '"chatbotId": "clp123chatbot456"\n}'
    example = between(document("002"), start, end)
    headers, body = request_of("pollybot")
    sent, shown = orjson.loads(body), orjson.loads(example)
    assert list(sent) == list(shown)
    assert sent["event"] == shown["event"]
    assert shown["data"].keys() <= sent["data"].keys()
    assert {type(sent[key]) for key in sent} == {type(shown[key]) for key in shown}
    assert re.fullmatch(r"sha256=[0-9a-f]{64}", headers["X-Webhook-Signature"])


def test_what_pivra_documents_is_what_arrives() -> None:
    example = between(document("000"), '{\n  "id": "evt_abc123"', "\n}\n")
    _, body = request_of("pivra")
    sent, shown = orjson.loads(body), orjson.loads(example)
    assert list(sent) == list(shown)
    assert {type(sent[key]) for key in sent} == {type(shown[key]) for key in shown}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", sent["timestamp"])


def test_what_pivotal_documents_is_what_arrives() -> None:
    text = document("001")
    headers, body = request_of("pivotal")
    for line in ("content-type", "pivotal-event", "pivotal-delivery-id", "pivotal-signature"):
        assert f"{line}: " in text
    assert "{ id, type, created_at, data }" in text
    assert list(orjson.loads(body)) == ["id", "type", "created_at", "data"]
    assert headers["pivotal-delivery-id"].startswith("msg_")
    assert 'v1,t=1716566400,sig=base64(hmac-sha256(secret, t + "." + body))' in text
    seconds, signature = headers["pivotal-signature"].removeprefix("v1,t=").split(",sig=")
    mac = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, "sha256").digest()
    assert base64.b64decode(signature) == mac


def test_what_pivot_documents_is_what_arrives() -> None:
    """Only in words: the header's value is the HMAC-SHA256 of the raw body."""
    assert "Compute the HMAC-SHA256 of the raw request body" in document("003")
    with Receiver() as receiver:
        send(receiver.url, *request_of("pivot"))
    [request] = receiver.received
    computed = hmac.new(SECRET.encode(), request.body, "sha256").hexdigest()
    assert request.headers["x-pivot-signature"] == computed


def test_what_inqyra_documents_is_what_arrives() -> None:
    text = document("004")
    _, body = request_of("inqyra")
    assert list(orjson.loads(body)) == ["event", "timestamp", "data"]
    assert all(f"\n- {member} — " in text for member in orjson.loads(body))
