"""The host names that the site accepts."""

import json

import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from webhooks_app.config import Settings
from webhooks_app.server.hosts import is_trusted

pytestmark = pytest.mark.whole

OURS = Settings(public_url="https://hooks.example.com:8443/", trusted_hosts="a.example, .b.example")


KNOWN = ["", "hooks.example.com", "HOOKS.example.com:8443", "a.example", "x.y.b.example"]
KNOWN += ["localhost", "localhost:8000", "web", "my_service:80", "127.0.0.1", "[::1]:80"]


@pytest.mark.parametrize("host", KNOWN)
def test_names_of_ours_addresses_and_names_without_a_dot(host: str) -> None:
    assert is_trusted(host, OURS.own_hosts)


ODD = [".", "..", "xn--zzzz", "xn--zzzz.example", "a" * 64, "a" * 300, "-", "a..b", "[", "[]"]
ODD += ["[::1", "localhost:", "localhost:0", "localhost:99999", "localhost:x", "a b", "a,b", "a/b"]
ODD += [
    "localhost@evil.example",
    "127.0.0.1.",
    "ü",
    "\x00",
    "%00",
    "localhost\t",
    "*",
    ".b.example",
]


@pytest.mark.parametrize("host", ["evil.example", "b.example", "xb.example", *ODD])
def test_others_are_not(host: str) -> None:
    assert not is_trusted(host, OURS.own_hosts)


@pytest.mark.parametrize("host", ODD)
def test_what_is_no_name_is_none_though_every_name_is_ours(host: str) -> None:
    assert is_trusted("evil.example", ["*"])
    assert not is_trusted(host, ["*"])


def ask(app: Flask, path: str, host: str) -> tuple[str, str, str]:
    """The status, the type and the text; Flask's client cannot even ask for some of these hosts."""
    parts, status, headers = run_wsgi_app(app, {**create_environ(path), "HTTP_HOST": host})
    return status, headers["Content-Type"], b"".join(parts).decode()


@pytest.mark.parametrize("host", ["evil.example", *(one for one in ODD if one.isascii())])
def test_a_stranger_is_told_what_helps(app: Flask, host: str) -> None:
    status, kind, text = ask(app, "/login", host)
    assert (status, kind) == ("400 Bad Request", "text/plain; charset=utf-8")
    assert "TRUSTED_HOSTS" in text

    status, kind, text = ask(app, "/api/v1/events", host)
    assert (status, kind) == ("400 Bad Request", "application/problem+json")
    assert "TRUSTED_HOSTS" in json.loads(text)["detail"]


def test_an_address_is_no_stranger(app: Flask) -> None:
    assert ask(app, "/login", "127.0.0.1:8000")[0] == "200 OK"
