"""What listeners send and get."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from webhooks_app.api.queries import LONGEST_WAIT
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.channels.webhook.exchange import BODY_LIMIT
from webhooks_app.lib.times import rfc3339
from webhooks_app.listeners import taking
from webhooks_app.listeners.results import Reported, Stored
from webhooks_app.listeners.taking import Taken
from webhooks_app.models import Listener, Subscription
from webhooks_app.subscriptions.spec import NewWebhookSpec
from webhooks_app.vocabulary import DeliveryStatus, Failure

# How it is retried when nothing else is asked for: whoever develops waits for it.
RETRY = {"delays": [10, 60, 300]}
OF_WEBHOOKS = (
    "scope",
    "conditions",
    "match",
    "changed_fields",
    "wire_format",
    "timeout",
)
LONGEST_AWAY = 24 * 3600
MOST_RESULTS = 500
Types = {field.name: field for field in fields(NewWebhookSpec)}

NewListener: Any = msgspec.defstruct(
    "NewListener",
    [
        (
            "url",
            Annotated[
                str,
                Meta(
                    min_length=1,
                    max_length=2000,
                    pattern=r"^https?://[^\s]+$(?!\n)",
                    description="The local URL to which the computer sends its deliveries. "
                    "Hookline never calls it.",
                    examples=["http://localhost:3000/"],
                ),
            ],
        ),
        ("name", Annotated[str, Meta(description="A name for your team.")], "Listener"),
        ("event_types", Types["event_types"].type, ("*",)),
        *((name, Types[name].type, Types[name].default) for name in OF_WEBHOOKS),
        (
            "retry_policy",
            Types["retry_policy"].type,
            msgspec.field(default_factory=lambda: dict(RETRY)),
        ),
        (
            "secret",
            Annotated[
                str | None,
                Meta(description="A signing secret of your own. Made for you if absent."),
            ],
            None,
        ),
        (
            "key",
            Annotated[
                Annotated[str, Meta(min_length=1, max_length=100)] | None,
                Meta(
                    description="Your own name for it, such as that of the computer. A listener "
                    "with that key that has not ended is taken up again.",
                ),
            ],
            None,
        ),
        (
            "keep_for",
            Annotated[
                int,
                Meta(
                    ge=60,
                    le=LONGEST_AWAY,
                    description="How many seconds it is kept without a visit.",
                ),
            ],
            300,
        ),
    ],
    namespace={"__doc__": "Which events a computer receives."},
    forbid_unknown_fields=True,
)
Session = Annotated[
    str, Meta(description="The session, from the answer that started the listener.")
]


class TakeBody(msgspec.Struct, forbid_unknown_fields=True):
    """How many deliveries to take."""

    session: Session
    limit: Annotated[int, Meta(ge=1, le=taking.MOST)] = taking.MOST
    wait: Annotated[
        int,
        Meta(ge=0, le=LONGEST_WAIT, description="How many seconds to wait for a delivery."),
    ] = 0
    in_hand: Annotated[
        Annotated[list[str], Meta(max_length=10 * taking.MOST)] | None,
        Meta(
            description="After a lost answer: the ids of the deliveries that did arrive. All "
            "others are due again.",
        ),
    ] = None


class ListenerResult(msgspec.Struct, forbid_unknown_fields=True):
    """The result of one attempt. Without `failure`, `status_code` is the answer."""

    delivery_id: str
    number: Annotated[int, Meta(ge=1)]
    timestamp: Annotated[int, Meta(ge=0, description="The timestamp with which it was taken.")]
    duration_ms: Annotated[int, Meta(ge=0, le=3_600_000)]
    status_code: Annotated[int, Meta(ge=100, le=599)] | None = None
    headers: Annotated[list[tuple[str, str]], Meta(max_length=200)] = []
    body: Annotated[bytes, Meta(description=f"In Base64. {BODY_LIMIT:,} bytes of it are kept.")] = (
        b""
    )
    truncated: bool = False
    failure: Literal["timeout", "connect", "dns", "tls", "network"] | None = None
    error: Annotated[str, Meta(description="Why it failed, in a sentence.")] = ""

    def reported(self) -> Reported:
        if self.status_code is None and self.failure is None:
            failure, error = Failure.NETWORK, "There was no answer"
        else:
            failure, error = self.failure and Failure(self.failure), self.error  # type: ignore[assignment]
        return Reported(
            delivery_id=self.delivery_id,
            number=self.number,
            timestamp=self.timestamp,
            milliseconds=self.duration_ms,
            status_code=self.status_code,
            headers=self.headers,
            body=self.body,
            truncated=self.truncated,
            failure=failure,
            error=error or (f"It failed: {self.failure}" if self.failure else ""),
        )


class ResultsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The results of attempts."""

    session: Session
    results: Annotated[list[ListenerResult], Meta(min_length=1, max_length=MOST_RESULTS)]


