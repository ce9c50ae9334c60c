"""What the API answers.

Made from docs/openapi.json by `make client`: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hookline._model import Model

ActorKind = Literal["api_key", "command_line", "person", "system", "visitor"]

DeliveryStatus = Literal["cancelled", "delivered", "failed", "pending", "retrying", "sending"]

Frequency = Literal["daily", "every_2_days", "every_4_hours", "every_6_hours", "hourly", "weekly"]

Match = Literal["all", "any"]

Role = Literal["admin", "owner", "viewer"]

Speaker = Literal["agent", "assistant", "visitor"]

Step = Literal["day", "hour"]

SubscriptionKind = Literal["action", "webhook"]


@dataclass(frozen=True, kw_only=True)
class Accepted(Model):
    """An event that was accepted."""

    id: str
    type: str
    deliveries: int
    """How many deliveries the event has."""
    results: list[Delivery] | None = None
    """Present after a wait: the deliveries, newest first, up to a hundred."""


@dataclass(frozen=True, kw_only=True)
class AcceptedBatch(Model):
    """Events that were accepted, in the order of the batch."""

    events: list[Accepted]


@dataclass(frozen=True, kw_only=True)
class Actor(Model):
    """Who made the change. `name` and `id` are kept when the actor is deleted."""

    kind: Literal["person", "api_key", "command_line", "system", "visitor", None]
    name: str
    id: str | None
    """The id of a person or an API key."""


@dataclass(frozen=True, kw_only=True)
class AnswerBody(Model):
    """The answer that senders get."""

    status: int | None = None
    delay_ms: int | None = None
    body: str | None = None
    """The body of the answer, up to 4,096 bytes."""
    content_type: Literal["json", "text"] | None = None


@dataclass(frozen=True, kw_only=True)
class ApiKey(Model):
    """An API key. Its token is shown once, in the answer that creates or rotates it."""

    id: str
    name: str
    hint: str
    """The last characters of the token."""
    scopes: list[str]
    created_at: datetime
    created_by: str | None
    """The person or key that created it."""
    expires_at: datetime | None
    last_used_at: datetime | None
    """When it was last used, to the minute."""
    last_used_ip: str | None
    replaced_by: str | None
    """The key that replaced it."""
    token: str | None = None
    """Present only in the answer that creates or rotates the key."""


@dataclass(frozen=True, kw_only=True)
class Attempt(Model):
    """One try of a delivery."""

    number: int
    """The number of the attempt, from 1."""
    outcome: str
    """`succeeded`, `failed`, or `lost` when the worker died before it could store the answer."""
    failure: str | None
    """The kind of failure, such as `timeout`."""
    error: str | None
    """The reason of the failure, as a sentence."""
    status_code: int | None
    """The status code of the answer."""
    url: str
    request_headers: dict[str, str]
    response_headers: list[tuple[str, str]]
    """Names and values. A name can appear more than once."""
    response_body: str
    response_truncated: bool
    """Whether the body was longer than what is kept."""
    started_at: datetime
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class AuditEntry(Model):
    """An entry of the audit log. Entries never change."""

    id: str
    created_at: datetime
    actor: Actor
    action: str
    """What was done, such as `webhook.created`."""
    target: Target
    mode: str | None
    """`live` or `test`; null for what both share, such as members."""
    detail: dict[str, Any]
    """Details. Never a secret."""
    ip: str | None
    user_agent: str | None


@dataclass(frozen=True, kw_only=True)
class ChangedChatbotWebhook(Model):
    """A webhook that was just changed."""

    message: str
    webhook: ChatbotWebhook


@dataclass(frozen=True, kw_only=True)
class ChatbotWebhook(Model):
    """A webhook in Pollybot's terms. It has `secret` only in the answer that creates it."""

    id: str
    name: str
    url: str
    secret: str | None = None
    eventTypes: list[str]
    isActive: bool
    maxRetries: int
    retryDelay: int
    successCount: int
    failureCount: int
    lastTriggeredAt: datetime | None = None
    lastSuccessAt: datetime | None = None
    createdAt: datetime
    updatedAt: datetime


