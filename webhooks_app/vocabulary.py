"""The product's terms that the code uses as values."""

from enum import StrEnum


class Mode(StrEnum):
    LIVE = "live"
    TEST = "test"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    VIEWER = "viewer"


class ActorKind(StrEnum):
    """Who did something. `visitor`: someone who is not logged in; `system`: Hookline itself."""

    PERSON = "person"
    API_KEY = "api_key"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"
    VISITOR = "visitor"


class SubscriptionKind(StrEnum):
    ACTION = "action"
    WEBHOOK = "webhook"


class ChannelName(StrEnum):
    WEBHOOK = "webhook"
    EMAIL = "email"


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class EventOrigin(StrEnum):
    API = "api"
    CHAT = "chat"
    TEST = "test"
    PING = "ping"


# Real events, whether reported or derived from a conversation.
REAL_ORIGINS = (EventOrigin.API, EventOrigin.CHAT)


class Trigger(StrEnum):
    """The cause of a delivery. A recovery is the first delivery of a missed event."""

    EVENT = "event"
    REPLAY = "replay"
    RECOVERY = "recovery"
    TEST = "test"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


# States that are not final: waiting to be sent, or being sent.
WAITING = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING)
OPEN = (*WAITING, DeliveryStatus.SENDING)


class Frequency(StrEnum):
    """How often digests are sent (Pivra, "Activity digests")."""

    HOURLY = "hourly"
    EVERY_4_HOURS = "every_4_hours"
    EVERY_6_HOURS = "every_6_hours"
    DAILY = "daily"
    EVERY_2_DAYS = "every_2_days"
    WEEKLY = "weekly"


class Failure(StrEnum):
    """Why a try failed.

    `refused`: our guard does not allow the address. `unconfirmed`: no address of an action has
    confirmed that it wants mails.
    """

    STATUS = "status"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    NETWORK = "network"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    INTERNAL = "internal"


# How the names begin of events about webhooks, deliveries and keys themselves.
RESERVED = ("subscription.", "delivery.", "replay.", "secret.", "api_key.")

SUBJECT_TYPES = (
    "chatbot",
    "room",
    "space",
    "customer",
    "contact",
    "onboarding",
    "task",
    "conversation",
)
