"""Flask's request, with our limits."""

from typing import NoReturn

from flask import Request, current_app
from werkzeug.exceptions import UnsupportedMediaType

from webhooks_app.lib.body_limits import largest_body


class BoundedRequest(Request):
    """Each view sets its longest body; none accepts a file."""

    @property  # type: ignore[misc]
    def max_content_length(self) -> int:  # type: ignore[override]
        return largest_body(current_app.view_functions.get(self.endpoint or ""))

    def _get_file_stream(self, *_: object, **__: object) -> NoReturn:
        """Refuse files: otherwise Flask-WTF puts them where forms expect texts."""
        raise UnsupportedMediaType("No form on this site accepts a file.")
