"""What htmx asks for: a fragment, where a browser asks for the page around it."""

from flask import request


def wants_fragment() -> bool:
    """True for a request of htmx that swaps a part of the page.

    htmx 4 says so itself; a navigation that it restores asks for the full page.
    """
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"