@dataclass(frozen=True, kw_only=True)
class ChatbotWebhooks(Model):
    """The webhooks of a chatbot."""

    webhooks: list[ChatbotWebhook]
    total: int


@dataclass(frozen=True, kw_only=True)
class Condition(Model):
    """A field of the event, and what must be true of it."""

    field: str
    operator: str
    value: bool | int | float | str | list[bool | int | float | str] | None = None


@dataclass(frozen=True, kw_only=True)
class Count(Model):
    """How many deliveries match."""

    count: int
    at_least: bool
    """Whether there may be more than `count`."""


@dataclass(frozen=True, kw_only=True)
class Counters(Model):
    """How the deliveries ended."""

    delivered: int
    failed: int
    failed_attempts: int
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    failing_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Counts(Model):
    """How many attempts had each result."""

    delivered: int
    """Attempts that delivered."""
    retrying: int
    """Attempts that failed and were retried later."""
    failed: int
    """Last attempts that failed."""


@dataclass(frozen=True, kw_only=True)
class CreatedChatbotWebhook(Model):
    """A webhook that was just created, with its secret."""

    message: str
    webhook: ChatbotWebhook
    security: Security


@dataclass(frozen=True, kw_only=True)
class DeletedChatbotWebhook(Model):
    """A webhook that was just deleted."""

    message: str


@dataclass(frozen=True, kw_only=True)
class Delivery(Model):
    """One event for one webhook or action.

    `request_body` and `attempts` are present only when a single delivery is read.
    """

    id: str
    event: Event
    subscription_id: str
    """The id of the webhook or action."""
    trigger: Literal["event", "replay", "recovery", "test"]
    """What caused the delivery."""
    replay_of: str | None
    """The id of the delivery that this one repeats."""
    status: Literal["pending", "sending", "retrying", "delivered", "failed", "cancelled"]
    tries: int
    """How many attempts were made."""
    failures: int
    """How many attempts failed."""
    status_code: int | None
    """The status code of the last answer."""
    error: str | None
    """Why the last attempt failed."""
    next_try_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    request_body: str | None = None
    attempts: list[Attempt] | None = None


@dataclass(frozen=True, kw_only=True)
class DerivedEvent(Model):
    """An event that was derived from a message."""

    id: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Device(Model):
    """A code to compare, and a page on which to approve it."""

    device_code: str
    """Only for the program: it asks with this."""
    user_code: str
    """The code that the person compares in the dashboard."""
    verification_uri: str
    verification_uri_complete: str
    """The same with the code."""
    expires_in: int
    """Seconds."""
    interval: int
    """Seconds between two questions."""


@dataclass(frozen=True, kw_only=True)
class DryRun(Model):
    """What an event would lead to."""

    type: str
    deliveries: int
    """How many deliveries the event would have."""
    explanations: list[Explanation] | None = None
    """Every webhook and action, those that would fire first. Present only for a key with
    `events:read`.
    """


