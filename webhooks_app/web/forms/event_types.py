"""The form of an organisation's own event type."""

from wtforms import StringField, TextAreaField

from webhooks_app.catalogue import EventType
from webhooks_app.lib import json_text
from webhooks_app.web.forms.base import FaultForm
from webhooks_app.web.forms.choices import JSON_BOX


class EventTypeForm(FaultForm):
    """`name` can only be set once."""

    name = StringField("Name")
    title = StringField("Title")
    description = TextAreaField("Description")
    group = StringField("Group")
    sample = TextAreaField("Sample", render_kw=JSON_BOX)
    schema = TextAreaField("JSON Schema", render_kw=JSON_BOX)

    def fill(self, kind: EventType) -> None:
        for name in ("name", "title", "description", "group"):
            self[name].data = getattr(kind, name)
        self.sample.data = json_text.indented(kind.sample)
        self.schema.data = json_text.indented(kind.schema) if kind.schema else ""

    def members(self, *left_out: str) -> dict[str, str]:
        """The members for `events.custom_type_fields`.

        An empty title or group gets a default, or stays as it was.
        """
        given = {name: field.data or "" for name, field in self._fields.items()}
        made_up = [name for name in ("title", "group") if not given[name].strip()]
        return {
            name: given[name]
            for name in ("name", "title", "description", "group", "sample", "schema")
            if name not in (*left_out, *made_up)
        }
