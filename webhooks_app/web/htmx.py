"""What htmx asks for: a fragment, where a browser asks for the page around it."""

from flask import redirect, request
from werkzeug.wrappers import Response


def wants_fragment() -> bool:
    """True for a request of htmx that swaps a part of the page.

    htmx 4 says so itself; a navigation that it restores asks for the full page.
    """
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def leave_for(url: str) -> Response:
    """After a POST, to another page: htmx would follow a redirect and swap that page in."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url)
