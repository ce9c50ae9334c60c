"""The pages of the side, which the palette finds, too; and the way to another place."""

from typing import Any, NamedTuple

from flask import current_app, request, url_for

from webhooks_app.web import places


class Link(NamedTuple):
    endpoint: str
    name: str
    picture: str
    for_editors: bool = False


SIDE = (
    (
        "",
        (
            Link("overview.show", "Overview", "layout-dashboard"),
            Link("actions.index", "Actions", "zap"),
            Link("webhooks.index", "Webhooks", "webhook"),
            Link("deliveries.index", "Deliveries", "send"),
            Link("events.index", "Events", "activity"),
            Link("event_types.index", "Event types", "info"),
        ),
    ),
    (
        "Try it out",
        (
            Link("inbox.index", "Test receiver", "inbox"),
            Link("simulator.index", "Chat simulator", "play"),
            Link("signature.show", "Signature tool", "shield-check"),
        ),
    ),
    (
        "Settings",
        (
            Link("organisations.show", "Organisation", "building-2"),
            Link("api_keys.index", "API keys", "key-round"),
            Link("chat_settings.show", "Chat", "settings"),
            Link("members.index", "Members", "users"),
            Link("audit_log.index", "Audit log", "history", for_editors=True),
        ),
    ),
    (
        "Help",
        (
            Link("first_steps.show", "First steps", "circle-check"),
            Link("docs.index", "Documentation", "circle-help"),
        ),
    ),
)
# Beside them, what people look for by its name.
MORE = (
    Link("actions.new", "New action", "plus", for_editors=True),
    Link("webhooks.new", "New webhook", "plus", for_editors=True),
    Link("events.new", "Send an event", "send", for_editors=True),
    Link("webhooks.delivery_logs", "Delivery logs", "scroll-text"),
    Link("organisations.new", "New organisation", "building-2"),
    Link("notifications.index", "Notifications", "bell"),
    Link("account.show", "Your account", "user"),
)

# Their pages of one thing are the same in both modes.
OF_BOTH_MODES = ("audit_log", "chat_settings", "event_types", "inbox", "members", "organisations")


def section_in(**place: Any) -> str:
    """The address of the visitor's page in another organisation or mode.

    The page of one thing is not there, so it leads to the list of its section.
    """
    rule, section = request.url_rule, request.blueprint or ""
    named: dict[str, Any] = request.view_args or {}
    if rule is None or places.asked_for() is None:
        return url_for("overview.show", **place)
    is_there = not named or (section in OF_BOTH_MODES and "organisation_id" not in place)
    if is_there and "GET" in (rule.methods or ()):
        return url_for(rule.endpoint, **named, **place)
    return url_for(_list_of(section), **place)


def _list_of(section: str) -> str:
    lists = (f"{section}.index", f"{section}.show")
    if section == "replays":
        return "deliveries.index"
    return next((one for one in lists if one in current_app.view_functions), "overview.show")


def pages_named(text: str, is_editor: bool) -> list[Link]:
    """The pages with the text in their name; without a text, all of the side navigation."""
    links = [link for _, links in SIDE for link in links] + (list(MORE) if text else [])
    wanted = text.lower()
    return [
        link
        for link in links
        if wanted in link.name.lower() and (is_editor or not link.for_editors)
    ]
