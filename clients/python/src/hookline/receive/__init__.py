"""Verify what a webhook sends, in every wire format, and handle each delivery once.

`hookline.receive.flask`, `.fastapi` and `.django` have a decorator `webhook` for a view.
`hookline.receive.django_store` is an app for Django that remembers deliveries in its database.
"""

from hookline.receive.event import Event, Subject
from hookline.receive.formats import FORMATS
from hookline.receive.postgres import PostgresStore
from hookline.receive.receiver import Receiver, Reception, Reply
from hookline.receive.signatures import BadSignature
from hookline.receive.stores import MemoryStore, RedisStore, SqliteStore, State, Store
from hookline.receive.verify import detect, verify

__all__ = [
    "FORMATS",
    "BadSignature",
    "Event",
    "MemoryStore",
    "PostgresStore",
    "Receiver",
    "Reception",
    "RedisStore",
    "Reply",
    "SqliteStore",
    "State",
    "Store",
    "Subject",
    "detect",
    "verify",
]