@dataclass(frozen=True, kw_only=True)
class EmailAction(Model):
    """An action that sends e-mail, and its state."""

    channel: Literal["email"]
    id: str
    name: str
    """A name for people."""
    description: str
    """A note for your team."""
    event_types: list[str]
    """The names of the event types to send. A webhook also accepts `customer.*` for all types
    that begin with `customer.`, and `*` for all types. Both include types that are registered
    later.
    """
    scope: Scope | None
    """Send only events about this subject; null for all."""
    conditions: list[Condition]
    """Up to 20 conditions on fields of the event."""
    match: Match
    """`all` or `any`: how many of the conditions must match."""
    changed_fields: list[str]
    """Up to 50 paths: send updates only if one of these fields changed; an empty list for any
    change.
    """
    retry_policy: str | dict[str, Any]
    """When failed deliveries are retried: a policy by its name, delays in seconds, or retries
    that wait twice as long each time.
    """
    rate_limit: float | None
    """How many deliveries may start per second; null for no limit."""
    failure_mail: bool
    """Whether owners and admins get an e-mail when deliveries fail permanently."""
    enabled: bool
    """Whether it is switched on. Nothing is sent while it is off."""
    metadata: dict[str, str]
    """Up to 20 of your own texts by key. Never sent to endpoints."""
    email_to: list[str]
    """1 to 20 e-mail addresses."""
    email_subject: str | None
    """The subject, with fields of the event such as `New lead: {{ data.name }}`; null for a
    subject made from the event.
    """
    schedule: Schedule | None
    """When a digest is sent; null for one e-mail per event, at once."""
    disabled_reason: str | None
    """Why Hookline switched it off; null if it did not."""
    counters: Counters
    created_at: datetime
    updated_at: datetime
    key: str | None
    """Your own key of it, from the path of a PUT."""
    paused_at: datetime | None
    """When it was paused; null if it is not."""
    paused_until: datetime | None
    """When it resumes by itself; null if it does not."""


@dataclass(frozen=True, kw_only=True)
class Event(Model):
    """Something that happened."""

    id: str
    type: str
    subject: Subject | None
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class EventType(Model):
    """Something that can happen."""

    name: str
    title: str
    description: str
    """When such an event happens."""
    group: str
    """The heading it is listed under."""
    pollybot_name: str
    """The name of the type in the wire format `pollybot`."""
    sample: dict[str, Any]
    """A realistic `data`, which tests send."""
    schema: dict[str, Any] | bool | None
    """A JSON Schema (2020-12) of `data`."""
    own: bool
    """Whether your organisation registered it."""


@dataclass(frozen=True, kw_only=True)
class Explanation(Model):
    """Why a current webhook or action matches an event or not."""

    subscription_id: str
    kind: Literal["action", "webhook"]
    name: str
    enabled: bool
    delivered: bool
    """Whether this event was sent to it."""
    would_fire: bool
    """Whether it would match now."""
    asks_for_type: bool
    in_scope: bool
    change_wanted: bool
    """Whether `changed_fields` let it pass."""
    conditions_hold: bool
    conditions: list[JudgedCondition]
    unreadable: bool
    """Whether its settings cannot be read. Then nothing matches."""


@dataclass(frozen=True, kw_only=True)
class Hook(Model):
    """A REST Hook. It is a webhook too, with the same id."""

    id: str
    target_url: str
    event: str
    """The event type; the first one of a webhook with several."""


@dataclass(frozen=True, kw_only=True)
class HookSample(Model):
    """A body as a REST Hook gets it."""

    id: str
    """The id of the event."""
    event: str
    """The event type."""
    timestamp: datetime
    subject: Subject | None
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inbox(Model):
    """A private URL that shows what is sent to it."""

    id: str
    name: str
    url: str
    """The URL to send to. It accepts POST and PUT without a key."""
    answer: AnswerBody
    checks_signatures: bool
    requests: int
    """How many requests are kept."""
    last_received_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class InboxRequest(Model):
    """A request that an inbox received."""

    id: str
    received_at: datetime
    method: str
    source: str
    """The sender's IP address."""
    event: str
    """The event type that was found in the request, or empty."""
    delivery_id: str
    """Empty if none was found."""
    headers: list[tuple[str, str]]
    """Names and values, without credentials. A name can appear more than once."""
    body: str
    """The body. JSON is indented, and in lists long bodies are cut."""
    size: int
    """The size of the body in bytes."""
    lead: dict[str, str]
    """The lead in the request, as far as one was found."""
    answered_status: int
    signature: Signature


@dataclass(frozen=True, kw_only=True)
class Invitation(Model):
    """An open invitation."""

    id: str
    email: str
    role: Literal["owner", "admin", "viewer"]
    invited_by: str
    created_at: datetime
    expires_at: datetime
    works: bool
    """Whether the link works. It does not when it has expired, or when the sender may no longer
    invite. Then send it again.
    """


