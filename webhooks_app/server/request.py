"""Flask's request, with the bounds of ours."""

from typing import NoReturn

from flask import Request, current_app
from werkzeug.exceptions import UnsupportedMediaType

from webhooks_app.lib.body_limits import largest_body


class BoundedRequest(Request):
    """Each view says how long a body it takes; none takes a file."""

    @property  # type: ignore[misc]
    def max_content_length(self) -> int:  # type: ignore[override]
        return largest_body(current_app.view_functions.get(self.endpoint or ""))

    def _get_file_stream(self, *_: object, **__: object) -> NoReturn:
        """Without this, Flask-WTF puts files where the forms expect texts."""
        raise UnsupportedMediaType("No form of this site takes a file.")
