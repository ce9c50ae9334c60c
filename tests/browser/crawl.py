"""Find every kind of page by following links, so that none is forgotten."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

# What the dashboard does not link to: JSON, files, text and other endpoints.
NO_PAGES = (
    "api.",
    "static",
    *(
        f"operations.{one}"
        for one in ("healthz", "readyz", "status", "show_metrics", "show_global_metrics")
    ),
    "docs.list_all",
    "docs.list_parts",
    "docs.show_all",
    "docs.source",
    "docs.picture",
    "openapi.",
    "reference.source",
    "reference.problem_source",
    "outbox.html",
    "usage.export",
    "audit_log.export",
    "events.export",
    # The frame of a mail beside a form.
    "mail_preview.",
    # Of test mode; `test_composer` looks at it.
    "actions.copy_to_live",
    "webhooks.copy_to_live",
    # A line for htmx; its page is the delivery's.
    "deliveries.outcome",
    # It leads to the overview.
    "home.",
    # A part of the overview.
    "overview.latest",
    "deliveries.export",
    # Of a delivery with two attempts; `test_inspector` looks at it.
    "deliveries.compare",
    # Texts to copy, and an attempt for htmx; its page is that of the delivery.
    "deliveries.body",
    "deliveries.response",
    "deliveries.as_curl",
    "deliveries.attempt",
    # For a program that asks; `test_settings` looks at them.
    "device.",
    # For operators; `test_rq_dashboard` looks at them.
    "rq_dashboard.",
    # For strangers, by mailed links.
    "accounts.",
    "invitations.",
    "not_me.",
    "passwords.",
    "confirm_address.",
    "unsubscribe.",
    # For those who have a second factor; `test_second_factor` looks at them.
    "second_step.",
    "second_factor.codes",
    "second_factor.remove",
    "second_factor.renew",
)


def pages_of(app: Flask) -> set[str]:
    """The endpoints that answer a GET with a page for members."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(NO_PAGES)
    }


def reach(page: Page, app: Flask, starts: list[str]) -> Iterator[str]:
    """Visit each of `starts`, then one page of each other endpoint that links lead to.

    Yields the endpoint of each, or an empty text for an address without a page.
    """
    adapter, waiting, reached = app.url_map.bind("localhost"), list(starts), set()

    def endpoint_of(url: str) -> str:
        try:
            endpoint: str = adapter.match(urlsplit(url).path, method="GET")[0]
        except HTTPException:
            return ""
        return endpoint

    for number, path in enumerate(waiting):
        linked = endpoint_of(path)
        if number >= len(starts) and (linked in {"", *reached} or linked.startswith(NO_PAGES)):
            continue
        page.goto(path)
        endpoint = endpoint_of(page.url)
        reached.add(endpoint)
        yield endpoint
        waiting += page.eval_on_selector_all("a[href^='/']", LINKS)


LINKS = "links => links.map(link => link.getAttribute('href'))"
