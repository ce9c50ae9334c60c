"""The parts of an app: made once in `create_app`, reached by `parts()`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from webhooks_app.config import Settings
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.rate import Rates
from webhooks_app.lib.recent_writes import RecentWrites
from webhooks_app.lib.room import Room
from webhooks_app.lib.ssrf import Guard

if TYPE_CHECKING:
    from webhooks_app.database.replica import Replica
    from webhooks_app.doorbell import Doorbell
    from webhooks_app.ingest.group_commit import GroupCommit

SLOT = "hookline"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts.

    `guard` says which addresses may be reached, `vault` encrypts secrets, `rates` counts requests,
    `doorbell` wakes workers, and `ingest` commits events. `replica` is what pages may read from,
    unless `writes` says that the reader has just changed something. `delays` bounds how many
    answers may wait at once, `listening` how many visits of listeners, and `exports` how many
    exports run, so that a quarter of the threads stays free.
    """

    settings: Settings
    guard: Guard
    vault: Vault
    rates: Rates
    doorbell: "Doorbell"
    ingest: "GroupCommit"
    replica: "Replica | None"
    writes: RecentWrites
    delays: Room
    listening: Room
    exports: Room


def parts_of(app: Flask) -> Parts:
    return cast(Parts, app.extensions[SLOT])


def parts() -> Parts:
    """The parts of the current app."""
    return cast(Parts, current_app.extensions[SLOT])
