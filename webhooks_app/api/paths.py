"""What stands in the paths of the API."""

from werkzeug.routing import BaseConverter


class SubjectId(BaseConverter):
    """The id of a subject, which may have slashes."""

    part_isolating = False
    regex = "[^/].*?"
    weight = 200


class RowId(BaseConverter):
    """An id of ours, as `whk_06gvpml7cj579nme4baogimovo`: never the end of a subject's id."""

    regex = "[a-z]+_[0-9A-Za-z]+"
