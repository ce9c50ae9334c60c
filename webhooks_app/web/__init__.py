"""The pages."""

from flask import Flask

from webhooks_app.events import summaries
from webhooks_app.parts import parts_of
from webhooks_app.web import (
    errors,
    json_view,
    navigation,
    old_addresses,
    places,
    request_metrics,
    rq_dashboard,
    security,
    tenancy,
    toasts,
    words,
)
from webhooks_app.web.places import PREFIX
from webhooks_app.web.views import (
    account,
    api_keys,
    audit_log,
    chat_settings,
    confirm,
    confirm_address,
    deliveries,
    device,
    digests,
    docs,
    event_types,
    events,
    explained,
    first_steps,
    home,
    inbox,
    invitations,
    log_in,
    mail_preview,
    members,
    not_me,
    notifications,
    operations,
    organisations,
    outbox,
    overview,
    passkeys,
    passwords,
    receiver,
    reference,
    replays,
    saved_views,
    search,
    second_factor,
    second_step,
    signature,
    simulator,
    subscriptions,
    theme,
    try_it,
    unsubscribe,
    usage,
)

# Each in an organisation and mode, see `places`.
OF_A_PLACE = (
    api_keys,
    audit_log,
    chat_settings,
    deliveries,
    digests,
    event_types,
    events,
    first_steps,
    inbox,
    mail_preview,
    members,
    notifications,
    organisations,
    overview,
    replays,
    saved_views,
    search,
    signature,
    simulator,
)
OTHERS = (
    account,
    confirm,
    confirm_address,
    device,
    docs,
    home,
    invitations,
    log_in,
    not_me,
    operations,
    outbox,
    passkeys,
    passwords,
    receiver,
    reference,
    second_factor,
    second_step,
    theme,
    try_it,
    unsubscribe,
    usage,
)


def init_app(app: Flask) -> None:
    request_metrics.init_app(app)
    security.init_app(app)
    errors.init_app(app)
    places.init_app(app)
    tenancy.init_app(app)
    explained.init_app(app)
    old_addresses.init_app(app)
    toasts.init_app(app)
    for views in OTHERS:
        app.register_blueprint(views.bp)
    for views in OF_A_PLACE:
        app.register_blueprint(views.bp, url_prefix=PREFIX + (views.bp.url_prefix or ""))
    for plural in subscriptions.KINDS:
        app.register_blueprint(subscriptions.bp, name=plural, url_prefix=f"{PREFIX}/{plural}")
    rq_dashboard.init_app(app)
    app.jinja_env.filters["duration"] = words.duration
    app.jinja_env.filters["retry_moments"] = words.retry_moments
    app.jinja_env.filters["schedule"] = words.schedule
    app.jinja_env.globals["theme"] = theme.chosen
    app.jinja_env.globals["may_open_organisations"] = organisations.may_open
    app.jinja_env.globals["navigation"] = navigation.SIDE
    app.jinja_env.globals["json_to_read"] = json_view.shown_text
    app.jinja_env.globals["named_subjects"] = words.named_subjects
    app.jinja_env.globals["section_in"] = navigation.section_in
    app.jinja_env.globals["summary_of"] = summaries.summary_of
    app.jinja_env.globals["brand"] = parts_of(app).settings.brand_name
