"""Every page that a member can reach, by the name of its picture."""

from playwright.sync_api import Page

PATHS = {
    "overview": "/",
    "actions": "/actions/",
    "action-new": "/actions/new",
    "webhooks": "/webhooks/",
    "webhook-new": "/webhooks/new",
    "delivery-logs": "/webhooks/logs",
    "deliveries": "/deliveries/",
    "replay-new": "/replays/new?missing=1",
    "events": "/events/",
    "first-steps": "/first-steps/",
    "event-new": "/events/new",
    "event-types": "/event-types/",
    "event-type": "/event-types/escalation.requested",
    "event-type-new": "/event-types/new",
    "inboxes": "/test-webhook/",
    "simulator": "/simulator/",
    "organisation": "/settings/organisation/",
    "chat-settings": "/settings/chat/",
    "api-keys": "/api-keys/",
    "notifications": "/notifications/",
    "members": "/members/",
    "member-leave": "/members/leave",
    "account": "/account/",
    "second-factor": "/account/second-factor/",
    "authenticator-app": "/account/second-factor/app",
    "passkey-new": "/account/second-factor/passkeys/new",
    "confirm-it-is-you": "/account/confirm/",
    "audit-log": "/audit-log/",
    "outbox": "/outbox/",
    "signature-tool": "/tools/signature",
    "documents": "/docs/",
    "document": "/docs/api",
    "reference": "/docs/reference/",
    "operation": "/docs/reference/create-webhook",
    "problem": "/docs/errors/conflict",
    "not-found": "/nowhere",
}
# Pages of one item: the page that links to it, by its path or its name here, and which link.
LINKED = {
    "action": ("/actions/", "main h2 a"),
    "webhook": ("/webhooks/", "a:text-is('Old CRM')"),
    "webhook-edit": ("/webhooks/", "a[href$='/edit']"),
    "webhook-delete": ("/webhooks/", "a[href$='/delete']"),
    "webhook-rotate": ("webhook", "a[href$='/rotate']"),
    "webhook-logs": ("/webhooks/", "tr:has-text('Old CRM') a[href$='/logs']"),
    "delivery": ("/deliveries/?status=failed", ".go"),
    "event": ("/events/?type=lead.captured", "tbody a"),
    "inbox": ("/test-webhook/", "main a[href*='/test-webhook/']"),
    "inbox-request": ("inbox", "a[href*='/requests/']"),
}


def paths(page: Page) -> dict[str, str]:
    """All pages, with those of one item looked up in the lists."""
    found = dict(PATHS)
    for name, (index, link) in LINKED.items():
        page.goto(found.get(index, index))
        href = page.locator(link).first.get_attribute("href")
        assert href, name
        found[name] = href
    return found
