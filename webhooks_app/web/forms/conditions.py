"""The rows of conditions in a form."""

import re
from collections.abc import Iterable, Iterator

from wtforms import FieldList, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from webhooks_app.matching.operators import OPERATORS
from webhooks_app.web.forms.bindings import Row

INDEX = re.compile("[0-9]{1,3}")


class ConditionForm(Form):  # type: ignore[misc]
    field = StringField("Field", render_kw={"list": "known-fields"})
    operator = SelectField(
        "Operator", choices=[SelectChoice(n, n.replace("_", " ")) for n in OPERATORS]
    )
    value = StringField("Value")

    def row(self) -> Row:
        return self.field.data or "", self.operator.data, self.value.data or ""


class Rows(FieldList):  # type: ignore[misc]
    """Numbered rows. Field names without a row's number are ignored."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        for name in formdata:
            index = name.removeprefix(f"{prefix}-").partition("-")[0]
            if name.startswith(prefix) and INDEX.fullmatch(index):
                yield int(index)
