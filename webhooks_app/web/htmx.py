"""Tell htmx's requests for a fragment from a browser's requests for a page."""

from flask import redirect, request
from werkzeug.wrappers import Response


def wants_fragment() -> bool:
    """True for an htmx request that swaps part of the page.

    htmx 4 says so itself; a restored navigation asks for the full page.
    """
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def leave_for(url: str) -> Response:
    """Go to another page after a POST: htmx would follow a redirect and swap that page in."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url)
