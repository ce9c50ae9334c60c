"""What `listen` prints: a line for each delivery, and what happens to the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from hookline.cli.listen.session import Delivery
from hookline.cli.listen.target import Answer
from hookline.cli.output import BAD, GOOD, WAITS, clean, duration, print_line, said
from hookline.errors import HooklineError


@dataclass(frozen=True)
class Last:
    """The delivery that was printed last, and the answer."""

    delivery: Delivery
    answer: Answer


class Screen:
    """Threads share it; lines never mix."""

    def __init__(
        self,
        as_json: bool = False,
        quiet: bool = False,
        bodies: bool = False,
        shows_urls: bool = False,
    ) -> None:
        self._as_json, self._quiet, self._bodies = as_json, quiet, bodies
        self._shows_urls = shows_urls
        self._lock = threading.Lock()
        self.ok = self.bad = 0
        self.last: Last | None = None

    def delivered(self, delivery: Delivery, answer: Answer) -> None:
        with self._lock:
            self.last = Last(delivery, answer)
            self.ok += answer.ok
            self.bad += not answer.ok
            if self._as_json:
                print_line(_members(delivery, answer))
            else:
                where = f"  → {answer.url}" if self._shows_urls else ""
                click.echo(line_of(delivery, answer) + where)
                if self._bodies:
                    click.echo(f"    {clean(delivery.body.decode(errors='replace'))}")

    def followed(self, result: Mapping[str, Any]) -> None:
        if result["status"] == "delivered":
            return
        if result["retry_in"] is not None:
            self._tell(f"{result['delivery_id']} is tried again in {duration(result['retry_in'])}")
        else:
            self._tell(f"{result['delivery_id']} has {result['status']} after its last try", BAD)

    def lost(self, error: HooklineError) -> None:
        self._tell(f"Hookline does not answer ({error}). Trying again; nothing is lost.", WAITS)

    def back(self, seconds: float) -> None:
        self._tell(f"Connected again after {duration(seconds)}.", GOOD)

    def restarted(self) -> None:
        self._tell(
            "The listener had ended while this computer was away. It was started again. Events of "
            "the time between were not sent here.",
            WAITS,
        )

    def finishing(self, count: int) -> None:
        what = "a delivery" if count == 1 else f"{count} deliveries"
        leave = "it" if count == 1 else "them"
        self._tell(f"Finishing {what}. Press Ctrl-C to leave {leave}.", WAITS)

    def show(self, text: str, is_bad: bool = False) -> None:
        """What someone asked for by a key, so also with `--quiet`."""
        with self._lock:
            click.echo(said(text, BAD if is_bad else None), err=True)

    def _tell(self, text: str, colour: str | None = None) -> None:
        if not self._quiet:
            with self._lock:
                click.echo(said(text, colour), err=True)


def line_of(delivery: Delivery, answer: Answer) -> str:
    """Time, type, id, what the local server answered, and how long that took."""
    clock = time.strftime("%H:%M:%S")
    if answer.status is None:
        outcome = said(answer.error, BAD)
    else:
        text = f"{answer.status}" + (f" {answer.error}" if answer.error else "")
        outcome = said(text, GOOD if answer.ok else BAD)
    again = f"  try {delivery.number}" if delivery.number > 1 else ""
    return (
        f"{clock}  {clean(delivery.event_type):<24}  {delivery.delivery_id}  {outcome}"
        f"  {answer.milliseconds:.0f} ms{again}"
    )


def _members(delivery: Delivery, answer: Answer) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "event_type": delivery.event_type,
        "try": delivery.number,
        "status_code": answer.status,
        "failure": answer.failure,
        "error": answer.error or None,
        "duration_ms": round(answer.milliseconds, 1),
        "url": answer.url,
    }