@dataclass(frozen=True, kw_only=True)
class JudgedCondition(Model):
    """A condition and its result."""

    field: str
    operator: str
    value: Any
    """Any JSON value."""
    passed: bool
    tried: bool
    """Whether the condition was tried. It is not when the budget was used up."""
    found: bool
    """Whether the event has the field."""
    actual: str | int | float | bool | None
    """The value that was found: a text of up to 1,000 characters, a number or a boolean."""


@dataclass(frozen=True, kw_only=True)
class Key(Model):
    """The key itself, without its token."""

    id: str
    name: str
    hint: str
    """The last characters of the token."""
    scopes: list[str]
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Latency(Model):
    """How long delivered attempts took, in milliseconds.

    Upper bounds of buckets. null where nothing was delivered, or it took over 15 s.
    """

    p50: int | None
    p95: int | None
    p99: int | None


@dataclass(frozen=True, kw_only=True)
class Listener(Model):
    """A computer that receives deliveries."""

    id: str
    """Also that of its webhook."""
    name: str
    url: str
    event_types: list[str]
    wire_format: str
    enabled: bool
    paused_at: datetime | None
    key: str | None
    """Your own."""
    expires_at: datetime
    """When it ends without a further visit."""
    created_at: datetime
    session: str | None = None
    """Present only when it is started."""
    secret: str | None = None
    """The signing secret. Present only when it is started."""


@dataclass(frozen=True, kw_only=True)
class Member(Model):
    """A member of the organisation."""

    id: str
    email: str
    name: str
    """The member's name. It is empty until they enter one."""
    role: Literal["owner", "admin", "viewer"]


@dataclass(frozen=True, kw_only=True)
class Message(Model):
    """A message that was accepted, and the events that followed."""

    conversation_id: str
    events: list[DerivedEvent]


@dataclass(frozen=True, kw_only=True)
class Messages(Model):
    """Messages that were accepted, in the order of the batch."""

    messages: list[Message]


@dataclass(frozen=True, kw_only=True)
class Notification(Model):
    """A notification in the dashboard."""

    id: str
    kind: str
    """The kind of notification, such as `delivery_failed` or `key_expiring`."""
    title: str
    body: str
    subscription_id: str | None
    """The id of the webhook or action."""
    delivery_id: str | None
    created_at: datetime
    unread: bool
    """Whether some member has not read it yet."""


@dataclass(frozen=True, kw_only=True)
class OneChatbotWebhook(Model):
    """A webhook of a chatbot."""

    webhook: ChatbotWebhook


@dataclass(frozen=True, kw_only=True)
class OneOfThem(Model):
    """The attempts of one webhook or action."""

    subscription_id: str
    name: str
    attempts: Counts
    success_rate: float | None


@dataclass(frozen=True, kw_only=True)
class Organisation(Model):
    """The organisation that the key belongs to."""

    id: str
    name: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class Plan(Model):
    """The organisation's plan, and what is left of it."""

    name: str
    title: str
    actions: Quota
    webhooks: Quota
    event_types: Quota
    events_per_minute: int | None
    """The limit of the plan; null for none."""
    retention_days: int | None
    """How many days data is kept; null for as long as the operator keeps data."""


@dataclass(frozen=True, kw_only=True)
class Point(Model):
    """The attempts of an hour or a day."""

    start: datetime
    delivered: int
    retrying: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Quota(Model):
    """A limit of the plan and how much of it is used, live and test together."""

    limit: int | None
    """The limit of the plan; null for none."""
    used: int | None
    """The limit per minute; null for none."""


@dataclass(frozen=True, kw_only=True)
class Replay(Model):
    """A replay and its progress."""

    id: str
    status: Literal["running", "finished", "cancelled"]
    total: int | None
    """How many deliveries the replay has; null until they are counted. In a long log, those that
    match a text, an event type or a status code are counted for a few seconds only, so there
    may be more.
    """
    replayed: int
    """How many were sent again as new deliveries."""
    retried: int
    """How many had not ended, and were retried at once instead."""
    recovered: int
    """How many missed events were sent for the first time."""
    skipped: int
    """How many were skipped, because their webhook or action is off or deleted."""
    requested_by: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Result(Model):
    """What follows from an attempt."""

    delivery_id: str
    status: Literal["pending", "sending", "retrying", "delivered", "failed", "cancelled"]
    retry_in: float | None
    """Seconds until the next try; null if there is none."""


