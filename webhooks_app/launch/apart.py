"""Run a call in a separate process, whose memory is freed with it."""

import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from webhooks_app.lib.starting import CannotStart

Result = TypeVar("Result")


def apart(call: Callable[[], Result]) -> Result:
    """What `call` returns, or the `CannotStart` that it raises. Only Linux forks safely."""
    if sys.platform != "linux":
        return call()
    here, there = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_answer, args=(call, there))
    process.start()
    there.close()
    try:
        result = here.recv()
    except EOFError:
        raise CannotStart("a check failed; see above why") from None
    finally:
        process.join()
    if isinstance(result, CannotStart):
        raise result
    return result  # type: ignore[no-any-return]


def _answer(call: Callable[[], object], to: Connection) -> None:
    try:
        to.send(call())
    except CannotStart as error:
        to.send(error)
