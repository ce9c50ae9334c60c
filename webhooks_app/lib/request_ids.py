"""The id of a request, which its answer and its log lines have."""

import os
import re

HEADER = "X-Request-Id"
USABLE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def request_id_of(given: str | None) -> str:
    """The id that a proxy gave it, or a new one."""
    return given if given and USABLE.fullmatch(given) else os.urandom(8).hex()
