"""/notifications: what the dashboard tells members."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from webhooks_app.api import auth, queries
from webhooks_app.api.answers import PageAnswer, answer, no_content, page
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment
from webhooks_app.extensions import db
from webhooks_app.lib.times import rfc3339
from webhooks_app.notices import notifications as service
from webhooks_app.notices.notifications import NotificationView


class NotificationQuery(queries.PageQuery):
    unread: Annotated[bool, Meta(description="Only those that some member has not read yet.")] = (
        False
    )


class NotificationAnswer(msgspec.Struct, frozen=True):
    """A notification in the dashboard."""

    id: str
    kind: Annotated[
        str,
        Meta(description="The kind of notification, such as `delivery_failed` or `key_expiring`."),
    ]
    title: str
    body: str
    subscription_id: Annotated[str | None, Meta(description="The id of the webhook or action.")]
    delivery_id: str | None
    created_at: Moment
    unread: Annotated[bool, Meta(description="Whether some member has not read it yet.")]


@bp.get("/notifications")
@operation(
    Operation(
        summary="List notifications",
        tag="Notifications",
        query=NotificationQuery,
        answers={200: PageAnswer[NotificationAnswer]},
        description="Newest first.",
    )
)
@auth.requires("notifications:read")
def list_notifications() -> Response:
    query = queries.read(NotificationQuery)
    found = service.list_all(db.session(), auth.tenant(), query.window(), only_unread=query.unread)
    return answer(page(found, _shown))


@bp.post("/notifications/<notification_id>/read")
@operation(
    Operation(
        summary="Mark a notification as read",
        tag="Notifications",
        answers={200: NotificationAnswer},
        description="Marks it as read for every member, since a key acts for the organisation.",
    )
)
@auth.requires("notifications:write")
def read_notification(notification_id: str) -> Response:
    session, tenant = db.session(), auth.tenant()
    found = service.find(session, tenant, notification_id)
    service.read_for_all(session, tenant, found.notification.id)
    return answer(_shown(service.find(session, tenant, notification_id)))


@bp.post("/notifications/read")
@operation(
    Operation(
        summary="Mark all notifications as read",
        tag="Notifications",
        answers={204: None},
        description="Marks it as read for every member, since a key acts for the organisation.",
    )
)
@auth.requires("notifications:write")
def read_all_notifications() -> Response:
    service.read_for_all(db.session(), auth.tenant())
    return no_content()


def _shown(view: NotificationView) -> NotificationAnswer:
    row = view.notification
    return NotificationAnswer(
        id=row.id,
        kind=row.kind,
        title=row.title,
        body=row.body,
        subscription_id=row.subscription_id,
        delivery_id=row.delivery_id,
        created_at=rfc3339(row.created_at),
        unread=view.is_new,
    )
