"""The parameters in the API's paths."""

from werkzeug.routing import BaseConverter


class SubjectId(BaseConverter):
    """The id of a subject, which may contain slashes."""

    part_isolating = False
    regex = "[^/].*?"
    weight = 200


class RowId(BaseConverter):
    """One of our ids, such as `whk_06gvpml7cj579nme4baogimovo`; never the end of a subject's id."""

    regex = "[a-z]+_[0-9A-Za-z]+"
