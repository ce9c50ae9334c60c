"""The JSON API under `/api/v1`, by API key; the calls of the Pollybot document also by session."""

from flask import Flask

from webhooks_app.api import (
    actions,
    api_keys,
    audit_log,
    auth,
    chatbot_webhooks,
    conditional,
    deliveries,
    device,
    dry_run,
    event_log,
    event_types,
    events,
    hooks,
    inboxes,
    keyed_requests,
    listeners,
    members,
    messages,
    notifications,
    problems,
    rate,
    receiver,
    replays,
    stats,
    subscription_states,
    webhooks,
    whoami,
)
from webhooks_app.api.blueprint import bp
from webhooks_app.api.openapi import view as openapi
from webhooks_app.api.paths import RowId, SubjectId
from webhooks_app.extensions import csrf

VIEWS = (
    actions,
    api_keys,
    audit_log,
    chatbot_webhooks,
    deliveries,
    dry_run,
    event_log,
    event_types,
    events,
    hooks,
    inboxes,
    listeners,
    members,
    messages,
    notifications,
    replays,
    stats,
    subscription_states,
    webhooks,
    whoami,
)
# In this order. Of the others, the last goes first.
for before in (
    auth.authenticate,
    rate.count_request,
    conditional.check_unchanged,
    keyed_requests.answer_repeat,
):
    bp.before_request(before)
for after in (rate.tell, conditional.tag, keyed_requests.keep_answer):
    bp.after_request(after)


def init_app(app: Flask) -> None:
    """Browsers never send a bearer key by themselves, so these requests need no CSRF token."""
    problems.init_app(app)
    csrf.exempt(bp)
    app.url_map.converters |= {"subject_id": SubjectId, "row_id": RowId}
    app.register_blueprint(bp)
    app.register_blueprint(device.bp)
    app.register_blueprint(receiver.bp)
    app.register_blueprint(openapi.bp)
