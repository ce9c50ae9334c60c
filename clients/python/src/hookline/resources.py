"""The operations of the API, by resource.

Made from docs/openapi.json by `make client`: do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from hookline._call import UNSET, Call, Unset, given, path_to, sent_with
from hookline._listing import Listing
from hookline._model import Kind, Model
from hookline._resource import Resource
from hookline.inputs import (
    AnswerBodyInput,
    ConditionInput,
    DeliveryFilter,
    EventBody,
    ListenerResult,
    MessageBody,
    ScheduleInput,
    ScopeInput,
    SubjectBody,
)
from hookline.models import (
    Accepted,
    AcceptedBatch,
    Action,
    ActorKind,
    AnswerBody,
    ApiKey,
    Attempt,
    AuditEntry,
    ChangedChatbotWebhook,
    ChatbotWebhooks,
    Condition,
    Count,
    CreatedChatbotWebhook,
    DeletedChatbotWebhook,
    Delivery,
    DeliveryStatus,
    Device,
    DryRun,
    EventType,
    Explanation,
    Hook,
    HookSample,
    Inbox,
    InboxRequest,
    Invitation,
    Listener,
    Match,
    Member,
    Message,
    Messages,
    Notification,
    OneChatbotWebhook,
    Replay,
    Results,
    Role,
    Schedule,
    Scope,
    Speaker,
    Stats,
    Step,
    StoredEvent,
    SubscriptionKind,
    SubscriptionStats,
    TakenPage,
    Token,
    Webhook,
    WebhookAction,
    Whoami,
)

_ACCEPTED = Kind[Accepted](Accepted)

_ACCEPTED_BATCH = Kind[AcceptedBatch](AcceptedBatch)

_ACTION = Kind[Action](Action)

_API_KEY = Kind[ApiKey](ApiKey)

_ATTEMPT = Kind[Attempt](Attempt)

_AUDIT_ENTRY = Kind[AuditEntry](AuditEntry)

_CHANGED_CHATBOT_WEBHOOK = Kind[ChangedChatbotWebhook](ChangedChatbotWebhook)

_CHATBOT_WEBHOOKS = Kind[ChatbotWebhooks](ChatbotWebhooks)

_COUNT = Kind[Count](Count)

_CREATED_CHATBOT_WEBHOOK = Kind[CreatedChatbotWebhook](CreatedChatbotWebhook)

_DELETED_CHATBOT_WEBHOOK = Kind[DeletedChatbotWebhook](DeletedChatbotWebhook)

_DELIVERY = Kind[Delivery](Delivery)

_DEVICE = Kind[Device](Device)

_DRY_RUN = Kind[DryRun](DryRun)

_EVENT_TYPE = Kind[EventType](EventType)

_EXPLANATION = Kind[Explanation](Explanation)

_HOOK = Kind[Hook](Hook)

_INBOX = Kind[Inbox](Inbox)

_INBOX_REQUEST = Kind[InboxRequest](InboxRequest)

_INVITATION = Kind[Invitation](Invitation)

_LISTENER = Kind[Listener](Listener)

_MEMBER = Kind[Member](Member)

_MESSAGE = Kind[Message](Message)

_MESSAGES = Kind[Messages](Messages)

_NOTIFICATION = Kind[Notification](Notification)

_ONE_CHATBOT_WEBHOOK = Kind[OneChatbotWebhook](OneChatbotWebhook)

_REPLAY = Kind[Replay](Replay)

_RESULTS = Kind[Results](Results)

_STATS = Kind[Stats](Stats)

_STORED_EVENT = Kind[StoredEvent](StoredEvent)

_SUBSCRIPTION_STATS = Kind[SubscriptionStats](SubscriptionStats)

_TAKEN_PAGE = Kind[TakenPage](TakenPage)

_TOKEN = Kind[Token](Token)

_WEBHOOK = Kind[Webhook](Webhook)

_WEBHOOK_ACTION = Kind[WebhookAction](WebhookAction)

_WHOAMI = Kind[Whoami](Whoami)

_DICT = Kind[dict[str, Any]](dict[str, Any])

_LIST_HOOK_SAMPLE = Kind[list[HookSample]](list[HookSample])


class ActionsResource(Resource):
    """One event type and what follows it: an e-mail, a digest or a webhook."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Listing[Action]:
        """List actions.

        Newest first. The key needs the scope `actions:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `metadata`: Filter by metadata: `metadata[team]=sales`. Several filters must all
          match.
        """
        return self._list(
            _ACTION,
            Call(
                "GET",
                "/actions",
                query={"limit": page_size, "cursor": cursor, "metadata": metadata},
            ),
        )

    def create(
        self,
        *,
        name: str,
        event_types: Sequence[str],
        channel: Literal["email"] | Literal["webhook"] | Unset = UNSET,
        email_to: Sequence[str] | Unset = UNSET,
        description: str | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        email_subject: str | Unset | None = UNSET,
        schedule: ScheduleInput | Schedule | Unset | None = UNSET,
        url: str | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        secret: str | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Action:
        """Create an action.

        `channel` says whether it sends e-mail or a webhook. For a webhook, only this answer
        shows the signing `secret`. The key needs the scope `actions:write`.

        - `channel`: `webhook` or `email`.
        - `name`: A name for people.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `email_to`: 1 to 20 e-mail addresses.
        - `description`: A note for your team.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `email_subject`: The subject, with fields of the event such as `New lead: {{
          data.name }}`; null for a subject made from the event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `secret`: Generated if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACTION,
            Call(
                "POST",
                "/actions",
                body=given(
                    channel=channel,
                    name=name,
                    event_types=event_types,
                    email_to=email_to,
                    description=description,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    email_subject=email_subject,
                    schedule=schedule,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                    secret=secret,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, action_id: str) -> Action:
        """Read an action.

        The key needs the scope `actions:read`.
        """
        return self._send(_ACTION, Call("GET", path_to("/actions/{}", action_id)))

    def put(
        self,
        action_id: str,
        *,
        name: str,
        event_types: Sequence[str],
        channel: Literal["email"] | Literal["webhook"] | Unset = UNSET,
        email_to: Sequence[str] | Unset = UNSET,
        description: str | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        email_subject: str | Unset | None = UNSET,
        schedule: ScheduleInput | Schedule | Unset | None = UNSET,
        url: str | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        if_match: str | Model | None = None,
        only_if_new: bool = False,
    ) -> Action:
        """Put an action.

        Creates or replaces an action: `PUT /actions/key:crm`, where `crm` is your own key of
        it. Absent members get their defaults, except `enabled`, which stays as it is. Sending
        the same again changes nothing. The key needs the scope `actions:write`.

        - `channel`: `webhook` or `email`.
        - `name`: A name for people.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `email_to`: 1 to 20 e-mail addresses.
        - `description`: A note for your team.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `email_subject`: The subject, with fields of the event such as `New lead: {{
          data.name }}`; null for a subject made from the event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return self._send(
            _ACTION,
            Call(
                "PUT",
                path_to("/actions/{}", action_id),
                body=given(
                    channel=channel,
                    name=name,
                    event_types=event_types,
                    email_to=email_to,
                    description=description,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    email_subject=email_subject,
                    schedule=schedule,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                ),
                headers=sent_with(if_match=if_match, only_if_new=only_if_new),
            ),
        )

    def update(
        self,
        action_id: str,
        *,
        channel: Literal["email", "webhook"] | Unset = UNSET,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        url: str | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        email_to: Sequence[str] | Unset = UNSET,
        email_subject: str | Unset | None = UNSET,
        schedule: ScheduleInput | Schedule | Unset | None = UNSET,
        if_match: str | Model | None = None,
    ) -> Action:
        """Change an action.

        Absent members stay as they are. With another `channel`, members that both channels
        have stay. An action that becomes a webhook gets a `secret`, which only this answer
        shows. The key needs the scope `actions:write`.

        - `name`: A name for people.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `email_to`: 1 to 20 e-mail addresses.
        - `email_subject`: The subject, with fields of the event such as `New lead: {{
          data.name }}`; null for a subject made from the event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _ACTION,
            Call(
                "PATCH",
                path_to("/actions/{}", action_id),
                body=given(
                    channel=channel,
                    name=name,
                    description=description,
                    event_types=event_types,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                    email_to=email_to,
                    email_subject=email_subject,
                    schedule=schedule,
                ),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(self, action_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete an action.

        Waiting deliveries are cancelled. The log stays. The key needs the scope
        `actions:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call("DELETE", path_to("/actions/{}", action_id), headers=sent_with(if_match=if_match))
        )

    def disable(self, action_id: str, *, idempotency_key: str | None = None) -> Action:
        """Switch an action off.

        No more events are sent to it. Waiting deliveries are cancelled, with that reason in
        their `error`, and can be recovered later. What is being sent right now may still
        arrive. Switching it off again changes nothing. The key needs the scope
        `actions:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/disable", action_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def enable(self, action_id: str, *, idempotency_key: str | None = None) -> Action:
        """Switch an action on.

        Events are sent to it from now on. To send what it missed, recover it. Switching it on
        again changes nothing. The key needs the scope `actions:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/enable", action_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def pause(
        self,
        action_id: str,
        *,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Action:
        """Pause an action.

        Its deliveries wait until it is resumed. What is being sent right now may still arrive.
        Deliveries that have waited for as long as the log is kept are cancelled, with that
        reason. Switching it off cancels what waits and ends the pause. The key needs the scope
        `actions:write`.

        - `until`: When it resumes by itself. Without it, it stays paused until it is resumed.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/pause", action_id),
                body=given(until=until) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def recover(
        self, action_id: str, *, since: datetime | str, idempotency_key: str | None = None
    ) -> Replay:
        """Recover an action.

        Starts a replay of everything that never arrived since then: what failed, what was
        cancelled, and the events that it missed while it was switched off automatically. Each
        event is sent once. The key needs the scope `deliveries:write`.

        - `since`: Send deliveries and events from this time on.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/actions/{}/recover", action_id),
                body=given(since=since),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def resume(
        self,
        action_id: str,
        *,
        rate: float | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Action:
        """Resume an action.

        Sends what waits, oldest first: all at once, or at the rate that you give. New
        deliveries do not wait behind the old ones. Resuming it again changes nothing. The key
        needs the scope `actions:write`.

        - `rate`: How many deliveries may start per second. Without it, they all start at once.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/resume", action_id),
                body=given(rate=rate) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def rotate_secret(
        self,
        action_id: str,
        *,
        overlap_hours: int | Unset = UNSET,
        secret: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> WebhookAction:
        """Rotate the secret of an action.

        Only this answer shows the new `secret`. An action that sends e-mail has none. The key
        needs the scope `actions:write`.

        - `overlap_hours`: How many hours the old secret signs too.
        - `secret`: A secret of your own. Without it, one is generated.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK_ACTION,
            Call(
                "POST",
                path_to("/actions/{}/rotate-secret", action_id),
                body=given(overlap_hours=overlap_hours, secret=secret) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def test(
        self,
        action_id: str,
        *,
        event_type: str | Unset | None = UNSET,
        data: Mapping[str, Any] | Unset = UNSET,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> Delivery:
        """Test an action.

        Sends the sample of an event type now, or `data` of your own, which an organisation can
        do 30 times a minute. A digest is sent for its last complete period. The key needs the
        scope `actions:write`.

        - `event_type`: The event type whose sample is sent, or `webhook.ping`. The default is
          the first type of the webhook or action.
        - `data`: Your own data, sent in place of the sample, byte for byte. Of the types that
          Hookline itself sends, only `webhook.ping` takes it.
        - `wait`: How many seconds the answer waits for the deliveries to end.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/actions/{}/test", action_id),
                query={"wait": wait},
                body=given(event_type=event_type, data=data) or None,
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class ApiKeysResource(Resource):
    """API keys: what a key may do, and how to create and revoke others."""

    def list(self) -> Listing[ApiKey]:
        """List API keys.

        The keys of the same mode, newest first, all on one page. Revoked keys are left out.
        The key needs the scope `keys:read`.
        """
        return self._list(_API_KEY, Call("GET", "/api-keys"))

    def create(
        self,
        *,
        name: str,
        scopes: Sequence[str] | Unset | None = UNSET,
        preset: Literal["ingest", "read", "manage", "develop", "all", None] | Unset = UNSET,
        expires_at: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> ApiKey:
        """Create an API key.

        Only this answer shows the `token`. The new key has the mode of the key that creates
        it. It cannot do more, and it does not expire later. The key needs the scope
        `keys:write`.

        - `name`: A name for people.
        - `scopes`: What the key may do. The key that creates it must have these scopes too.
        - `preset`: Scopes that are often used together.
        - `expires_at`: When it expires, within 5 years, or null for never. By default it
          expires with the key that creates it.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _API_KEY,
            Call(
                "POST",
                "/api-keys",
                body=given(name=name, scopes=scopes, preset=preset, expires_at=expires_at),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, key_id: str) -> ApiKey:
        """Read an API key.

        The key needs the scope `keys:read`.
        """
        return self._send(_API_KEY, Call("GET", path_to("/api-keys/{}", key_id)))

    def delete(self, key_id: str, *, if_match: str | Model | None = None) -> None:
        """Revoke an API key.

        The key stops working within a second. A key can revoke itself. The key needs the scope
        `keys:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call("DELETE", path_to("/api-keys/{}", key_id), headers=sent_with(if_match=if_match))
        )

    def rotate(
        self, key_id: str, *, overlap_hours: int | Unset = UNSET, idempotency_key: str | None = None
    ) -> ApiKey:
        """Rotate an API key.

        Creates a new key with the same name, scopes and lifetime. Only this answer shows its
        `token`. The old key works for `overlap_hours` more. A key can rotate itself; the new
        key then expires when the old one would have expired. It can also rotate keys that
        cannot do more than itself and do not expire later. The key needs the scope
        `keys:write`.

        - `overlap_hours`: How many hours the old key keeps working.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _API_KEY,
            Call(
                "POST",
                path_to("/api-keys/{}/rotate", key_id),
                body=given(overlap_hours=overlap_hours) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AuditLogResource(Resource):
    """Who did what, when and from where."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        actor_kind: ActorKind | None = None,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Listing[AuditEntry]:
        """List the audit log.

        Newest first: entries of the key's mode, and of what both modes share. Each page
        searches a part of the log, back to `searched_back_to`. So a page can have fewer than
        `limit`, or none, although there is a next page. With `Accept: application/x-ndjson`
        the answer has all entries that match, one per line. The key needs the scope
        `audit:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `actor_kind`: The kind of actor.
        - `actor`: A part of a name, or a whole id.
        - `action`: What was done, such as `webhook.created`, or only the kind of target, such
          as `webhook`.
        - `target`: A part of a name, or a whole id.
        - `since`: Entries at this time or later.
        - `until`: Entries before this time.
        """
        return self._list(
            _AUDIT_ENTRY,
            Call(
                "GET",
                "/audit-log",
                query={
                    "limit": page_size,
                    "cursor": cursor,
                    "actor_kind": actor_kind,
                    "actor": actor,
                    "action": action,
                    "target": target,
                    "since": since,
                    "until": until,
                },
            ),
        )

    def export(
        self,
        *,
        actor_kind: ActorKind | None = None,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Iterator[AuditEntry]:
        """List the audit log.

        Newest first: entries of the key's mode, and of what both modes share. Each page
        searches a part of the log, back to `searched_back_to`. So a page can have fewer than
        `limit`, or none, although there is a next page. With `Accept: application/x-ndjson`
        the answer has all entries that match, one per line. The key needs the scope
        `audit:read`.

        - `actor_kind`: The kind of actor.
        - `actor`: A part of a name, or a whole id.
        - `action`: What was done, such as `webhook.created`, or only the kind of target, such
          as `webhook`.
        - `target`: A part of a name, or a whole id.
        - `since`: Entries at this time or later.
        - `until`: Entries before this time.
        """
        return self._lines(
            _AUDIT_ENTRY,
            Call(
                "GET",
                "/audit-log",
                query={
                    "actor_kind": actor_kind,
                    "actor": actor,
                    "action": action,
                    "target": target,
                    "since": since,
                    "until": until,
                },
                accept="application/x-ndjson",
            ),
        )


class ChatbotWebhooksResource(Resource):
    """Webhooks of a chatbot, as in Pollybot."""

    def list(self, chatbot_id: str) -> ChatbotWebhooks:
        """List the webhooks of a chatbot.

        All webhooks of the chatbot, newest first, at most 1,000. It does not matter where they
        were created. The key needs the scope `webhooks:read`.
        """
        return self._send(
            _CHATBOT_WEBHOOKS, Call("GET", path_to("/chatbots/{}/webhooks", chatbot_id))
        )

    def create(
        self,
        chatbot_id: str,
        *,
        name: str,
        url: str,
        eventTypes: Sequence[str],
        isActive: bool | Unset = UNSET,
        maxRetries: int | Unset = UNSET,
        retryDelay: int | Unset = UNSET,
        id: Any | Unset = UNSET,
        successCount: Any | Unset = UNSET,
        failureCount: Any | Unset = UNSET,
        lastTriggeredAt: Any | Unset = UNSET,
        lastSuccessAt: Any | Unset = UNSET,
        createdAt: Any | Unset = UNSET,
        updatedAt: Any | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> CreatedChatbotWebhook:
        """Create a webhook of a chatbot.

        Only this answer shows the `secret`. The key needs the scope `webhooks:write`.

        - `id`: Ignored.
        - `successCount`: Ignored.
        - `failureCount`: Ignored.
        - `lastTriggeredAt`: Ignored.
        - `lastSuccessAt`: Ignored.
        - `createdAt`: Ignored.
        - `updatedAt`: Ignored.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _CREATED_CHATBOT_WEBHOOK,
            Call(
                "POST",
                path_to("/chatbots/{}/webhooks", chatbot_id),
                body=given(
                    isActive=isActive,
                    maxRetries=maxRetries,
                    retryDelay=retryDelay,
                    id=id,
                    successCount=successCount,
                    failureCount=failureCount,
                    lastTriggeredAt=lastTriggeredAt,
                    lastSuccessAt=lastSuccessAt,
                    createdAt=createdAt,
                    updatedAt=updatedAt,
                    name=name,
                    url=url,
                    eventTypes=eventTypes,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, chatbot_id: str, webhook_id: str) -> OneChatbotWebhook:
        """Read a webhook of a chatbot.

        The key needs the scope `webhooks:read`.
        """
        return self._send(
            _ONE_CHATBOT_WEBHOOK,
            Call("GET", path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id)),
        )

    def put(
        self,
        chatbot_id: str,
        webhook_id: str,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        eventTypes: Sequence[str] | Unset = UNSET,
        isActive: bool | Unset = UNSET,
        maxRetries: int | Unset = UNSET,
        retryDelay: int | Unset = UNSET,
        id: Any | Unset = UNSET,
        successCount: Any | Unset = UNSET,
        failureCount: Any | Unset = UNSET,
        lastTriggeredAt: Any | Unset = UNSET,
        lastSuccessAt: Any | Unset = UNSET,
        createdAt: Any | Unset = UNSET,
        updatedAt: Any | Unset = UNSET,
        if_match: str | Model | None = None,
        only_if_new: bool = False,
    ) -> ChangedChatbotWebhook:
        """Change a webhook of a chatbot.

        With PUT and PATCH, absent members stay as they are. The key needs the scope
        `webhooks:write`.

        - `id`: Ignored.
        - `successCount`: Ignored.
        - `failureCount`: Ignored.
        - `lastTriggeredAt`: Ignored.
        - `lastSuccessAt`: Ignored.
        - `createdAt`: Ignored.
        - `updatedAt`: Ignored.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return self._send(
            _CHANGED_CHATBOT_WEBHOOK,
            Call(
                "PUT",
                path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id),
                body=given(
                    name=name,
                    url=url,
                    eventTypes=eventTypes,
                    isActive=isActive,
                    maxRetries=maxRetries,
                    retryDelay=retryDelay,
                    id=id,
                    successCount=successCount,
                    failureCount=failureCount,
                    lastTriggeredAt=lastTriggeredAt,
                    lastSuccessAt=lastSuccessAt,
                    createdAt=createdAt,
                    updatedAt=updatedAt,
                ),
                headers=sent_with(if_match=if_match, only_if_new=only_if_new),
            ),
        )

    def update(
        self,
        chatbot_id: str,
        webhook_id: str,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        eventTypes: Sequence[str] | Unset = UNSET,
        isActive: bool | Unset = UNSET,
        maxRetries: int | Unset = UNSET,
        retryDelay: int | Unset = UNSET,
        id: Any | Unset = UNSET,
        successCount: Any | Unset = UNSET,
        failureCount: Any | Unset = UNSET,
        lastTriggeredAt: Any | Unset = UNSET,
        lastSuccessAt: Any | Unset = UNSET,
        createdAt: Any | Unset = UNSET,
        updatedAt: Any | Unset = UNSET,
        if_match: str | Model | None = None,
    ) -> ChangedChatbotWebhook:
        """Change a webhook of a chatbot.

        With PUT and PATCH, absent members stay as they are. The key needs the scope
        `webhooks:write`.

        - `id`: Ignored.
        - `successCount`: Ignored.
        - `failureCount`: Ignored.
        - `lastTriggeredAt`: Ignored.
        - `lastSuccessAt`: Ignored.
        - `createdAt`: Ignored.
        - `updatedAt`: Ignored.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _CHANGED_CHATBOT_WEBHOOK,
            Call(
                "PATCH",
                path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id),
                body=given(
                    name=name,
                    url=url,
                    eventTypes=eventTypes,
                    isActive=isActive,
                    maxRetries=maxRetries,
                    retryDelay=retryDelay,
                    id=id,
                    successCount=successCount,
                    failureCount=failureCount,
                    lastTriggeredAt=lastTriggeredAt,
                    lastSuccessAt=lastSuccessAt,
                    createdAt=createdAt,
                    updatedAt=updatedAt,
                ),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(
        self, chatbot_id: str, webhook_id: str, *, if_match: str | Model | None = None
    ) -> DeletedChatbotWebhook:
        """Delete a webhook of a chatbot.

        The key needs the scope `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _DELETED_CHATBOT_WEBHOOK,
            Call(
                "DELETE",
                path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id),
                headers=sent_with(if_match=if_match),
            ),
        )


class DeliveriesResource(Resource):
    """Each delivery with its attempts, and how to send it again."""

    def list(
        self,
        *,
        subscription_id: str | None = None,
        kind: SubscriptionKind | None = None,
        event_type: str | None = None,
        status: DeliveryStatus | None = None,
        status_code: str | None = None,
        text: str | None = None,
        field: str | None = None,
        subject: str | None = None,
        response: str | None = None,
        event_id: str | None = None,
        missing: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Delivery]:
        """List deliveries.

        Newest first. Each page searches a part of the log, back to `searched_back_to`. So a
        page can have fewer than `limit`, or none, although there is a next page. With `Accept:
        application/x-ndjson` the answer has all deliveries that match, one per line. The key
        needs the scope `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Deliveries of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: The state of the delivery.
        - `status_code`: The status code of the last answer: one code such as `404`, or a class
          such as `5xx`.
        - `text`: A text in the error, in the event's data, type or subject, in the name of the
          webhook or action, or an id of one of them. Upper and lower case are the same. The
          whole id of a delivery or event finds only that, however old it is.
        - `field`: A path into the event's data, and a text in its value, as `email:
          ada@example.com`. Upper and lower case are the same.
        - `subject`: The id of the chatbot, room or space that the event is about.
        - `response`: A text in what the receiver answered to any attempt, in upper and lower
          case as written.
        - `event_id`: The id of an event.
        - `missing`: `true` for deliveries that never arrived: failed or cancelled, and not
          replayed since.
        - `since`: Created at this time or later.
        - `until`: Created before this time.
        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        """
        return self._list(
            _DELIVERY,
            Call(
                "GET",
                "/deliveries",
                query={
                    "subscription_id": subscription_id,
                    "kind": kind,
                    "event_type": event_type,
                    "status": status,
                    "status_code": status_code,
                    "text": text,
                    "field": field,
                    "subject": subject,
                    "response": response,
                    "event_id": event_id,
                    "missing": missing,
                    "since": since,
                    "until": until,
                    "limit": page_size,
                    "cursor": cursor,
                },
            ),
        )

    def export(
        self,
        *,
        subscription_id: str | None = None,
        kind: SubscriptionKind | None = None,
        event_type: str | None = None,
        status: DeliveryStatus | None = None,
        status_code: str | None = None,
        text: str | None = None,
        field: str | None = None,
        subject: str | None = None,
        response: str | None = None,
        event_id: str | None = None,
        missing: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Iterator[Delivery]:
        """List deliveries.

        Newest first. Each page searches a part of the log, back to `searched_back_to`. So a
        page can have fewer than `limit`, or none, although there is a next page. With `Accept:
        application/x-ndjson` the answer has all deliveries that match, one per line. The key
        needs the scope `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Deliveries of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: The state of the delivery.
        - `status_code`: The status code of the last answer: one code such as `404`, or a class
          such as `5xx`.
        - `text`: A text in the error, in the event's data, type or subject, in the name of the
          webhook or action, or an id of one of them. Upper and lower case are the same. The
          whole id of a delivery or event finds only that, however old it is.
        - `field`: A path into the event's data, and a text in its value, as `email:
          ada@example.com`. Upper and lower case are the same.
        - `subject`: The id of the chatbot, room or space that the event is about.
        - `response`: A text in what the receiver answered to any attempt, in upper and lower
          case as written.
        - `event_id`: The id of an event.
        - `missing`: `true` for deliveries that never arrived: failed or cancelled, and not
          replayed since.
        - `since`: Created at this time or later.
        - `until`: Created before this time.
        """
        return self._lines(
            _DELIVERY,
            Call(
                "GET",
                "/deliveries",
                query={
                    "subscription_id": subscription_id,
                    "kind": kind,
                    "event_type": event_type,
                    "status": status,
                    "status_code": status_code,
                    "text": text,
                    "field": field,
                    "subject": subject,
                    "response": response,
                    "event_id": event_id,
                    "missing": missing,
                    "since": since,
                    "until": until,
                },
                accept="application/x-ndjson",
            ),
        )

    def count(
        self,
        *,
        subscription_id: str | Unset | None = UNSET,
        kind: SubscriptionKind | Unset | None = UNSET,
        event_type: str | Unset | None = UNSET,
        status: DeliveryStatus | Unset | None = UNSET,
        status_code: str | Unset | None = UNSET,
        text: str | Unset | None = UNSET,
        field: str | Unset | None = UNSET,
        subject: str | Unset | None = UNSET,
        response: str | Unset | None = UNSET,
        event_id: str | Unset | None = UNSET,
        missing: bool | Unset = UNSET,
        since: datetime | str | Unset | None = UNSET,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Count:
        """Count deliveries.

        Counts the deliveries that match, up to 10,000. With some filters, only the newest
        deliveries are searched. Then `at_least` is true. The key needs the scope
        `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Deliveries of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: The state of the delivery.
        - `status_code`: The status code of the last answer: one code such as `404`, or a class
          such as `5xx`.
        - `text`: A text in the error, in the event's data, type or subject, in the name of the
          webhook or action, or an id of one of them. Upper and lower case are the same. The
          whole id of a delivery or event finds only that, however old it is.
        - `field`: A path into the event's data, and a text in its value, as `email:
          ada@example.com`. Upper and lower case are the same.
        - `subject`: The id of the chatbot, room or space that the event is about.
        - `response`: A text in what the receiver answered to any attempt, in upper and lower
          case as written.
        - `event_id`: The id of an event.
        - `missing`: `true` for deliveries that never arrived: failed or cancelled, and not
          replayed since.
        - `since`: Created at this time or later.
        - `until`: Created before this time.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _COUNT,
            Call(
                "POST",
                "/deliveries/count",
                body=given(
                    subscription_id=subscription_id,
                    kind=kind,
                    event_type=event_type,
                    status=status,
                    status_code=status_code,
                    text=text,
                    field=field,
                    subject=subject,
                    response=response,
                    event_id=event_id,
                    missing=missing,
                    since=since,
                    until=until,
                )
                or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, delivery_id: str) -> Delivery:
        """Read a delivery.

        Shows a delivery with its `request_body` and every attempt. The key needs the scope
        `deliveries:read`.
        """
        return self._send(_DELIVERY, Call("GET", path_to("/deliveries/{}", delivery_id)))

    def attempts(self, delivery_id: str) -> Listing[Attempt]:
        """List the attempts of a delivery.

        All attempts on one page, in the order in which they were made. The key needs the scope
        `deliveries:read`.
        """
        return self._list(_ATTEMPT, Call("GET", path_to("/deliveries/{}/attempts", delivery_id)))

    def cancel(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Cancel a delivery.

        A waiting delivery is not sent any more. It can be replayed later. Cancelling it again
        changes nothing. The key needs the scope `deliveries:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/cancel", delivery_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def replay(
        self, delivery_id: str, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> Delivery:
        """Replay a delivery.

        Sends the same body as a new delivery, to the current URL and with the current secret.
        A delivery that has not ended is retried at once instead; the answer is then that
        delivery. The key needs the scope `deliveries:write`.

        - `wait`: How many seconds the answer waits for the deliveries to end.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/replay", delivery_id),
                query={"wait": wait},
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )

    def retry_now(
        self, delivery_id: str, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> Delivery:
        """Retry a delivery now.

        Makes the next attempt of a waiting delivery at once. The remaining retries follow as
        planned. The key needs the scope `deliveries:write`.

        - `wait`: How many seconds the answer waits for the deliveries to end.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/retry-now", delivery_id),
                query={"wait": wait},
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class DeviceResource(Resource):
    """How a program without a browser gets a key."""

    def authorization(
        self,
        *,
        client: str,
        preset: Literal["ingest", "read", "manage", "develop", "all"] | Unset = UNSET,
    ) -> Device:
        """Begin a log-in.

        Show `user_code` and `verification_uri` to the person, then ask for the key every
        `interval` seconds. It needs no key.

        - `client`: The name that the approving person sees.
        - `preset`: What the key may do. Whoever approves it can choose something else.
        """
        return self._send(
            _DEVICE, Call("POST", "/device/authorization", body=given(client=client, preset=preset))
        )

    def revocation(self, *, token: str) -> None:
        """Revoke a key by itself.

        Whoever has a key can end it, whatever its scopes (RFC 7009). For one that is unknown
        or has ended, the answer is the same.
        """
        self._do(Call("POST", "/device/revocation", body=given(token=token)))

    def token(self, *, device_code: str, grant_type: str | Unset = UNSET) -> Token:
        """Ask for the key.

        Once someone has approved it, this gives the key, once. Until then it is
        `authorization-pending`. Problems have `error` as in RFC 8628.
        """
        return self._send(
            _TOKEN,
            Call(
                "POST", "/device/token", body=given(device_code=device_code, grant_type=grant_type)
            ),
        )


class EventTypesResource(Resource):
    """The types of events: built-in ones and your own."""

    def list(self) -> Listing[EventType]:
        """List event types.

        The catalogue and your own, all on one page.
        """
        return self._list(_EVENT_TYPE, Call("GET", "/event-types"))

    def create(
        self,
        *,
        sample: Mapping[str, Any],
        name: str,
        title: str | Unset = UNSET,
        description: str | Unset = UNSET,
        group: str | Unset = UNSET,
        schema: Mapping[str, Any] | bool | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> EventType:
        """Register an event type.

        Registers a type of your own, up to 200. Live and test mode share it. The key needs the
        scope `event-types:write`.

        - `title`: A title for people. The default is made from the name.
        - `description`: When such an event happens.
        - `group`: The heading it is listed under.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `sample`: A realistic `data`, which tests send: an object of at most 32 KiB.
        - `name`: An object and what happened to it, in lower case, such as `order.paid`. It
          cannot be changed later.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _EVENT_TYPE,
            Call(
                "POST",
                "/event-types",
                body=given(
                    title=title,
                    description=description,
                    group=group,
                    schema=schema,
                    sample=sample,
                    name=name,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, name: str) -> EventType:
        """Read an event type."""
        return self._send(_EVENT_TYPE, Call("GET", path_to("/event-types/{}", name)))

    def put(
        self,
        name: str,
        *,
        sample: Mapping[str, Any],
        title: str | Unset = UNSET,
        description: str | Unset = UNSET,
        group: str | Unset = UNSET,
        schema: Mapping[str, Any] | bool | Unset | None = UNSET,
        if_match: str | Model | None = None,
        only_if_new: bool = False,
    ) -> EventType:
        """Put an event type.

        Registers or replaces one of your own types. Absent members get their defaults. Sending
        the same again changes nothing. The key needs the scope `event-types:write`.

        - `title`: A title for people. The default is made from the name.
        - `description`: When such an event happens.
        - `group`: The heading it is listed under.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `sample`: A realistic `data`, which tests send: an object of at most 32 KiB.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return self._send(
            _EVENT_TYPE,
            Call(
                "PUT",
                path_to("/event-types/{}", name),
                body=given(
                    title=title, description=description, group=group, schema=schema, sample=sample
                ),
                headers=sent_with(if_match=if_match, only_if_new=only_if_new),
            ),
        )

    def update(
        self,
        name: str,
        *,
        title: str | Unset = UNSET,
        description: str | Unset = UNSET,
        group: str | Unset = UNSET,
        sample: Mapping[str, Any] | Unset = UNSET,
        schema: Mapping[str, Any] | bool | Unset | None = UNSET,
        if_match: str | Model | None = None,
    ) -> EventType:
        """Change an event type.

        Changes one of your own types. Absent members stay as they are. The key needs the scope
        `event-types:write`.

        - `title`: A title for people. The default is made from the name.
        - `description`: When such an event happens.
        - `group`: The heading it is listed under.
        - `sample`: A realistic `data`, which tests send: an object of at most 32 KiB.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _EVENT_TYPE,
            Call(
                "PATCH",
                path_to("/event-types/{}", name),
                body=given(
                    title=title, description=description, group=group, sample=sample, schema=schema
                ),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(self, name: str, *, if_match: str | Model | None = None) -> None:
        """Retire an event type.

        Retires one of your own types, if no action or webhook uses it. Its events stay in the
        log. The key needs the scope `event-types:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call("DELETE", path_to("/event-types/{}", name), headers=sent_with(if_match=if_match))
        )

    def samples(self, name: str) -> Sequence[HookSample]:
        """List samples.

        What a REST Hook would get, for the editors of Zapier and Make. With the scope
        `events:read` the answer has the newest 3 events of the type. Without it, or if there
        are none, it has the sample of the type. The answer is a bare list.
        """
        return self._send(_LIST_HOOK_SAMPLE, Call("GET", path_to("/event-types/{}/samples", name)))


class EventsResource(Resource):
    """Report what happened in your product."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        type: str | None = None,
        text: str | None = None,
        field: str | None = None,
        subject: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Listing[StoredEvent]:
        """List events.

        Newest first, without their data. Each page searches a part of the log, back to
        `searched_back_to`. So a page can have fewer than `limit`, or none, although there is a
        next page. The key needs the scope `events:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `type`: The name of an event type.
        - `text`: A text in the data, the type or the subject, or an id. Upper and lower case
          are the same. The whole id of an event or of a delivery finds only that event,
          however old it is.
        - `field`: A path into the event's data, and a text in its value, as `email:
          ada@example.com`. Upper and lower case are the same.
        - `subject`: The id of the chatbot, room or space that the event is about.
        - `since`: Received at this time or later.
        - `until`: Received before this time.
        """
        return self._list(
            _STORED_EVENT,
            Call(
                "GET",
                "/events",
                query={
                    "limit": page_size,
                    "cursor": cursor,
                    "type": type,
                    "text": text,
                    "field": field,
                    "subject": subject,
                    "since": since,
                    "until": until,
                },
            ),
        )

    def send(
        self,
        type: str,
        data: Mapping[str, Any],
        *,
        subject: SubjectBody | Unset | None = UNSET,
        chatbot_id: str | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        timestamp: datetime | str | Unset | None = UNSET,
        changed: Sequence[str] | Unset | None = UNSET,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Report an event.

        The answer comes after the event and all its deliveries are committed. With `wait` it
        also has `results`: 200 if all deliveries have ended, otherwise 202. The key needs the
        scope `events:write`.

        - `type`: The name of an event type.
        - `data`: The data of the event. It is stored, signed and sent byte for byte.
        - `subject`: What the event is about.
        - `chatbot_id`: Short for a `subject` of type `chatbot`.
        - `id`: Your own id of the event. It makes a repeat harmless.
        - `timestamp`: When it happened. The default is the current time.
        - `changed`: For updates: the paths of the changed fields, up to 100.
        - `wait`: How many seconds the answer waits for the deliveries to end.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACCEPTED,
            Call(
                "POST",
                "/events",
                query={"wait": wait},
                body=given(
                    type=type,
                    data=data,
                    subject=subject,
                    chatbot_id=chatbot_id,
                    id=id,
                    timestamp=timestamp,
                    changed=changed,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )

    def send_batch(
        self, events: Sequence[EventBody], *, idempotency_key: str | None = None
    ) -> AcceptedBatch:
        """Report many events.

        Stores all events in one transaction: all or none. A repeat with the same key may have
        more events at its end. The key needs the scope `events:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _ACCEPTED_BATCH,
            Call(
                "POST",
                "/events/batch",
                body=given(events=events),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def dry_run(
        self,
        type: str,
        data: Mapping[str, Any],
        *,
        subject: SubjectBody | Unset | None = UNSET,
        chatbot_id: str | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        timestamp: datetime | str | Unset | None = UNSET,
        changed: Sequence[str] | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> DryRun:
        """Try an event.

        Checks an event as `POST /events` does, and says how many deliveries it would have. A
        key with `events:read` also sees which webhooks and actions would fire, and why the
        others would not. Nothing is stored or sent, and the plan does not count it. The key
        needs the scope `events:write`.

        - `type`: The name of an event type.
        - `data`: The data of the event. It is stored, signed and sent byte for byte.
        - `subject`: What the event is about.
        - `chatbot_id`: Short for a `subject` of type `chatbot`.
        - `id`: Your own id of the event. It makes a repeat harmless.
        - `timestamp`: When it happened. The default is the current time.
        - `changed`: For updates: the paths of the changed fields, up to 100.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DRY_RUN,
            Call(
                "POST",
                "/events/dry-run",
                body=given(
                    type=type,
                    data=data,
                    subject=subject,
                    chatbot_id=chatbot_id,
                    id=id,
                    timestamp=timestamp,
                    changed=changed,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, event_id: str) -> StoredEvent:
        """Read an event.

        Shows an event with its `data`, as it was reported. The key needs the scope
        `events:read`.
        """
        return self._send(_STORED_EVENT, Call("GET", path_to("/events/{}", event_id)))

    def erase(self, event_id: str, *, if_match: str | Model | None = None) -> None:
        """Erase the data of an event.

        Erases the `data` of the event and everything that Hookline derived from it: the stored
        answers of receivers, the last state of its object, its line in digests. Waiting
        deliveries are cancelled. The event stays in the log without its data. Erasing it again
        changes nothing. The key needs the scope `events:erase`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE", path_to("/events/{}/data", event_id), headers=sent_with(if_match=if_match)
            )
        )

    def deliveries(
        self, event_id: str, *, page_size: int | None = None, cursor: str | None = None
    ) -> Listing[Delivery]:
        """List the deliveries of an event.

        Newest first, including replays. The key needs the scope `deliveries:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        """
        return self._list(
            _DELIVERY,
            Call(
                "GET",
                path_to("/events/{}/deliveries", event_id),
                query={"limit": page_size, "cursor": cursor},
            ),
        )

    def explain(self, event_id: str) -> Listing[Explanation]:
        """Explain an event.

        Says for every webhook and action why it matches the event or not, condition by
        condition. All are on one page, those with a delivery first. The key needs the scope
        `events:read`.
        """
        return self._list(_EXPLANATION, Call("GET", path_to("/events/{}/explanation", event_id)))


class HooksResource(Resource):
    """Subscriptions of Zapier, Make and similar platforms."""

    def create(self, *, target_url: str, event: str, idempotency_key: str | None = None) -> Hook:
        """Subscribe.

        Creates a webhook for one event type, in the format of the samples. It gets no ping. An
        answer of 410 switches it off. The key needs the scope `webhooks:write`.

        - `target_url`: Where events are sent; https in live mode.
        - `event`: The name of an event type.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _HOOK,
            Call(
                "POST",
                "/hooks",
                body=given(target_url=target_url, event=event),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, webhook_id: str) -> Hook:
        """Read a hook.

        The key needs the scope `webhooks:read`.
        """
        return self._send(_HOOK, Call("GET", path_to("/hooks/{}", webhook_id)))

    def delete(self, webhook_id: str, *, if_match: str | Model | None = None) -> None:
        """Unsubscribe.

        Deletes the webhook. Waiting deliveries are cancelled. The key needs the scope
        `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call("DELETE", path_to("/hooks/{}", webhook_id), headers=sent_with(if_match=if_match))
        )


class InboxesResource(Resource):
    """Test receivers and the requests that they got."""

    def list(self) -> Listing[Inbox]:
        """List inboxes.

        Oldest first, all on one page: there are up to 20. The key needs the scope
        `inboxes:read`.
        """
        return self._list(_INBOX, Call("GET", "/inboxes"))

    def create(
        self,
        *,
        name: str,
        secret: str | Unset = UNSET,
        answer: AnswerBodyInput | AnswerBody | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Inbox:
        """Create an inbox.

        A private URL for a webhook under development. Live and test share inboxes. The key
        needs the scope `inboxes:write`.

        - `secret`: The secret for checking signatures. Without it, signatures are not checked.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _INBOX,
            Call(
                "POST",
                "/inboxes",
                body=given(name=name, secret=secret, answer=answer),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, inbox_id: str) -> Inbox:
        """Read an inbox.

        The key needs the scope `inboxes:read`.
        """
        return self._send(_INBOX, Call("GET", path_to("/inboxes/{}", inbox_id)))

    def update(
        self,
        inbox_id: str,
        *,
        answer: AnswerBodyInput | AnswerBody,
        if_match: str | Model | None = None,
    ) -> Inbox:
        """Change an inbox's answer.

        Sets how the inbox answers, to try out failures. A test key cannot change an inbox to
        which a live webhook sends. The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _INBOX,
            Call(
                "PATCH",
                path_to("/inboxes/{}", inbox_id),
                body=given(answer=answer),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(self, inbox_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete an inbox.

        Deletes the inbox and all its requests. A test key cannot change an inbox to which a
        live webhook sends. The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call("DELETE", path_to("/inboxes/{}", inbox_id), headers=sent_with(if_match=if_match))
        )

    def requests(
        self, inbox_id: str, *, after: str | None = None, wait: int | None = None
    ) -> Listing[InboxRequest]:
        """List the requests of an inbox.

        Newest first, all on one page: up to 100 are kept. With `wait` the answer comes as soon
        as there is a newer request. If too many requests wait already, it comes at once, with
        `Retry-After`. The key needs the scope `inboxes:read`.

        - `after`: The id of a request. The answer has only the requests after it.
        - `wait`: How many seconds to wait for a newer request.
        """
        return self._list(
            _INBOX_REQUEST,
            Call(
                "GET",
                path_to("/inboxes/{}/requests", inbox_id),
                query={"after": after, "wait": wait},
                wait=wait or 0,
            ),
        )

    def clear(self, inbox_id: str, *, if_match: str | Model | None = None) -> None:
        """Clear an inbox.

        Deletes the requests. The inbox stays. A test key cannot change an inbox to which a
        live webhook sends. The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE",
                path_to("/inboxes/{}/requests", inbox_id),
                headers=sent_with(if_match=if_match),
            )
        )

    def get_request(self, inbox_id: str, request_id: str) -> InboxRequest:
        """Read a request of an inbox.

        The key needs the scope `inboxes:read`.
        """
        return self._send(
            _INBOX_REQUEST, Call("GET", path_to("/inboxes/{}/requests/{}", inbox_id, request_id))
        )


class InvitationsResource(Resource):
    """The members of the organisation, their roles, and invitations."""

    def list(self) -> Listing[Invitation]:
        """List invitations.

        The open invitations, sorted by e-mail address, all on one page. The key needs the
        scope `members:read`.
        """
        return self._list(_INVITATION, Call("GET", "/invitations"))

    def create(
        self, *, email: str, role: Role | Unset = UNSET, idempotency_key: str | None = None
    ) -> Invitation:
        """Invite someone.

        Mails a link that makes its recipient a member. An API key cannot make or change
        owners; an owner can, in the dashboard. The key needs the scope `members:write`.

        - `email`: They get a link by mail, valid for 7 days.
        - `role`: `admin` or `viewer`.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _INVITATION,
            Call(
                "POST",
                "/invitations",
                body=given(email=email, role=role),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, invitation_id: str) -> Invitation:
        """Read an invitation.

        The key needs the scope `members:read`.
        """
        return self._send(_INVITATION, Call("GET", path_to("/invitations/{}", invitation_id)))

    def delete(self, invitation_id: str, *, if_match: str | Model | None = None) -> None:
        """Withdraw an invitation.

        The link no longer works. The key needs the scope `members:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE",
                path_to("/invitations/{}", invitation_id),
                headers=sent_with(if_match=if_match),
            )
        )

    def resend(self, invitation_id: str, *, idempotency_key: str | None = None) -> Invitation:
        """Send an invitation again.

        Mails a new link. The old link no longer works. The key needs the scope
        `members:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _INVITATION,
            Call(
                "POST",
                path_to("/invitations/{}/resend", invitation_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class ListenersResource(Resource):
    """Deliveries to a developer's own computer."""

    def list(self) -> Listing[Listener]:
        """List listeners.

        Newest first, all on one page: there are up to 20. The key needs the scope
        `webhooks:read`.
        """
        return self._list(_LISTENER, Call("GET", "/listeners"))

    def create(
        self,
        *,
        url: str,
        name: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        secret: str | Unset | None = UNSET,
        key: str | Unset | None = UNSET,
        keep_for: int | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Listener:
        """Start a listener.

        A temporary webhook whose deliveries a computer fetches, so they reach a server on
        `localhost`. It ends when the computer stays away. With a `key` of a listener that has
        not ended this takes that up (200): its earlier session ends, and what that was sending
        is due again. The key needs the scope `listeners:write`.

        - `url`: The local URL to which the computer sends its deliveries. Hookline never calls
          it.
        - `name`: A name for your team.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `secret`: A signing secret of your own. Made for you if absent.
        - `key`: Your own name for it, such as that of the computer. A listener with that key
          that has not ended is taken up again.
        - `keep_for`: How many seconds it is kept without a visit.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _LISTENER,
            Call(
                "POST",
                "/listeners",
                body=given(
                    url=url,
                    name=name,
                    event_types=event_types,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    wire_format=wire_format,
                    timeout=timeout,
                    retry_policy=retry_policy,
                    secret=secret,
                    key=key,
                    keep_for=keep_for,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, listener_id: str) -> Listener:
        """Read a listener.

        One that this key started. The key needs the scope `listeners:write`.
        """
        return self._send(_LISTENER, Call("GET", path_to("/listeners/{}", listener_id)))

    def delete(self, listener_id: str, *, if_match: str | Model | None = None) -> None:
        """Stop a listener.

        Stops the listener. Its waiting deliveries are cancelled. The log stays. The key needs
        the scope `listeners:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE",
                path_to("/listeners/{}", listener_id),
                headers=sent_with(if_match=if_match),
            )
        )

    def deliveries(
        self,
        listener_id: str,
        *,
        session: str,
        limit: int | Unset = UNSET,
        wait: int | Unset = UNSET,
        in_hand: Sequence[str] | Unset | None = UNSET,
    ) -> TakenPage:
        """Take deliveries.

        Signed requests to send now. Each is leased: without a result in time it is taken
        again. Each request takes others, so no client repeats it by itself: after a lost
        answer, say what you have with `in_hand`. With `wait` the answer comes as soon as there
        is one. If too many wait already, it comes at once, with `Retry-After`. A 410 means
        that someone stopped the listener, a 404 that it ended because its computer was away.
        The key needs the scope `listeners:write`.

        - `session`: The session, from the answer that started the listener.
        - `wait`: How many seconds to wait for a delivery.
        - `in_hand`: After a lost answer: the ids of the deliveries that did arrive. All others
          are due again.
        """
        return self._send(
            _TAKEN_PAGE,
            Call(
                "POST",
                path_to("/listeners/{}/deliveries", listener_id),
                body=given(session=session, limit=limit, wait=wait, in_hand=in_hand),
                wait=0 if isinstance(wait, Unset) else wait,
                keyed=False,
            ),
        )

    def results(
        self,
        listener_id: str,
        *,
        session: str,
        results: Sequence[ListenerResult],
        idempotency_key: str | None = None,
    ) -> Results:
        """Report results.

        Reports the results of attempts. They count like any other attempt: for retries, log
        and statistics. A repeat changes nothing. It also works after someone has switched the
        listener off: what it had taken is still reported. The key needs the scope
        `listeners:write`.

        - `session`: The session, from the answer that started the listener.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _RESULTS,
            Call(
                "POST",
                path_to("/listeners/{}/results", listener_id),
                body=given(session=session, results=results),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class MembersResource(Resource):
    """The members of the organisation, their roles, and invitations."""

    def list(self) -> Listing[Member]:
        """List members.

        Sorted by e-mail address, all on one page. The key needs the scope `members:read`.
        """
        return self._list(_MEMBER, Call("GET", "/members"))

    def get(self, member_id: str) -> Member:
        """Read a member.

        The key needs the scope `members:read`.
        """
        return self._send(_MEMBER, Call("GET", path_to("/members/{}", member_id)))

    def update(self, member_id: str, *, role: Role, if_match: str | Model | None = None) -> Member:
        """Change a member's role.

        Works only with a key that an owner created. Invitations that the member may no longer
        send are withdrawn. An API key cannot make or change owners; an owner can, in the
        dashboard. The key needs the scope `members:write`.

        - `role`: `admin` or `viewer`.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _MEMBER,
            Call(
                "PATCH",
                path_to("/members/{}", member_id),
                body=given(role=role),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(
        self,
        member_id: str,
        *,
        revoke_keys: bool | None = None,
        if_match: str | Model | None = None,
    ) -> None:
        """Remove a member.

        The member's invitations are withdrawn. Their API keys keep working, unless
        `revoke_keys` is true. An API key cannot make or change owners; an owner can, in the
        dashboard. The key needs the scope `members:write`.

        - `revoke_keys`: Whether to revoke the API keys that they created.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE",
                path_to("/members/{}", member_id),
                query={"revoke_keys": revoke_keys},
                headers=sent_with(if_match=if_match),
            )
        )


class MessagesResource(Resource):
    """Chat messages, from which Hookline derives events."""

    def report(
        self,
        chatbot_id: str,
        *,
        conversation_id: str,
        role: Speaker,
        text: str,
        at: datetime | str | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Message:
        """Report chat messages.

        Reports one message, or up to 500 of any conversations of the chatbot. The answer comes
        after the messages and the events that follow are committed: all or none. The key needs
        the scope `messages:write`.

        - `conversation_id`: Your own id of the conversation.
        - `role`: Who wrote the message.
        - `text`: The text, at most 16 KiB. It can be empty.
        - `at`: When it was written, at most a day in the future. The default is the current
          time.
        - `id`: Your own id of the message. It makes a repeat harmless.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _MESSAGE,
            Call(
                "POST",
                path_to("/chatbots/{}/messages", chatbot_id),
                body=given(conversation_id=conversation_id, role=role, text=text, at=at, id=id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def report_batch(
        self,
        chatbot_id: str,
        *,
        messages: Sequence[MessageBody],
        idempotency_key: str | None = None,
    ) -> Messages:
        """Report chat messages.

        Reports one message, or up to 500 of any conversations of the chatbot. The answer comes
        after the messages and the events that follow are committed: all or none. The key needs
        the scope `messages:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _MESSAGES,
            Call(
                "POST",
                path_to("/chatbots/{}/messages", chatbot_id),
                body=given(messages=messages),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class NotificationsResource(Resource):
    """The notifications in the dashboard."""

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, unread: bool | None = None
    ) -> Listing[Notification]:
        """List notifications.

        Newest first. The key needs the scope `notifications:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `unread`: Only those that some member has not read yet.
        """
        return self._list(
            _NOTIFICATION,
            Call(
                "GET",
                "/notifications",
                query={"limit": page_size, "cursor": cursor, "unread": unread},
            ),
        )

    def read_all(self, *, idempotency_key: str | None = None) -> None:
        """Mark all notifications as read.

        Marks it as read for every member, since a key acts for the organisation. The key needs
        the scope `notifications:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        self._do(
            Call("POST", "/notifications/read", headers=sent_with(idempotency_key=idempotency_key))
        )

    def read(self, notification_id: str, *, idempotency_key: str | None = None) -> Notification:
        """Mark a notification as read.

        Marks it as read for every member, since a key acts for the organisation. The key needs
        the scope `notifications:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _NOTIFICATION,
            Call(
                "POST",
                path_to("/notifications/{}/read", notification_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class ReplaysResource(Resource):
    """Send many deliveries again."""

    def list(self, *, page_size: int | None = None, cursor: str | None = None) -> Listing[Replay]:
        """List replays.

        Newest first. The key needs the scope `deliveries:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        """
        return self._list(
            _REPLAY, Call("GET", "/replays", query={"limit": page_size, "cursor": cursor})
        )

    def create(
        self,
        *,
        filter: DeliveryFilter | Unset | None = UNSET,
        delivery_ids: Sequence[str] | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Replay:
        """Start a replay.

        Starts a job that sends deliveries again. With `missing` in the filter, it sends what
        never arrived, each event once, including what was missed while a webhook was switched
        off automatically. If the same replay is already running, the answer is that replay.
        The key needs the scope `deliveries:write`.

        - `filter`: Send all deliveries that match this filter again. An empty object means all
          deliveries.
        - `delivery_ids`: These, up to 100.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _REPLAY,
            Call(
                "POST",
                "/replays",
                body=given(filter=filter, delivery_ids=delivery_ids),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, replay_id: str) -> Replay:
        """Read a replay.

        The key needs the scope `deliveries:read`.
        """
        return self._send(_REPLAY, Call("GET", path_to("/replays/{}", replay_id)))

    def cancel(self, replay_id: str, *, idempotency_key: str | None = None) -> Replay:
        """Cancel a replay.

        Stops a replay. What was sent so far stays. Cancelling a replay that has ended changes
        nothing. The key needs the scope `deliveries:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/replays/{}/cancel", replay_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class StatsResource(Resource):
    """Attempts over time, by result, and their latency."""

    def get(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        step: Step | None = None,
        subscription_id: str | None = None,
    ) -> Stats:
        """Read stats.

        Attempts over time, of all webhooks and actions or of one, with up to 1000 points. The
        key needs the scope `stats:read`.

        - `since`: The start, rounded down to the hour or day. The default is a day before
          `until`.
        - `until`: The end, with its whole hour or day. The default is the current time.
        - `step`: The length of each point. Days are in UTC.
        - `subscription_id`: Only this webhook or action.
        """
        return self._send(
            _STATS,
            Call(
                "GET",
                "/stats",
                query={
                    "since": since,
                    "until": until,
                    "step": step,
                    "subscription_id": subscription_id,
                },
            ),
        )

    def subscriptions(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        step: Step | None = None,
        subscription_id: str | None = None,
    ) -> SubscriptionStats:
        """Read stats by webhook and action.

        Attempts of each webhook and action, by result. The key needs the scope `stats:read`.

        - `since`: The start, rounded down to the hour or day. The default is a day before
          `until`.
        - `until`: The end, with its whole hour or day. The default is the current time.
        - `step`: The length of each point. Days are in UTC.
        - `subscription_id`: Only this webhook or action.
        """
        return self._send(
            _SUBSCRIPTION_STATS,
            Call(
                "GET",
                "/stats/subscriptions",
                query={
                    "since": since,
                    "until": until,
                    "step": step,
                    "subscription_id": subscription_id,
                },
            ),
        )


class WebhooksResource(Resource):
    """Endpoints that receive events."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Listing[Webhook]:
        """List webhooks.

        Newest first. The key needs the scope `webhooks:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `metadata`: Filter by metadata: `metadata[team]=sales`. Several filters must all
          match.
        """
        return self._list(
            _WEBHOOK,
            Call(
                "GET",
                "/webhooks",
                query={"limit": page_size, "cursor": cursor, "metadata": metadata},
            ),
        )

    def create(
        self,
        *,
        name: str,
        event_types: Sequence[str],
        url: str,
        description: str | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        secret: str | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Create a webhook.

        Only this answer shows the signing `secret`. A webhook that is on gets a `webhook.ping`
        right away. The key needs the scope `webhooks:write`.

        - `name`: A name for people.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `secret`: Generated if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                "/webhooks",
                body=given(
                    name=name,
                    description=description,
                    event_types=event_types,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                    secret=secret,
                ),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def get(self, webhook_id: str) -> Webhook:
        """Read a webhook.

        The key needs the scope `webhooks:read`.
        """
        return self._send(_WEBHOOK, Call("GET", path_to("/webhooks/{}", webhook_id)))

    def put(
        self,
        webhook_id: str,
        *,
        name: str,
        event_types: Sequence[str],
        url: str,
        description: str | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        if_match: str | Model | None = None,
        only_if_new: bool = False,
    ) -> Webhook:
        """Put a webhook.

        Creates or replaces a webhook: `PUT /webhooks/key:crm`, where `crm` is your own key of
        it. Absent members get their defaults, except `enabled`, which stays as it is. Sending
        the same again changes nothing. The key needs the scope `webhooks:write`.

        - `name`: A name for people.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "PUT",
                path_to("/webhooks/{}", webhook_id),
                body=given(
                    name=name,
                    description=description,
                    event_types=event_types,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                ),
                headers=sent_with(if_match=if_match, only_if_new=only_if_new),
            ),
        )

    def update(
        self,
        webhook_id: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        scope: ScopeInput | Scope | Unset | None = UNSET,
        conditions: Sequence[ConditionInput | Condition] | Unset = UNSET,
        match: Match | Unset = UNSET,
        changed_fields: Sequence[str] | Unset = UNSET,
        retry_policy: str | Mapping[str, Any] | Unset = UNSET,
        rate_limit: float | Unset | None = UNSET,
        failure_mail: bool | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        url: str | Unset = UNSET,
        wire_format: Literal[
            "standard",
            "pivra",
            "pivotal",
            "pollybot",
            "pivot",
            "inqyra",
            "github",
            "stripe",
            "svix",
            "shopify",
            "cloudevents",
            "slack",
            "discord",
            "teams",
        ]
        | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        if_match: str | Model | None = None,
    ) -> Webhook:
        """Change a webhook.

        Absent members stay as they are. The key needs the scope `webhooks:write`.

        - `name`: A name for people.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also accepts
          `customer.*` for all types that begin with `customer.`, and `*` for all types. Both
          include types that are registered later.
        - `scope`: Send only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: `all` or `any`: how many of the conditions must match.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is switched on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 custom headers. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "PATCH",
                path_to("/webhooks/{}", webhook_id),
                body=given(
                    name=name,
                    description=description,
                    event_types=event_types,
                    scope=scope,
                    conditions=conditions,
                    match=match,
                    changed_fields=changed_fields,
                    retry_policy=retry_policy,
                    rate_limit=rate_limit,
                    failure_mail=failure_mail,
                    metadata=metadata,
                    enabled=enabled,
                    url=url,
                    wire_format=wire_format,
                    timeout=timeout,
                    headers=headers,
                ),
                headers=sent_with(if_match=if_match),
            ),
        )

    def delete(self, webhook_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete a webhook.

        Waiting deliveries are cancelled. The log stays. The key needs the scope
        `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        self._do(
            Call(
                "DELETE", path_to("/webhooks/{}", webhook_id), headers=sent_with(if_match=if_match)
            )
        )

    def disable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook off.

        No more events are sent to it. Waiting deliveries are cancelled, with that reason in
        their `error`, and can be recovered later. What is being sent right now may still
        arrive. Switching it off again changes nothing. The key needs the scope
        `webhooks:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/disable", webhook_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def enable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook on.

        Events are sent to it from now on. To send what it missed, recover it. Switching it on
        again changes nothing. The key needs the scope `webhooks:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/enable", webhook_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def pause(
        self,
        webhook_id: str,
        *,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Pause a webhook.

        Its deliveries wait until it is resumed. What is being sent right now may still arrive.
        Deliveries that have waited for as long as the log is kept are cancelled, with that
        reason. Switching it off cancels what waits and ends the pause. The key needs the scope
        `webhooks:write`.

        - `until`: When it resumes by itself. Without it, it stays paused until it is resumed.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/pause", webhook_id),
                body=given(until=until) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def recover(
        self, webhook_id: str, *, since: datetime | str, idempotency_key: str | None = None
    ) -> Replay:
        """Recover a webhook.

        Starts a replay of everything that never arrived since then: what failed, what was
        cancelled, and the events that it missed while it was switched off automatically. Each
        event is sent once. The key needs the scope `deliveries:write`.

        - `since`: Send deliveries and events from this time on.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/webhooks/{}/recover", webhook_id),
                body=given(since=since),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def resume(
        self,
        webhook_id: str,
        *,
        rate: float | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Resume a webhook.

        Sends what waits, oldest first: all at once, or at the rate that you give. New
        deliveries do not wait behind the old ones. Resuming it again changes nothing. The key
        needs the scope `webhooks:write`.

        - `rate`: How many deliveries may start per second. Without it, they all start at once.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/resume", webhook_id),
                body=given(rate=rate) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def rotate_secret(
        self,
        webhook_id: str,
        *,
        overlap_hours: int | Unset = UNSET,
        secret: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Rotate the signing secret.

        Only this answer shows the new `secret`. The old secret signs too for as long as you
        choose, if the format has room for two signatures. The key needs the scope
        `webhooks:write`.

        - `overlap_hours`: How many hours the old secret signs too.
        - `secret`: A secret of your own. Without it, one is generated.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/rotate-secret", webhook_id),
                body=given(overlap_hours=overlap_hours, secret=secret) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    def test(
        self,
        webhook_id: str,
        *,
        event_type: str | Unset | None = UNSET,
        data: Mapping[str, Any] | Unset = UNSET,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> Delivery:
        """Send a test.

        Sends the sample of an event type now, or `data` of your own, which an organisation can
        do 30 times a minute. The key needs the scope `webhooks:write`.

        - `event_type`: The event type whose sample is sent, or `webhook.ping`. The default is
          the first type of the webhook or action.
        - `data`: Your own data, sent in place of the sample, byte for byte. Of the types that
          Hookline itself sends, only `webhook.ping` takes it.
        - `wait`: How many seconds the answer waits for the deliveries to end.
        - `idempotency_key`: Made by the client when absent.
        """
        return self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/webhooks/{}/test", webhook_id),
                query={"wait": wait},
                body=given(event_type=event_type, data=data) or None,
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class Api(Resource):
    """Every resource."""

    @cached_property
    def actions(self) -> ActionsResource:
        """One event type and what follows it: an e-mail, a digest or a webhook."""
        return ActionsResource(self._transport)

    @cached_property
    def api_keys(self) -> ApiKeysResource:
        """API keys: what a key may do, and how to create and revoke others."""
        return ApiKeysResource(self._transport)

    @cached_property
    def audit_log(self) -> AuditLogResource:
        """Who did what, when and from where."""
        return AuditLogResource(self._transport)

    @cached_property
    def chatbot_webhooks(self) -> ChatbotWebhooksResource:
        """Webhooks of a chatbot, as in Pollybot."""
        return ChatbotWebhooksResource(self._transport)

    @cached_property
    def deliveries(self) -> DeliveriesResource:
        """Each delivery with its attempts, and how to send it again."""
        return DeliveriesResource(self._transport)

    @cached_property
    def device(self) -> DeviceResource:
        """How a program without a browser gets a key."""
        return DeviceResource(self._transport)

    @cached_property
    def event_types(self) -> EventTypesResource:
        """The types of events: built-in ones and your own."""
        return EventTypesResource(self._transport)

    @cached_property
    def events(self) -> EventsResource:
        """Report what happened in your product."""
        return EventsResource(self._transport)

    @cached_property
    def hooks(self) -> HooksResource:
        """Subscriptions of Zapier, Make and similar platforms."""
        return HooksResource(self._transport)

    @cached_property
    def inboxes(self) -> InboxesResource:
        """Test receivers and the requests that they got."""
        return InboxesResource(self._transport)

    @cached_property
    def invitations(self) -> InvitationsResource:
        """The members of the organisation, their roles, and invitations."""
        return InvitationsResource(self._transport)

    @cached_property
    def listeners(self) -> ListenersResource:
        """Deliveries to a developer's own computer."""
        return ListenersResource(self._transport)

    @cached_property
    def members(self) -> MembersResource:
        """The members of the organisation, their roles, and invitations."""
        return MembersResource(self._transport)

    @cached_property
    def messages(self) -> MessagesResource:
        """Chat messages, from which Hookline derives events."""
        return MessagesResource(self._transport)

    @cached_property
    def notifications(self) -> NotificationsResource:
        """The notifications in the dashboard."""
        return NotificationsResource(self._transport)

    @cached_property
    def replays(self) -> ReplaysResource:
        """Send many deliveries again."""
        return ReplaysResource(self._transport)

    @cached_property
    def stats(self) -> StatsResource:
        """Attempts over time, by result, and their latency."""
        return StatsResource(self._transport)

    @cached_property
    def webhooks(self) -> WebhooksResource:
        """Endpoints that receive events."""
        return WebhooksResource(self._transport)

    def openapi(self) -> dict[str, Any]:
        """Read this document.

        The API as OpenAPI 3.1. It needs no key.
        """
        return self._send(_DICT, Call("GET", "/openapi.json"))

    def whoami(self) -> Whoami:
        """Read what the key belongs to.

        The organisation and mode of the key, its scopes, and how much of the plan is used.
        """
        return self._send(_WHOAMI, Call("GET", "/whoami"))
