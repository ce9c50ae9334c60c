"""Check and make signatures, without a connection."""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path
from typing import Any

import click

from hookline.cli.command import NEGATIVE, Command, Failed
from hookline.cli.output import print_json, said
from hookline.cli.state import State, pass_state
from hookline.receive import FORMATS, BadSignature
from hookline.receive import verify as check

SECRET = click.option(
    "--secret",
    required=True,
    envvar="HOOKLINE_SECRET",
    metavar="SECRET",
    help="The signing secret; also from HOOKLINE_SECRET.",
)


@click.command(cls=Command)
@click.argument("file", default="-")
@SECRET
@click.option("--format", "wire_format", type=click.Choice(list(FORMATS)), help="If not detected.")
@click.option("--tolerance", type=float, default=300, metavar="SECONDS", help="For its time.")
@pass_state
def verify(state: State, file: str, secret: str, wire_format: str | None, tolerance: float) -> None:
    """Check the signature of a request: its headers, an empty line, its body.

    Reads standard input or FILE. It ends with 1 and says why when the signature is wrong.
    """
    headers, body = request_in(_read(file))
    try:
        event = check(secret, headers, body, wire_format=wire_format, tolerance=tolerance)
    except BadSignature as error:
        raise Failed(str(error), NEGATIVE, reason=error.reason) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if state.as_json:
        print_json({"verified": True, "event_type": event.type})
    else:
        click.echo(f"{said('The signature is right.', 'green')} It is a {said(event.type)}.")


@click.command(cls=Command)
@click.argument("file", default="-")
@SECRET
@click.option(
    "--format", "wire_format", type=click.Choice(list(FORMATS)), default="standard", help="How."
)
@click.option("--id", "delivery_id", metavar="ID", help="The delivery's id (a new one).")
@click.option("--timestamp", type=int, metavar="SECONDS", help="When, in Unix seconds (now).")
@pass_state
def sign(
    state: State,
    file: str,
    secret: str,
    wire_format: str,
    delivery_id: str | None,
    timestamp: int | None,
) -> None:
    """Print the headers that a webhook with this body would have.

    Reads the body from standard input or FILE, to test a receiver:
    curl -H @<(hookline sign body.json) --data-binary @body.json …
    """
    body = _read(file)
    at = int(time.time()) if timestamp is None else timestamp
    id_ = delivery_id or f"msg_{secrets.token_hex(13)}"
    headers = FORMATS[wire_format].scheme.sign(secret, id_, body, at)
    if state.as_json:
        print_json(headers)
        return
    for name, value in headers.items():
        click.echo(f"{name}: {value}")


def request_in(text: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of a request as tools print it, with or without its first line."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        head, found, body = text.partition(gap)
        if found:
            break
    else:
        raise click.UsageError("There is no empty line between headers and body.")
    lines = head.decode(errors="replace").splitlines()
    pairs = [line.partition(":") for line in lines if ":" in line and " HTTP/" not in line]
    return [(name.strip(), value.strip()) for name, _, value in pairs], body


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        why: Any = error.strerror or error
        raise click.UsageError(f"{file} cannot be read: {str(why).lower()}.") from error
