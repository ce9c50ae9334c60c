"""The form that sends a request of the API's reference."""

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from webhooks_app.lib.body_limits import KIB
from webhooks_app.web.reference import Operation

TYPED = {"autocomplete": "off", "spellcheck": "false"}
LONGEST = 12 * KIB


class TryForm(FlaskForm):  # type: ignore[misc]
    """`key` is used once and kept nowhere. Parameters have the names of the operation's."""

    key = PasswordField(
        "API key", validators=[DataRequired("Paste a key of test mode.")], render_kw=TYPED
    )
    body: TextAreaField | None = None

    def validate_key(self, field: Field) -> None:
        """Live keys stay out of browsers, and nothing of live changes here."""
        if not field.data.strip().startswith("hk_test_"):
            raise ValidationError("Use a key of test mode: it begins with hk_test_.")

    @property
    def parameters(self) -> list[Field]:
        return [field for field in self if field.name.startswith(("path-", "query-"))]

    def values(self, where: str) -> dict[str, str]:
        """What was entered for the parameters of the path or of the query."""
        named = {one.name.partition("-"): one.data or "" for one in self.parameters}
        return {name: text for (place, _, name), text in named.items() if place == where}


def form_for(operation: Operation) -> TryForm:
    """A form with a field for each parameter, and one for the body."""
    fields: dict[str, object] = {}
    for one in operation.parameters["path"]:
        fields[f"path-{one['name']}"] = StringField(
            one["name"],
            default=one["schema"]["examples"][0],
            validators=[DataRequired("This is part of the address.")],
            render_kw=TYPED,
        )
    for one in operation.parameters["query"]:
        if one["schema"].get("type") == "object":
            continue  # its names are the caller's own
        fields[f"query-{one['name']}"] = StringField(one["name"], render_kw=TYPED)
    if operation.body is not None:
        fields["body"] = TextAreaField(
            "Body",
            default=operation.body_example,
            validators=[Length(max=LONGEST, message="This is longer than 12 KB.")],
            render_kw=TYPED | {"rows": 8, "class": "code"},
        )
    kind = type("TryOperation", (TryForm,), fields)
    form: TryForm = kind()
    return form