@dataclass(frozen=True, kw_only=True)
class Results(Model):
    """What follows from each attempt. Deliveries of other listeners are left out."""

    data: list[Result]


@dataclass(frozen=True, kw_only=True)
class Schedule(Model):
    """When a digest is sent. `weekday` 0 is Monday.

    Without its own zone it follows the organisation's.
    """

    frequency: Frequency
    hour: int | None = None
    weekday: int | None = None
    time_zone: str | None = None
    skip_empty: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Scope(Model):
    """One subject: its type and its id."""

    type: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Security(Model):
    """How requests are signed."""

    note: str
    headerName: str
    format: str


@dataclass(frozen=True, kw_only=True)
class Signature(Model):
    """Whether the signature is right."""

    verified: bool | None
    """Whether the signature is right; null when nothing could be checked."""
    wire_format: str | None
    """The wire format, recognised by the headers."""
    why: str
    """The reason, as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Stats(Model):
    """The attempts of a period, tests left out."""

    since: datetime
    until: datetime
    step: Literal["hour", "day"]
    attempts: Counts
    success_rate: float | None
    """The share of attempts that delivered, 0 to 1; null without attempts."""
    latency_ms: Latency
    points: list[Point]
    """Oldest first."""


@dataclass(frozen=True, kw_only=True)
class StoredEvent(Model):
    """An event as it was accepted.

    `data` and `changed` are present only when a single event is read.
    """

    id: str
    type: str
    subject: Subject | None
    occurred_at: datetime
    created_at: datetime
    origin: Literal["api", "chat", "test", "ping"]
    """Where the event came from."""
    own_id: str | None
    """The producer's own id."""
    deliveries: int
    """How many deliveries it had when it was accepted."""
    erased_at: datetime | None
    """When its data was erased."""
    data: dict[str, Any] | None = None
    changed: list[str] | None = None
    """The paths of the changed fields; null if they are unknown."""


@dataclass(frozen=True, kw_only=True)
class Subject(Model):
    """What an event is about."""

    type: str
    id: str


@dataclass(frozen=True, kw_only=True)
class SubscriptionStats(Model):
    """The attempts of a period by webhook and action."""

    since: datetime
    until: datetime
    data: list[OneOfThem]
    """Those with the most attempts first, up to 100."""


@dataclass(frozen=True, kw_only=True)
class Taken(Model):
    """A delivery, to be sent as it is and reported within twice its `timeout`."""

    delivery_id: str
    number: int
    """Which try this is: 1 for the first."""
    timestamp: int
    """The timestamp of the signature. Send it back with the result."""
    event_id: str
    event_type: str
    url: str
    headers: dict[str, str]
    body: str
    """The signed body. Send its UTF-8 bytes unchanged."""
    timeout: float
    """How many seconds an answer may take."""


@dataclass(frozen=True, kw_only=True)
class TakenPage(Model):
    """Deliveries to send."""

    data: list[Taken]


