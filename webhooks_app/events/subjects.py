"""What may name a subject: the chatbot, room or space that an event is about."""

import re
from collections.abc import Iterator

from webhooks_app.lib.pointers import Fault

TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def subject_faults(type_: str, id_: str) -> Iterator[Fault]:
    """As members of `{"type": …, "id": …}`."""
    if not TYPE.fullmatch(type_):
        yield Fault("#/type", "A type is a lower-case word of 1 to 40 characters.")
    yield from (fault.below("id") for fault in id_faults(id_))


def id_faults(id_: str) -> Iterator[Fault]:
    if not ID.fullmatch(id_):
        yield Fault("#", "An id has 1 to 200 characters, none of them a control character.")
