"""The operations of the API, by resource.

Made from docs/openapi.json by `make client`: do not edit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from hookline._call import UNSET, Call, Unset, given, path_to, sent_with
from hookline._listing import AsyncListing
from hookline._model import Kind, Model
from hookline._resource import AsyncResource
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


class AsyncActionsResource(AsyncResource):
    """What follows an event, by e-mail or webhook."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> AsyncListing[Action]:
        """List actions.

        Newest first. The key needs the scope `actions:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `metadata`: `metadata[team]=sales`; several must all match.
        """
        return self._list(
            _ACTION,
            Call(
                "GET",
                "/actions",
                query={"limit": page_size, "cursor": cursor, "metadata": metadata},
            ),
        )

    async def create(
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

        - `channel`: How it is sent.
        - `name`: A name for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `email_to`: 1 to 20 addresses.
        - `description`: A note for your team.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `email_subject`: A subject with fields of the event; null for one made from the
          event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `secret`: Generated if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def get(self, action_id: str) -> Action:
        """Read an action.

        The key needs the scope `actions:read`.
        """
        return await self._send(_ACTION, Call("GET", path_to("/actions/{}", action_id)))

    async def put(
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

        Makes or replaces it: `PUT /actions/key:crm`, where `crm` is your own key. Members that
        are absent get their defaults, except `enabled`, which stays. The same again changes
        nothing. The key needs the scope `actions:write`.

        - `channel`: How it is sent.
        - `name`: A name for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `email_to`: 1 to 20 addresses.
        - `description`: A note for your team.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `email_subject`: A subject with fields of the event; null for one made from the
          event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return await self._send(
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

    async def update(
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

        - `name`: A name for your team.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `email_to`: 1 to 20 addresses.
        - `email_subject`: A subject with fields of the event; null for one made from the
          event.
        - `schedule`: When a digest is sent; null for one e-mail per event, at once.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
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

    async def delete(self, action_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete an action.

        Waiting deliveries are cancelled. The log stays. The key needs the scope
        `actions:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call("DELETE", path_to("/actions/{}", action_id), headers=sent_with(if_match=if_match))
        )

    async def disable(self, action_id: str, *, idempotency_key: str | None = None) -> Action:
        """Switch an action off.

        Nothing more is planned or sent for it. What waits is cancelled, with that reason in
        its `error`; it can be recovered later. What is being sent right now may still arrive.
        One that is off does not change. The key needs the scope `actions:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/disable", action_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def enable(self, action_id: str, *, idempotency_key: str | None = None) -> Action:
        """Switch an action on.

        From now on events are sent to it. What it missed is not sent by itself: recover that.
        One that is on does not change. The key needs the scope `actions:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/enable", action_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def pause(
        self,
        action_id: str,
        *,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Action:
        """Pause an action.

        Deliveries are still planned, and wait until it is resumed. What is being sent right
        now may still arrive. What has waited for as long as the log is kept is cancelled, with
        that reason. Switching it off cancels what waits and ends the pause. The key needs the
        scope `actions:write`.

        - `until`: When it resumes by itself; absent for not at all.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/pause", action_id),
                body=given(until=until) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def recover(
        self, action_id: str, *, since: datetime | str, idempotency_key: str | None = None
    ) -> Replay:
        """Recover an action.

        A replay of everything that never arrived since then: what failed, what was cancelled,
        and the events that it missed while it was switched off automatically. Each event is
        sent once. The key needs the scope `deliveries:write`.

        - `since`: Deliveries and events from this time on.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/actions/{}/recover", action_id),
                body=given(since=since),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def resume(
        self,
        action_id: str,
        *,
        rate: float | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Action:
        """Resume an action.

        What waits is sent, oldest first: all at once, or at the rate that you give. New
        deliveries do not wait behind it. One that is not paused does not change. The key needs
        the scope `actions:write`.

        - `rate`: How many may start per second; absent for all at once.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _ACTION,
            Call(
                "POST",
                path_to("/actions/{}/resume", action_id),
                body=given(rate=rate) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def rotate_secret(
        self,
        action_id: str,
        *,
        overlap_hours: int | Unset = UNSET,
        secret: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> WebhookAction:
        """Rotate the secret of an action.

        For an action that sends a webhook. Only this answer shows the new `secret`. The key
        needs the scope `actions:write`.

        - `overlap_hours`: For how long the old secret also signs.
        - `secret`: One of your own; made for you if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK_ACTION,
            Call(
                "POST",
                path_to("/actions/{}/rotate-secret", action_id),
                body=given(overlap_hours=overlap_hours, secret=secret) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def test(
        self,
        action_id: str,
        *,
        event_type: str | Unset | None = UNSET,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> Delivery:
        """Test an action.

        Sends the sample of an event type now. A digest is sent as it was last due. The key
        needs the scope `actions:write`.

        - `event_type`: Whose sample is sent, also `webhook.ping`; its first if absent.
        - `wait`: For how many seconds the answer waits until the deliveries have ended.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/actions/{}/test", action_id),
                query={"wait": wait},
                body=given(event_type=event_type) or None,
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class AsyncApiKeysResource(AsyncResource):
    """What a key belongs to, what it opens, and other keys."""

    def list(self) -> AsyncListing[ApiKey]:
        """List API keys.

        Those of the key's mode, newest first, all on one page. Revoked ones are left out. The
        key needs the scope `keys:read`.
        """
        return self._list(_API_KEY, Call("GET", "/api-keys"))

    async def create(
        self,
        *,
        name: str,
        scopes: Sequence[str] | Unset | None = UNSET,
        preset: Literal["ingest", "read", "manage", "develop", "all", None] | Unset = UNSET,
        expires_at: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> ApiKey:
        """Create an API key.

        Only this answer shows the `token`. The new key has the mode of the key that makes it.
        It can do no more and lives no longer. The key needs the scope `keys:write`.

        - `name`: What people call it.
        - `scopes`: Among those of the key that makes it.
        - `preset`: Scopes that are often used together.
        - `expires_at`: When it ends, within 5 years; null for never. By default it ends with
          the key that makes it.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _API_KEY,
            Call(
                "POST",
                "/api-keys",
                body=given(name=name, scopes=scopes, preset=preset, expires_at=expires_at),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, key_id: str) -> ApiKey:
        """Read an API key.

        The key needs the scope `keys:read`.
        """
        return await self._send(_API_KEY, Call("GET", path_to("/api-keys/{}", key_id)))

    async def delete(self, key_id: str, *, if_match: str | Model | None = None) -> None:
        """Revoke an API key.

        It works no more, at the latest a second later. A key can revoke itself. The key needs
        the scope `keys:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call("DELETE", path_to("/api-keys/{}", key_id), headers=sent_with(if_match=if_match))
        )

    async def rotate(
        self, key_id: str, *, overlap_hours: int | Unset = UNSET, idempotency_key: str | None = None
    ) -> ApiKey:
        """Rotate an API key.

        A new key with the same name, scopes and lifetime. Only this answer shows its `token`.
        The old one works for `overlap_hours` more. A key can rotate itself: the new one ends
        when the old one would have ended. It can rotate others that can do no more and live no
        longer. The key needs the scope `keys:write`.

        - `overlap_hours`: For how long the old key works too.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _API_KEY,
            Call(
                "POST",
                path_to("/api-keys/{}/rotate", key_id),
                body=given(overlap_hours=overlap_hours) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncAuditLogResource(AsyncResource):
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
    ) -> AsyncListing[AuditEntry]:
        """List the audit log.

        Newest first: entries of the key's mode, and those of what both modes share. With
        `Accept: application/x-ndjson` the answer is all that match, one entry a line. The key
        needs the scope `audit:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `actor_kind`: Who did it, by kind.
        - `actor`: Part of a name, or a whole id.
        - `action`: Such as `webhook.created`, or only `webhook`.
        - `target`: Part of a name, or a whole id.
        - `since`: At this time or later.
        - `until`: Before this time.
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
    ) -> AsyncIterator[AuditEntry]:
        """List the audit log.

        Newest first: entries of the key's mode, and those of what both modes share. With
        `Accept: application/x-ndjson` the answer is all that match, one entry a line. The key
        needs the scope `audit:read`.

        - `actor_kind`: Who did it, by kind.
        - `actor`: Part of a name, or a whole id.
        - `action`: Such as `webhook.created`, or only `webhook`.
        - `target`: Part of a name, or a whole id.
        - `since`: At this time or later.
        - `until`: Before this time.
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


class AsyncChatbotWebhooksResource(AsyncResource):
    """Webhooks of a chatbot, as in Pollybot."""

    async def list(self, chatbot_id: str) -> ChatbotWebhooks:
        """List the webhooks of a chatbot.

        All of them, newest first, wherever they were made; 1,000 at most. The key needs the
        scope `webhooks:read`.
        """
        return await self._send(
            _CHATBOT_WEBHOOKS, Call("GET", path_to("/chatbots/{}/webhooks", chatbot_id))
        )

    async def create(
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
        return await self._send(
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

    async def get(self, chatbot_id: str, webhook_id: str) -> OneChatbotWebhook:
        """Read a webhook of a chatbot.

        The key needs the scope `webhooks:read`.
        """
        return await self._send(
            _ONE_CHATBOT_WEBHOOK,
            Call("GET", path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id)),
        )

    async def put(
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
        return await self._send(
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

    async def update(
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
        return await self._send(
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

    async def delete(
        self, chatbot_id: str, webhook_id: str, *, if_match: str | Model | None = None
    ) -> DeletedChatbotWebhook:
        """Delete a webhook of a chatbot.

        The key needs the scope `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
            _DELETED_CHATBOT_WEBHOOK,
            Call(
                "DELETE",
                path_to("/chatbots/{}/webhooks/{}", chatbot_id, webhook_id),
                headers=sent_with(if_match=if_match),
            ),
        )


class AsyncDeliveriesResource(AsyncResource):
    """What was sent, and how it went."""

    def list(
        self,
        *,
        subscription_id: str | None = None,
        kind: SubscriptionKind | None = None,
        event_type: str | None = None,
        status: DeliveryStatus | None = None,
        status_code: str | None = None,
        text: str | None = None,
        missing: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncListing[Delivery]:
        """List deliveries.

        Newest first. With `Accept: application/x-ndjson` the answer is all that match, one
        delivery a line, sent as they are read. The key needs the scope `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: Its state.
        - `status_code`: The receiver's answer: one code, or a class of codes.
        - `text`: In the error, the event's data, its subject or an id.
        - `missing`: What never arrived: failed or cancelled, and not replayed since.
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
        missing: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> AsyncIterator[Delivery]:
        """List deliveries.

        Newest first. With `Accept: application/x-ndjson` the answer is all that match, one
        delivery a line, sent as they are read. The key needs the scope `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: Its state.
        - `status_code`: The receiver's answer: one code, or a class of codes.
        - `text`: In the error, the event's data, its subject or an id.
        - `missing`: What never arrived: failed or cancelled, and not replayed since.
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
                    "missing": missing,
                    "since": since,
                    "until": until,
                },
                accept="application/x-ndjson",
            ),
        )

    async def count(
        self,
        *,
        subscription_id: str | Unset | None = UNSET,
        kind: SubscriptionKind | Unset | None = UNSET,
        event_type: str | Unset | None = UNSET,
        status: DeliveryStatus | Unset | None = UNSET,
        status_code: str | Unset | None = UNSET,
        text: str | Unset | None = UNSET,
        missing: bool | Unset = UNSET,
        since: datetime | str | Unset | None = UNSET,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Count:
        """Count deliveries.

        Those that match, up to 10,000. With a filter that no index serves, only the newest are
        looked through; `at_least` says so. The key needs the scope `deliveries:read`.

        - `subscription_id`: The id of a webhook or an action.
        - `kind`: Of webhooks or of actions.
        - `event_type`: The name of an event type.
        - `status`: Its state.
        - `status_code`: The receiver's answer: one code, or a class of codes.
        - `text`: In the error, the event's data, its subject or an id.
        - `missing`: What never arrived: failed or cancelled, and not replayed since.
        - `since`: Created at this time or later.
        - `until`: Created before this time.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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
                    missing=missing,
                    since=since,
                    until=until,
                )
                or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, delivery_id: str) -> Delivery:
        """Read a delivery.

        With its `request_body` and every attempt. The key needs the scope `deliveries:read`.
        """
        return await self._send(_DELIVERY, Call("GET", path_to("/deliveries/{}", delivery_id)))

    def attempts(self, delivery_id: str) -> AsyncListing[Attempt]:
        """List the attempts of a delivery.

        In the order in which they were made. All are on one page. The key needs the scope
        `deliveries:read`.
        """
        return self._list(_ATTEMPT, Call("GET", path_to("/deliveries/{}/attempts", delivery_id)))

    async def cancel(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Cancel a delivery.

        One that waits is not sent any more. It can be replayed later. One that is cancelled
        does not change. The key needs the scope `deliveries:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/cancel", delivery_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def replay(
        self, delivery_id: str, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> Delivery:
        """Replay a delivery.

        A new delivery of the same body, to the current URL and with the current secret. A
        delivery that has not ended is retried at once instead, and is itself the answer. The
        key needs the scope `deliveries:write`.

        - `wait`: For how many seconds the answer waits until the deliveries have ended.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/replay", delivery_id),
                query={"wait": wait},
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )

    async def retry_now(
        self, delivery_id: str, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> Delivery:
        """Retry a delivery now.

        Makes the next attempt of a waiting delivery at once. The remaining retries follow as
        planned. The key needs the scope `deliveries:write`.

        - `wait`: For how many seconds the answer waits until the deliveries have ended.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/deliveries/{}/retry-now", delivery_id),
                query={"wait": wait},
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class AsyncDeviceResource(AsyncResource):
    """How a program without a browser gets a key."""

    async def authorization(
        self,
        *,
        client: str,
        preset: Literal["ingest", "read", "manage", "develop", "all"] | Unset = UNSET,
    ) -> Device:
        """Begin a log-in.

        Show `user_code` and `verification_uri` to the person, then ask for the key every
        `interval` seconds. It needs no key.

        - `client`: What the person sees who approves it.
        - `preset`: What the key shall do. Whoever approves it can choose something else.
        """
        return await self._send(
            _DEVICE, Call("POST", "/device/authorization", body=given(client=client, preset=preset))
        )

    async def revocation(self, *, token: str) -> None:
        """Revoke a key by itself.

        Whoever has a key can end it, whatever its scopes (RFC 7009). For one that is unknown
        or has ended, the answer is the same.
        """
        await self._do(Call("POST", "/device/revocation", body=given(token=token)))

    async def token(self, *, device_code: str, grant_type: str | Unset = UNSET) -> Token:
        """Ask for the key.

        Once someone has approved it, this gives the key, once. Until then it is
        `authorization-pending`. Problems have `error` as in RFC 8628.
        """
        return await self._send(
            _TOKEN,
            Call(
                "POST", "/device/token", body=given(device_code=device_code, grant_type=grant_type)
            ),
        )


class AsyncEventTypesResource(AsyncResource):
    """The catalogue, and the types that you registered."""

    def list(self) -> AsyncListing[EventType]:
        """List event types.

        The catalogue and your own, all on one page.
        """
        return self._list(_EVENT_TYPE, Call("GET", "/event-types"))

    async def create(
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

        One of your own, up to 200. Live and test mode share it. The key needs the scope
        `event-types:write`.

        - `title`: Made from the name if absent.
        - `description`: When it happens.
        - `group`: The heading it is listed under.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `sample`: What a test sends: an object of at most 32 KiB.
        - `name`: An object and what happened to it, in lower case. It cannot be changed.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def get(self, name: str) -> EventType:
        """Read an event type."""
        return await self._send(_EVENT_TYPE, Call("GET", path_to("/event-types/{}", name)))

    async def put(
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

        Registers or replaces one of your own. Absent members get their defaults. The same
        again changes nothing. The key needs the scope `event-types:write`.

        - `title`: Made from the name if absent.
        - `description`: When it happens.
        - `group`: The heading it is listed under.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `sample`: What a test sends: an object of at most 32 KiB.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return await self._send(
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

    async def update(
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

        One of your own. Absent members stay as they are. The key needs the scope `event-
        types:write`.

        - `title`: Made from the name if absent.
        - `description`: When it happens.
        - `group`: The heading it is listed under.
        - `sample`: What a test sends: an object of at most 32 KiB.
        - `schema`: A JSON Schema (2020-12) of `data`, or null.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
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

    async def delete(self, name: str, *, if_match: str | Model | None = None) -> None:
        """Retire an event type.

        One of your own that no action or webhook uses. Its events stay in the log. The key
        needs the scope `event-types:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call("DELETE", path_to("/event-types/{}", name), headers=sent_with(if_match=if_match))
        )

    async def samples(self, name: str) -> Sequence[HookSample]:
        """List samples.

        What a REST Hook would get, for the editors of Zapier and Make. With the scope
        `events:read` these are the newest 3 events of the type. Otherwise, and where there is
        none, it is the sample of the type. The answer is a bare list.
        """
        return await self._send(
            _LIST_HOOK_SAMPLE, Call("GET", path_to("/event-types/{}/samples", name))
        )


class AsyncEventsResource(AsyncResource):
    """What happened, reported by your backend."""

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, type: str | None = None
    ) -> AsyncListing[StoredEvent]:
        """List events.

        Newest first, without their data. A page can have fewer than `limit` events and still
        have a next one. The key needs the scope `events:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `type`: The name of an event type.
        """
        return self._list(
            _STORED_EVENT,
            Call("GET", "/events", query={"limit": page_size, "cursor": cursor, "type": type}),
        )

    async def send(
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

        The answer comes once the event and all its deliveries are committed. With `wait` it
        has `results` too: 200 if all deliveries have ended, otherwise 202. The key needs the
        scope `events:write`.

        - `type`: The name of an event type.
        - `data`: What is stored, signed and sent, byte for byte as it arrived.
        - `subject`: What the event is about.
        - `chatbot_id`: Short for a subject of type `chatbot`.
        - `id`: Your own id of the event. It makes a repeat harmless.
        - `timestamp`: When it happened; now if absent.
        - `changed`: For updates: the paths of what changed, up to 100.
        - `wait`: For how many seconds the answer waits until the deliveries have ended.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def send_batch(
        self, events: Sequence[EventBody], *, idempotency_key: str | None = None
    ) -> AcceptedBatch:
        """Report many events.

        All events of a batch are stored in one transaction: all or none. A repeat with the
        same key may have more events at its end. The key needs the scope `events:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _ACCEPTED_BATCH,
            Call(
                "POST",
                "/events/batch",
                body=given(events=events),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def dry_run(
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

        Checks an event as `POST /events` does, and answers how many deliveries it would have.
        A key with `events:read` also sees which webhooks and actions would fire and why the
        others would not. Nothing is stored or sent, and it does not count as an event. The key
        needs the scope `events:write`.

        - `type`: The name of an event type.
        - `data`: What is stored, signed and sent, byte for byte as it arrived.
        - `subject`: What the event is about.
        - `chatbot_id`: Short for a subject of type `chatbot`.
        - `id`: Your own id of the event. It makes a repeat harmless.
        - `timestamp`: When it happened; now if absent.
        - `changed`: For updates: the paths of what changed, up to 100.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def get(self, event_id: str) -> StoredEvent:
        """Read an event.

        With its `data`, as it was reported. The key needs the scope `events:read`.
        """
        return await self._send(_STORED_EVENT, Call("GET", path_to("/events/{}", event_id)))

    async def erase(self, event_id: str, *, if_match: str | Model | None = None) -> None:
        """Erase the data of an event.

        Empties its `data` and all that Hookline made of it: receivers' answers, the last state
        of its object, its line in digests. What waits is cancelled. The line in the log stays.
        An erased one does not change. The key needs the scope `events:erase`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE", path_to("/events/{}/data", event_id), headers=sent_with(if_match=if_match)
            )
        )

    def deliveries(
        self, event_id: str, *, page_size: int | None = None, cursor: str | None = None
    ) -> AsyncListing[Delivery]:
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

    def explain(self, event_id: str) -> AsyncListing[Explanation]:
        """Explain an event.

        For every webhook and action: why it matches the event or not, condition by condition.
        All are on one page, those with a delivery first. The key needs the scope
        `events:read`.
        """
        return self._list(_EXPLANATION, Call("GET", path_to("/events/{}/explanation", event_id)))


class AsyncHooksResource(AsyncResource):
    """How Zapier and Make subscribe."""

    async def create(
        self, *, target_url: str, event: str, idempotency_key: str | None = None
    ) -> Hook:
        """Subscribe.

        A webhook for one event type, in the format of the samples. It gets no ping. An answer
        of 410 ends it. The key needs the scope `webhooks:write`.

        - `target_url`: Where events are sent; https in live mode.
        - `event`: The name of an event type.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _HOOK,
            Call(
                "POST",
                "/hooks",
                body=given(target_url=target_url, event=event),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, webhook_id: str) -> Hook:
        """Read a hook.

        The key needs the scope `webhooks:read`.
        """
        return await self._send(_HOOK, Call("GET", path_to("/hooks/{}", webhook_id)))

    async def delete(self, webhook_id: str, *, if_match: str | Model | None = None) -> None:
        """Unsubscribe.

        Deletes the webhook. Waiting deliveries are cancelled. The key needs the scope
        `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call("DELETE", path_to("/hooks/{}", webhook_id), headers=sent_with(if_match=if_match))
        )


class AsyncInboxesResource(AsyncResource):
    """Test receivers, and what they were sent."""

    def list(self) -> AsyncListing[Inbox]:
        """List inboxes.

        Oldest first, all on one page: there are up to 20. The key needs the scope
        `inboxes:read`.
        """
        return self._list(_INBOX, Call("GET", "/inboxes"))

    async def create(
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

        - `secret`: To check signatures with. Without it none are checked.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _INBOX,
            Call(
                "POST",
                "/inboxes",
                body=given(name=name, secret=secret, answer=answer),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, inbox_id: str) -> Inbox:
        """Read an inbox.

        The key needs the scope `inboxes:read`.
        """
        return await self._send(_INBOX, Call("GET", path_to("/inboxes/{}", inbox_id)))

    async def update(
        self,
        inbox_id: str,
        *,
        answer: AnswerBodyInput | AnswerBody,
        if_match: str | Model | None = None,
    ) -> Inbox:
        """Change an inbox's answer.

        To try out failures. A test key cannot change an inbox to which a live webhook sends.
        The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
            _INBOX,
            Call(
                "PATCH",
                path_to("/inboxes/{}", inbox_id),
                body=given(answer=answer),
                headers=sent_with(if_match=if_match),
            ),
        )

    async def delete(self, inbox_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete an inbox.

        With all its requests. A test key cannot change an inbox to which a live webhook sends.
        The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call("DELETE", path_to("/inboxes/{}", inbox_id), headers=sent_with(if_match=if_match))
        )

    def requests(
        self, inbox_id: str, *, after: str | None = None, wait: int | None = None
    ) -> AsyncListing[InboxRequest]:
        """List the requests of an inbox.

        Newest first, all on one page: up to 100 are kept. With `wait` the answer comes as soon
        as there is one. If too many wait already, it comes at once, with `Retry-After`. The
        key needs the scope `inboxes:read`.

        - `after`: The id of a request: only those that came after it.
        - `wait`: For how many seconds to wait until there is one.
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

    async def clear(self, inbox_id: str, *, if_match: str | Model | None = None) -> None:
        """Clear an inbox.

        Deletes its requests. A test key cannot change an inbox to which a live webhook sends.
        The key needs the scope `inboxes:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE",
                path_to("/inboxes/{}/requests", inbox_id),
                headers=sent_with(if_match=if_match),
            )
        )

    async def get_request(self, inbox_id: str, request_id: str) -> InboxRequest:
        """Read a request of an inbox.

        The key needs the scope `inboxes:read`.
        """
        return await self._send(
            _INBOX_REQUEST, Call("GET", path_to("/inboxes/{}/requests/{}", inbox_id, request_id))
        )


class AsyncInvitationsResource(AsyncResource):
    """Who belongs to the organisation, and as what."""

    def list(self) -> AsyncListing[Invitation]:
        """List invitations.

        The open ones by e-mail address, all on one page. The key needs the scope
        `members:read`.
        """
        return self._list(_INVITATION, Call("GET", "/invitations"))

    async def create(
        self, *, email: str, role: Role | Unset = UNSET, idempotency_key: str | None = None
    ) -> Invitation:
        """Invite someone.

        Mails a link that makes its recipient a member. An API key cannot make or change
        owners; an owner can, in the dashboard. The key needs the scope `members:write`.

        - `email`: They get a link by mail, valid for 7 days.
        - `role`: `admin` or `viewer`.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _INVITATION,
            Call(
                "POST",
                "/invitations",
                body=given(email=email, role=role),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, invitation_id: str) -> Invitation:
        """Read an invitation.

        The key needs the scope `members:read`.
        """
        return await self._send(_INVITATION, Call("GET", path_to("/invitations/{}", invitation_id)))

    async def delete(self, invitation_id: str, *, if_match: str | Model | None = None) -> None:
        """Withdraw an invitation.

        Its link no longer works. The key needs the scope `members:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE",
                path_to("/invitations/{}", invitation_id),
                headers=sent_with(if_match=if_match),
            )
        )

    async def resend(self, invitation_id: str, *, idempotency_key: str | None = None) -> Invitation:
        """Send an invitation again.

        With a new link. The old one no longer works. The key needs the scope `members:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _INVITATION,
            Call(
                "POST",
                path_to("/invitations/{}/resend", invitation_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncListenersResource(AsyncResource):
    """Deliveries to a developer's own computer."""

    def list(self) -> AsyncListing[Listener]:
        """List listeners.

        Newest first, all on one page: there are up to 20. The key needs the scope
        `webhooks:read`.
        """
        return self._list(_LISTENER, Call("GET", "/listeners"))

    async def create(
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

        - `url`: Where the computer sends its deliveries. Hookline never asks it.
        - `name`: A name for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `secret`: A signing secret of your own. Made for you if absent.
        - `key`: Your own name for it, such as that of the computer. A listener with that key
          that has not ended is taken up again.
        - `keep_for`: For how many seconds it lives on without a visit.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def get(self, listener_id: str) -> Listener:
        """Read a listener.

        One that this key started. The key needs the scope `listeners:write`.
        """
        return await self._send(_LISTENER, Call("GET", path_to("/listeners/{}", listener_id)))

    async def delete(self, listener_id: str, *, if_match: str | Model | None = None) -> None:
        """Stop a listener.

        What it has not delivered is cancelled. The log stays. The key needs the scope
        `listeners:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE",
                path_to("/listeners/{}", listener_id),
                headers=sent_with(if_match=if_match),
            )
        )

    async def deliveries(
        self,
        listener_id: str,
        *,
        session: str,
        limit: int | Unset = UNSET,
        wait: int | Unset = UNSET,
        in_hand: Sequence[str] | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> TakenPage:
        """Take deliveries.

        Signed requests to send now. Each is leased: without a result in time it is taken
        again. With `wait` the answer comes as soon as there is one. If too many wait already,
        it comes at once, with `Retry-After`. A 410 means that someone stopped the listener, a
        404 that it ended because its computer was away. The key needs the scope
        `listeners:write`.

        - `session`: From the answer that started the listener.
        - `wait`: For how many seconds to wait until there is one.
        - `in_hand`: After a lost answer: the ids of the deliveries that did arrive. All others
          are due again.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _TAKEN_PAGE,
            Call(
                "POST",
                path_to("/listeners/{}/deliveries", listener_id),
                body=given(session=session, limit=limit, wait=wait, in_hand=in_hand),
                headers=sent_with(idempotency_key=idempotency_key),
                wait=0 if isinstance(wait, Unset) else wait,
            ),
        )

    async def results(
        self,
        listener_id: str,
        *,
        session: str,
        results: Sequence[ListenerResult],
        idempotency_key: str | None = None,
    ) -> Results:
        """Report results.

        How tries went. They count as every other attempt: for retries, log and statistics. A
        repeat changes nothing. The key needs the scope `listeners:write`.

        - `session`: From the answer that started the listener.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _RESULTS,
            Call(
                "POST",
                path_to("/listeners/{}/results", listener_id),
                body=given(session=session, results=results),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncMembersResource(AsyncResource):
    """Who belongs to the organisation, and as what."""

    def list(self) -> AsyncListing[Member]:
        """List members.

        By e-mail address, all on one page. The key needs the scope `members:read`.
        """
        return self._list(_MEMBER, Call("GET", "/members"))

    async def get(self, member_id: str) -> Member:
        """Read a member.

        The key needs the scope `members:read`.
        """
        return await self._send(_MEMBER, Call("GET", path_to("/members/{}", member_id)))

    async def update(
        self, member_id: str, *, role: Role, if_match: str | Model | None = None
    ) -> Member:
        """Change a member's role.

        Only with a key whose maker is an owner. Invitations that they may no longer make are
        withdrawn. An API key cannot make or change owners; an owner can, in the dashboard. The
        key needs the scope `members:write`.

        - `role`: `admin` or `viewer`.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
            _MEMBER,
            Call(
                "PATCH",
                path_to("/members/{}", member_id),
                body=given(role=role),
                headers=sent_with(if_match=if_match),
            ),
        )

    async def delete(
        self,
        member_id: str,
        *,
        revoke_keys: bool | None = None,
        if_match: str | Model | None = None,
    ) -> None:
        """Remove a member.

        Their invitations are withdrawn. Their API keys go on working unless you say otherwise.
        An API key cannot make or change owners; an owner can, in the dashboard. The key needs
        the scope `members:write`.

        - `revoke_keys`: Whether API keys that they made stop working.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE",
                path_to("/members/{}", member_id),
                query={"revoke_keys": revoke_keys},
                headers=sent_with(if_match=if_match),
            )
        )


class AsyncMessagesResource(AsyncResource):
    """Messages, from which events follow."""

    async def report(
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

        One message, or up to 500 of any conversations of that chatbot. The answer comes once
        the messages and the events that follow are committed: all or none. The key needs the
        scope `messages:write`.

        - `conversation_id`: Your own id of the conversation.
        - `role`: Who wrote it.
        - `text`: At most 16 KiB; it may be empty.
        - `at`: When it was written; now if absent. At most a day in the future.
        - `id`: Your own id of the message. It makes a repeat harmless.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _MESSAGE,
            Call(
                "POST",
                path_to("/chatbots/{}/messages", chatbot_id),
                body=given(conversation_id=conversation_id, role=role, text=text, at=at, id=id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def report_batch(
        self,
        chatbot_id: str,
        *,
        messages: Sequence[MessageBody],
        idempotency_key: str | None = None,
    ) -> Messages:
        """Report chat messages.

        One message, or up to 500 of any conversations of that chatbot. The answer comes once
        the messages and the events that follow are committed: all or none. The key needs the
        scope `messages:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _MESSAGES,
            Call(
                "POST",
                path_to("/chatbots/{}/messages", chatbot_id),
                body=given(messages=messages),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncNotificationsResource(AsyncResource):
    """What the dashboard tells members."""

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, unread: bool | None = None
    ) -> AsyncListing[Notification]:
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

    async def read_all(self, *, idempotency_key: str | None = None) -> None:
        """Mark all notifications as read.

        For every member: a key acts for the organisation. The key needs the scope
        `notifications:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        await self._do(
            Call("POST", "/notifications/read", headers=sent_with(idempotency_key=idempotency_key))
        )

    async def read(
        self, notification_id: str, *, idempotency_key: str | None = None
    ) -> Notification:
        """Mark a notification as read.

        For every member: a key acts for the organisation. The key needs the scope
        `notifications:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _NOTIFICATION,
            Call(
                "POST",
                path_to("/notifications/{}/read", notification_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncReplaysResource(AsyncResource):
    """Many deliveries, sent again."""

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None
    ) -> AsyncListing[Replay]:
        """List replays.

        Newest first. The key needs the scope `deliveries:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        """
        return self._list(
            _REPLAY, Call("GET", "/replays", query={"limit": page_size, "cursor": cursor})
        )

    async def create(
        self,
        *,
        filter: DeliveryFilter | Unset | None = UNSET,
        delivery_ids: Sequence[str] | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Replay:
        """Start a replay.

        A job sends them again. With `missing` in the filter it sends what never arrived, each
        event once, including what was missed while a webhook was switched off automatically.
        If the same replay already runs, it is the answer. The key needs the scope
        `deliveries:write`.

        - `filter`: All that match; an empty object means all deliveries.
        - `delivery_ids`: These, up to 100.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _REPLAY,
            Call(
                "POST",
                "/replays",
                body=given(filter=filter, delivery_ids=delivery_ids),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def get(self, replay_id: str) -> Replay:
        """Read a replay.

        The key needs the scope `deliveries:read`.
        """
        return await self._send(_REPLAY, Call("GET", path_to("/replays/{}", replay_id)))

    async def cancel(self, replay_id: str, *, idempotency_key: str | None = None) -> Replay:
        """Cancel a replay.

        What it has sent so far stays. A replay that has ended does not change. The key needs
        the scope `deliveries:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/replays/{}/cancel", replay_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )


class AsyncStatsResource(AsyncResource):
    """How many attempts there were, and how they went."""

    async def get(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        step: Step | None = None,
        subscription_id: str | None = None,
    ) -> Stats:
        """Read stats.

        Attempts over time, of all webhooks and actions or of one. Up to 1000 points. The key
        needs the scope `stats:read`.

        - `since`: From the hour or day of this time. By default a day before `until`.
        - `until`: Up to this time, with its hour or day. By default now.
        - `step`: How long each point lasts. Days are in UTC.
        - `subscription_id`: Only this webhook or action.
        """
        return await self._send(
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

    async def subscriptions(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        step: Step | None = None,
        subscription_id: str | None = None,
    ) -> SubscriptionStats:
        """Read stats by webhook and action.

        Which of them were tried, how often, and how it went. The key needs the scope
        `stats:read`.

        - `since`: From the hour or day of this time. By default a day before `until`.
        - `until`: Up to this time, with its hour or day. By default now.
        - `step`: How long each point lasts. Days are in UTC.
        - `subscription_id`: Only this webhook or action.
        """
        return await self._send(
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


class AsyncWebhooksResource(AsyncResource):
    """Endpoints that receive events."""

    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> AsyncListing[Webhook]:
        """List webhooks.

        Newest first. The key needs the scope `webhooks:read`.

        - `page_size`: How many objects each request fetches, up to 100.
        - `cursor`: `next_cursor` of the previous page, unchanged.
        - `metadata`: `metadata[team]=sales`; several must all match.
        """
        return self._list(
            _WEBHOOK,
            Call(
                "GET",
                "/webhooks",
                query={"limit": page_size, "cursor": cursor, "metadata": metadata},
            ),
        )

    async def create(
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

        - `name`: A name for your team.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `secret`: Generated if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
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

    async def get(self, webhook_id: str) -> Webhook:
        """Read a webhook.

        The key needs the scope `webhooks:read`.
        """
        return await self._send(_WEBHOOK, Call("GET", path_to("/webhooks/{}", webhook_id)))

    async def put(
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

        Makes or replaces it: `PUT /webhooks/key:crm`, where `crm` is your own key. Members
        that are absent get their defaults, except `enabled`, which stays. The same again
        changes nothing. The key needs the scope `webhooks:write`.

        - `name`: A name for your team.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        - `only_if_new`: Refused if there is one already.
        """
        return await self._send(
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

    async def update(
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

        - `name`: A name for your team.
        - `description`: A note for your team.
        - `event_types`: The names of the event types to send. A webhook also takes
          `customer.*` for all types that begin so, and `*` for all, later ones included.
        - `scope`: Only events about this subject; null for all.
        - `conditions`: Up to 20 conditions on fields of the event.
        - `match`: Whether all conditions must hold, or any.
        - `changed_fields`: Up to 50 paths: send updates only if one of these fields changed;
          an empty list for any change.
        - `retry_policy`: When failed deliveries are retried: a policy by its name, delays in
          seconds, or retries that wait twice as long each time.
        - `rate_limit`: How many deliveries may start per second; null for no limit.
        - `failure_mail`: Whether owners and admins get an e-mail when deliveries fail
          permanently.
        - `metadata`: Up to 20 of your own texts by key. Never sent to endpoints.
        - `enabled`: Whether it is on. Nothing is sent while it is off.
        - `url`: Where events are sent; https in live mode.
        - `wire_format`: The body, headers and signature of a request.
        - `timeout`: How many seconds an answer may take; null for the operator's limit.
        - `headers`: Up to 20 of your own. Their values are never shown.
        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        return await self._send(
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

    async def delete(self, webhook_id: str, *, if_match: str | Model | None = None) -> None:
        """Delete a webhook.

        Waiting deliveries are cancelled. The log stays. The key needs the scope
        `webhooks:write`.

        - `if_match`: The object as you read it, or its ETag: refused if it was changed since.
        """
        await self._do(
            Call(
                "DELETE", path_to("/webhooks/{}", webhook_id), headers=sent_with(if_match=if_match)
            )
        )

    async def disable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook off.

        Nothing more is planned or sent for it. What waits is cancelled, with that reason in
        its `error`; it can be recovered later. What is being sent right now may still arrive.
        One that is off does not change. The key needs the scope `webhooks:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/disable", webhook_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def enable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook on.

        From now on events are sent to it. What it missed is not sent by itself: recover that.
        One that is on does not change. The key needs the scope `webhooks:write`.

        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/enable", webhook_id),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def pause(
        self,
        webhook_id: str,
        *,
        until: datetime | str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Pause a webhook.

        Deliveries are still planned, and wait until it is resumed. What is being sent right
        now may still arrive. What has waited for as long as the log is kept is cancelled, with
        that reason. Switching it off cancels what waits and ends the pause. The key needs the
        scope `webhooks:write`.

        - `until`: When it resumes by itself; absent for not at all.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/pause", webhook_id),
                body=given(until=until) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def recover(
        self, webhook_id: str, *, since: datetime | str, idempotency_key: str | None = None
    ) -> Replay:
        """Recover a webhook.

        A replay of everything that never arrived since then: what failed, what was cancelled,
        and the events that it missed while it was switched off automatically. Each event is
        sent once. The key needs the scope `deliveries:write`.

        - `since`: Deliveries and events from this time on.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _REPLAY,
            Call(
                "POST",
                path_to("/webhooks/{}/recover", webhook_id),
                body=given(since=since),
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def resume(
        self,
        webhook_id: str,
        *,
        rate: float | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Resume a webhook.

        What waits is sent, oldest first: all at once, or at the rate that you give. New
        deliveries do not wait behind it. One that is not paused does not change. The key needs
        the scope `webhooks:write`.

        - `rate`: How many may start per second; absent for all at once.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/resume", webhook_id),
                body=given(rate=rate) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def rotate_secret(
        self,
        webhook_id: str,
        *,
        overlap_hours: int | Unset = UNSET,
        secret: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Rotate the signing secret.

        Only this answer shows the new `secret`. The old one also signs for as long as you say,
        if the format has room for two signatures. The key needs the scope `webhooks:write`.

        - `overlap_hours`: For how long the old secret also signs.
        - `secret`: One of your own; made for you if absent.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _WEBHOOK,
            Call(
                "POST",
                path_to("/webhooks/{}/rotate-secret", webhook_id),
                body=given(overlap_hours=overlap_hours, secret=secret) or None,
                headers=sent_with(idempotency_key=idempotency_key),
            ),
        )

    async def test(
        self,
        webhook_id: str,
        *,
        event_type: str | Unset | None = UNSET,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> Delivery:
        """Send a test.

        A delivery of the sample of an event type, due now. The key needs the scope
        `webhooks:write`.

        - `event_type`: Whose sample is sent, also `webhook.ping`; its first if absent.
        - `wait`: For how many seconds the answer waits until the deliveries have ended.
        - `idempotency_key`: Made by the client when absent.
        """
        return await self._send(
            _DELIVERY,
            Call(
                "POST",
                path_to("/webhooks/{}/test", webhook_id),
                query={"wait": wait},
                body=given(event_type=event_type) or None,
                headers=sent_with(idempotency_key=idempotency_key),
                wait=wait or 0,
            ),
        )


class AsyncApi(AsyncResource):
    """Every resource."""

    @cached_property
    def actions(self) -> AsyncActionsResource:
        """What follows an event, by e-mail or webhook."""
        return AsyncActionsResource(self._transport)

    @cached_property
    def api_keys(self) -> AsyncApiKeysResource:
        """What a key belongs to, what it opens, and other keys."""
        return AsyncApiKeysResource(self._transport)

    @cached_property
    def audit_log(self) -> AsyncAuditLogResource:
        """Who did what, when and from where."""
        return AsyncAuditLogResource(self._transport)

    @cached_property
    def chatbot_webhooks(self) -> AsyncChatbotWebhooksResource:
        """Webhooks of a chatbot, as in Pollybot."""
        return AsyncChatbotWebhooksResource(self._transport)

    @cached_property
    def deliveries(self) -> AsyncDeliveriesResource:
        """What was sent, and how it went."""
        return AsyncDeliveriesResource(self._transport)

    @cached_property
    def device(self) -> AsyncDeviceResource:
        """How a program without a browser gets a key."""
        return AsyncDeviceResource(self._transport)

    @cached_property
    def event_types(self) -> AsyncEventTypesResource:
        """The catalogue, and the types that you registered."""
        return AsyncEventTypesResource(self._transport)

    @cached_property
    def events(self) -> AsyncEventsResource:
        """What happened, reported by your backend."""
        return AsyncEventsResource(self._transport)

    @cached_property
    def hooks(self) -> AsyncHooksResource:
        """How Zapier and Make subscribe."""
        return AsyncHooksResource(self._transport)

    @cached_property
    def inboxes(self) -> AsyncInboxesResource:
        """Test receivers, and what they were sent."""
        return AsyncInboxesResource(self._transport)

    @cached_property
    def invitations(self) -> AsyncInvitationsResource:
        """Who belongs to the organisation, and as what."""
        return AsyncInvitationsResource(self._transport)

    @cached_property
    def listeners(self) -> AsyncListenersResource:
        """Deliveries to a developer's own computer."""
        return AsyncListenersResource(self._transport)

    @cached_property
    def members(self) -> AsyncMembersResource:
        """Who belongs to the organisation, and as what."""
        return AsyncMembersResource(self._transport)

    @cached_property
    def messages(self) -> AsyncMessagesResource:
        """Messages, from which events follow."""
        return AsyncMessagesResource(self._transport)

    @cached_property
    def notifications(self) -> AsyncNotificationsResource:
        """What the dashboard tells members."""
        return AsyncNotificationsResource(self._transport)

    @cached_property
    def replays(self) -> AsyncReplaysResource:
        """Many deliveries, sent again."""
        return AsyncReplaysResource(self._transport)

    @cached_property
    def stats(self) -> AsyncStatsResource:
        """How many attempts there were, and how they went."""
        return AsyncStatsResource(self._transport)

    @cached_property
    def webhooks(self) -> AsyncWebhooksResource:
        """Endpoints that receive events."""
        return AsyncWebhooksResource(self._transport)

    async def openapi(self) -> dict[str, Any]:
        """Read this document.

        The API as OpenAPI 3.1. It needs no key.
        """
        return await self._send(_DICT, Call("GET", "/openapi.json"))

    async def whoami(self) -> Whoami:
        """Read what the key belongs to.

        The organisation and mode of the key, its scopes, and what is left of the plan.
        """
        return await self._send(_WHOAMI, Call("GET", "/whoami"))