@dataclass(frozen=True, kw_only=True)
class Target(Model):
    """What was changed."""

    type: str
    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Token(Model):
    """A new API key. Only this answer shows it."""

    access_token: str
    token_type: str
    """`Bearer`."""
    scope: str
    """The scopes, with spaces between."""
    key_id: str
    name: str
    mode: str
    organisation: str
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Webhook(Model):
    """A webhook and its state."""

    id: str
    name: str
    """A name for people."""
    description: str
    """A note for your team."""
    url: str
    """Where events are sent; https in live mode."""
    event_types: list[str]
    """The names of the event types to send. A webhook also accepts `customer.*` for all types
    that begin with `customer.`, and `*` for all types. Both include types that are registered
    later.
    """
    scope: Scope | None
    """Send only events about this subject; null for all."""
    conditions: list[Condition]
    """Up to 20 conditions on fields of the event."""
    match: Match
    """`all` or `any`: how many of the conditions must match."""
    changed_fields: list[str]
    """Up to 50 paths: send updates only if one of these fields changed; an empty list for any
    change.
    """
    wire_format: str
    """The body, headers and signature of a request."""
    retry_policy: str | dict[str, Any]
    """When failed deliveries are retried: a policy by its name, delays in seconds, or retries
    that wait twice as long each time.
    """
    rate_limit: float | None
    """How many deliveries may start per second; null for no limit."""
    timeout: float | None
    """How many seconds an answer may take; null for the operator's limit."""
    failure_mail: bool
    """Whether owners and admins get an e-mail when deliveries fail permanently."""
    headers: dict[str, str]
    """Up to 20 custom headers. Their values are never shown."""
    enabled: bool
    """Whether it is switched on. Nothing is sent while it is off."""
    metadata: dict[str, str]
    """Up to 20 of your own texts by key. Never sent to endpoints."""
    disabled_reason: str | None
    """Why Hookline switched it off; null if it did not."""
    counters: Counters
    previous_secret_expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    key: str | None
    """Your own key of it, from the path of a PUT."""
    paused_at: datetime | None
    """When it was paused; null if it is not."""
    paused_until: datetime | None
    """When it resumes by itself; null if it does not."""
    secret: str | None = None
    """The signing secret. Present only in the answer that creates or changes it."""
    listener: bool | None = None
    """Whether a computer fetches its deliveries: see `/listeners`."""


@dataclass(frozen=True, kw_only=True)
class WebhookAction(Model):
    """An action that sends a webhook, and its state."""

    channel: Literal["webhook"]
    id: str
    name: str
    """A name for people."""
    description: str
    """A note for your team."""
    url: str
    """Where events are sent; https in live mode."""
    event_types: list[str]
    """The names of the event types to send. A webhook also accepts `customer.*` for all types
    that begin with `customer.`, and `*` for all types. Both include types that are registered
    later.
    """
    scope: Scope | None
    """Send only events about this subject; null for all."""
    conditions: list[Condition]
    """Up to 20 conditions on fields of the event."""
    match: Match
    """`all` or `any`: how many of the conditions must match."""
    changed_fields: list[str]
    """Up to 50 paths: send updates only if one of these fields changed; an empty list for any
    change.
    """
    wire_format: str
    """The body, headers and signature of a request."""
    retry_policy: str | dict[str, Any]
    """When failed deliveries are retried: a policy by its name, delays in seconds, or retries
    that wait twice as long each time.
    """
    rate_limit: float | None
    """How many deliveries may start per second; null for no limit."""
    timeout: float | None
    """How many seconds an answer may take; null for the operator's limit."""
    failure_mail: bool
    """Whether owners and admins get an e-mail when deliveries fail permanently."""
    headers: dict[str, str]
    """Up to 20 custom headers. Their values are never shown."""
    enabled: bool
    """Whether it is switched on. Nothing is sent while it is off."""
    metadata: dict[str, str]
    """Up to 20 of your own texts by key. Never sent to endpoints."""
    disabled_reason: str | None
    """Why Hookline switched it off; null if it did not."""
    counters: Counters
    previous_secret_expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    key: str | None
    """Your own key of it, from the path of a PUT."""
    paused_at: datetime | None
    """When it was paused; null if it is not."""
    paused_until: datetime | None
    """When it resumes by itself; null if it does not."""
    secret: str | None = None
    """The signing secret. Present only in the answer that creates or changes it."""


@dataclass(frozen=True, kw_only=True)
class Whoami(Model):
    """What a key belongs to, what it allows, and how much of the plan is used."""

    organisation: Organisation
    mode: Literal["live", "test"]
    key: Key
    plan: Plan


Action = WebhookAction | EmailAction