class ListenerAnswer(msgspec.Struct, frozen=True):
    """A computer that receives deliveries."""

    id: Annotated[str, Meta(description="Also that of its webhook.")]
    name: str
    url: str
    event_types: list[str]
    wire_format: str
    enabled: bool
    paused_at: Moment | None
    key: Annotated[str | None, Meta(description="Your own.")]
    expires_at: Annotated[Moment, Meta(description="When it ends without a further visit.")]
    created_at: Moment
    session: Annotated[str | UnsetType, Meta(description="Present only when it is started.")] = (
        UNSET
    )
    secret: Annotated[
        str | UnsetType, Meta(description="The signing secret. Present only when it is started.")
    ] = UNSET


class TakenAnswer(msgspec.Struct, frozen=True):
    """A delivery, to be sent as it is and reported within twice its `timeout`."""

    delivery_id: str
    number: Annotated[int, Meta(description="Which try this is: 1 for the first.")]
    timestamp: Annotated[
        int, Meta(description="The timestamp of the signature. Send it back with the result.")
    ]
    event_id: str
    event_type: str
    url: str
    headers: dict[str, str]
    body: Annotated[str, Meta(description="The signed body. Send its UTF-8 bytes unchanged.")]
    timeout: Annotated[float, Meta(description="How many seconds an answer may take.")]


class TakenPage(msgspec.Struct, frozen=True):
    """Deliveries to send."""

    data: list[TakenAnswer]


class ResultAnswer(msgspec.Struct, frozen=True):
    """What follows from an attempt."""

    delivery_id: str
    status: Annotated[str, Meta(extra_json_schema={"enum": list(DeliveryStatus)})]
    retry_in: Annotated[
        float | None, Meta(description="Seconds until the next try; null if there is none.")
    ]


class ResultsAnswer(msgspec.Struct, frozen=True):
    """What follows from each attempt. Deliveries of other listeners are left out."""

    data: list[ResultAnswer]


def shown(
    listener: Listener,
    row: Subscription,
    session: str | UnsetType = UNSET,
    secret: str | UnsetType = UNSET,
) -> ListenerAnswer:
    return ListenerAnswer(
        id=row.id,
        name=row.name,
        url=row.url,
        event_types=list(row.event_types),
        wire_format=row.wire_format,
        enabled=row.enabled,
        paused_at=optional_moment(row.paused_at if row.is_paused else None),
        key=listener.own_key,
        expires_at=rfc3339(listener.alive_until),
        created_at=rfc3339(row.created_at),
        session=session,
        secret=secret,
    )


def taken(one: Taken, timeout: float) -> TakenAnswer:
    return TakenAnswer(
        delivery_id=one.claimed.delivery_id,
        number=one.claimed.number,
        timestamp=one.timestamp,
        event_id=one.claimed.event_id,
        event_type=one.claimed.event_type,
        url=one.message.url,
        headers=dict(one.message.headers),
        body=one.message.body.decode(),
        timeout=timeout,
    )


def followed(one: Stored) -> ResultAnswer:
    retry_in = None if one.retry_in is None else round(one.retry_in, 1)
    return ResultAnswer(one.delivery_id, one.status.value, retry_in)
