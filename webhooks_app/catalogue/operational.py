"""What happens to webhooks, deliveries and keys themselves: webhooks about webhooks."""

from collections.abc import Mapping, Sequence

from webhooks_app.catalogue.event_type import EventType
from webhooks_app.catalogue.schema import (
    Field,
    Fields,
    amount,
    count,
    described,
    moment,
    one_of,
    part,
    text,
    texts,
)
from webhooks_app.vocabulary import ActorKind, SubscriptionKind

SYSTEM = "System"
SUBSCRIPTION_ID = "whk_06gvpml7cj579nme4baogimovo"
NAME = "New leads to the CRM"
ACTOR = {"kind": "person", "name": "ada@example.com"}
ACTOR_FIELDS = part(
    "Who did it.",
    {
        "kind": one_of("A person, a key, or Hookline itself.", *ActorKind),
        "name": text("An e-mail address, or the name of a key."),
    },
)


def _about(
    name: str,
    description: str,
    sample: Mapping[str, object],
    fields: Fields,
    *,
    actor: bool = True,
    summary: Sequence[str] = ("name", "id"),
) -> EventType:
    title = name.replace(".", " ").replace("_", " ").capitalize().replace("Api", "API")
    return described(
        name,
        title,
        description,
        SYSTEM,
        {**sample, **({"actor": ACTOR} if actor else {})},
        {**fields, **({"actor": ACTOR_FIELDS} if actor else {})},
        summary=summary,
    )


def _subscription(
    what: str, description: str, sample: Mapping[str, object] | None = None, **fields: Field
) -> EventType:
    return _about(
        f"subscription.{what}",
        description,
        {"id": SUBSCRIPTION_ID, "kind": "webhook", "name": NAME, **(sample or {})},
        {
            "id": text("The id of the webhook or action."),
            "kind": one_of("Which of the two it is.", *SubscriptionKind),
            "name": text("A name for people."),
            **fields,
        },
    )


def _key(
    what: str,
    description: str,
    sample: Mapping[str, object] | None = None,
    *,
    actor: bool = True,
    **fields: Field,
) -> EventType:
    return _about(
        f"api_key.{what}",
        description,
        {"id": "key_06gvpml7cj579nme4baogimovo", "name": "Backend", **(sample or {})},
        {
            "id": text("The key. Never its token."),
            "name": text("A name for people."),
            **fields,
        },
        actor=actor,
    )


def _maybe(field: Field) -> Field:
    return field | {"type": [field["type"], "null"]}


EVENT_TYPES = (
    _subscription("created", "A webhook or action was created."),
    _subscription(
        "updated",
        "A webhook or action was changed.",
        {"changed": ["url", "conditions"]},
        changed=texts("The members that changed."),
    ),
    _subscription("enabled", "A webhook or action was switched on."),
    _subscription(
        "disabled",
        "A webhook or action was switched off, by someone or by Hookline itself.",
        {"reason": "The endpoint answered 410 Gone, so it wants no more requests."},
        reason=_maybe(text("Why Hookline switched it off. null when someone did.")),
    ),
    _subscription(
        "paused",
        "A webhook or action was paused. Its deliveries wait.",
        {"until": "2026-03-02T12:00:00.000Z"},
        until=_maybe(
            moment("When it resumes by itself. null if it stays paused until someone resumes it.")
        ),
    ),
    _subscription(
        "resumed",
        "A webhook or action was resumed. It sends what waited.",
        {"rate": 10},
        rate=_maybe(
            amount("How many waiting deliveries are sent per second. null if all are sent at once.")
        ),
    ),
    _subscription("deleted", "A webhook or action was deleted."),
    _about(
        "delivery.failed",
        "A delivery failed permanently. No retries are left.",
        {
            "id": "msg_06gvpml7cj579nme4baogimovo",
            "subscription": {"id": SUBSCRIPTION_ID, "kind": "webhook", "name": NAME},
            "event": {"id": "evt_06gvpml7cj579nme4baogimovo", "type": "lead.captured"},
            "tries": 6,
            "status_code": 500,
            "error": "The receiver answered 500",
        },
        {
            "id": text("The delivery."),
            "subscription": part(
                "The webhook or action.",
                {
                    "id": text("Its id."),
                    "kind": one_of("Which of the two it is.", *SubscriptionKind),
                    "name": text("A name for people."),
                },
            ),
            "event": part(
                "The event that did not arrive.",
                {"id": text("Its id."), "type": text("The event type.")},
            ),
            "tries": count("How many attempts were made."),
            "status_code": _maybe(
                count("The status code of the last answer; null if there was none.")
            ),
            "error": _maybe(text("Why the last attempt failed.")),
        },
        actor=False,
        summary=("error", "id"),
    ),
    _about(
        "replay.finished",
        "A replay of many deliveries ended.",
        {
            "id": "rpl_06gvpml7cj579nme4baogimovo",
            "status": "finished",
            "total": 120,
            "replayed": 118,
            "retried": 0,
            "recovered": 0,
            "skipped": 2,
            "requested_by": "ada@example.com",
        },
        {
            "id": text("The replay."),
            "status": one_of("How it ended.", "finished", "cancelled"),
            "total": _maybe(count("How many deliveries there were.")),
            "replayed": count("How many were sent again."),
            "retried": count("How many had not ended and were retried at once."),
            "recovered": count("How many missed events were sent."),
            "skipped": count("How many were skipped because their webhook or action is off."),
            "requested_by": text("The person or key that started it."),
        },
        actor=False,
        summary=("status", "requested_by"),
    ),
    _about(
        "secret.rotated",
        "A webhook got a new signing secret.",
        {
            "id": SUBSCRIPTION_ID,
            "kind": "webhook",
            "name": NAME,
            "previous_expires_at": "2026-03-03T10:00:00.000Z",
        },
        {
            "id": text("The webhook or action. Never the secret."),
            "kind": one_of("Which of the two it is.", *SubscriptionKind),
            "name": text("A name for people."),
            "previous_expires_at": _maybe(
                moment("How long the previous secret signs too. null if it does not.")
            ),
        },
    ),
    _about(
        "secret.expiring",
        "The previous signing secret of a webhook stops signing within an hour.",
        {
            "id": SUBSCRIPTION_ID,
            "kind": "webhook",
            "name": NAME,
            "previous_expires_at": "2026-03-03T10:00:00.000Z",
        },
        {
            "id": text("The id of the webhook or action."),
            "kind": one_of("Which of the two it is.", *SubscriptionKind),
            "name": text("A name for people."),
            "previous_expires_at": moment("How long the previous secret signs too."),
        },
        actor=False,
    ),
    _key(
        "created",
        "An API key was created.",
        {"scopes": ["events:write"], "expires_at": "2026-09-01T00:00:00.000Z"},
        scopes=texts("The scopes of the key."),
        expires_at=_maybe(moment("When it expires. null for never.")),
    ),
    _key(
        "rotated",
        "An API key was replaced by a new one.",
        {"replaced_by": "key_06gvpml7cj579nme4baogimovp", "overlap_hours": 24},
        replaced_by=text("The new key."),
        overlap_hours=count("How many more hours the old key works."),
    ),
    _key("revoked", "An API key was revoked."),
    _key(
        "expiring",
        "An API key expires soon, and was not rotated.",
        {"expires_at": "2026-09-01T00:00:00.000Z"},
        actor=False,
        expires_at=moment("When it expires."),
    ),
)
NAMES = frozenset(kind.name for kind in EVENT_TYPES)
