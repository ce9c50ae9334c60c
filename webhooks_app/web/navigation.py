"""The pages of the side, which the palette finds, too."""

from typing import NamedTuple


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


def pages_named(text: str, is_editor: bool) -> list[Link]:
    """Those that have the text in their name, all of the side for none."""
    links = [link for _, links in SIDE for link in links] + (list(MORE) if text else [])
    wanted = text.lower()
    return [
        link
        for link in links
        if wanted in link.name.lower() and (is_editor or not link.for_editors)
    ]
