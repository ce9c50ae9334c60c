"""The forms of actions and webhooks: from what people type to the members that the service knows,
and back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from webhooks_app.lib.pointers import Invalid
from webhooks_app.matching.conditions import MOST
from webhooks_app.matching.operators import OPERATORS
from webhooks_app.models import Subscription
from webhooks_app.vocabulary import SUBJECT_TYPES, Channel
from webhooks_app.web.forms.choices import event_choices, event_types
from webhooks_app.web.forms.digests import ScheduledFields
from webhooks_app.web.forms.sending import SendingFields

SPARE_ROWS = 1
CHANNELS = [
    SelectChoice(Channel.WEBHOOK.value, "Send a webhook"),
    SelectChoice(Channel.EMAIL.value, "Send an e-mail"),
]
OVERLAPS = {
    0: "immediately",
    1: "in an hour",
    24: "in 24 hours",
    72: "in 3 days",
    168: "in 7 days",
}


class ConditionForm(Form):  # type: ignore[misc]
    field = StringField("Field")
    operator = SelectField(
        "Operator", choices=[SelectChoice(n, n.replace("_", " ")) for n in OPERATORS]
    )
    value = StringField("Value")


class SubscriptionForm(SendingFields, FlaskForm):  # type: ignore[misc]
    """What both kinds have. Each says by `event_types` what it wants to be told of."""

    @property
    def is_email(self) -> bool:
        return False

    name = StringField("Name", render_kw={"autofocus": True})
    description = TextAreaField("Description")
    url = StringField("URL")
    scope_type = SelectField("Scope", choices=[SelectChoice("", "Everything"), *SUBJECT_TYPES])
    scope_id = StringField("Scope ID")
    changed_fields = StringField("Only when one of these fields changed")
    match = RadioField(
        "Conditions",
        choices=[
            SelectChoice("all", "All conditions match"),
            SelectChoice("any", "Any condition matches"),
        ],
        default="all",
    )
    conditions = FieldList(FormField(ConditionForm), max_entries=MOST)
    more = SubmitField("Add condition")
    save = SubmitField("Save")

    def suggest(self, query: Mapping[str, str]) -> None:
        """Begin with what a link to the form names."""
        for name in ("name", "url"):
            self[name].data = query.get(name, "")
        if wanted := query.get("event_type"):
            self._fill_event_types([wanted])

    def fill(self, row: Subscription, headers: Mapping[str, str]) -> None:
        """Show a webhook as it is. Header values come masked, and masked they may go back."""
        for name in ("name", "description", "url", "match"):
            self[name].data = getattr(row, name)
        self.changed_fields.data = ", ".join(row.changed_fields)
        self._fill_event_types(row.event_types)
        self.scope_type.data, self.scope_id.data = row.scope_type or "", row.scope_id or ""
        for condition in row.conditions:
            value = condition.get("value", "")
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            self.conditions.append_entry(condition | {"value": shown})
        self._fill_sending(row, headers)

    def add_rows(self) -> None:
        """So that there are always conditions to fill in; more of them when that was asked for."""
        blank = len(self.conditions) - len(self._filled_rows())
        wanted = blank + SPARE_ROWS if self.more.data else SPARE_ROWS
        while blank < wanted and len(self.conditions) < MOST:
            self.conditions.append_entry()
            blank += 1

    def members(self) -> dict[str, Any]:
        """As `subscriptions.fields` knows them."""
        scope = (
            {"type": self.scope_type.data, "id": (self.scope_id.data or "").strip()}
            if self.scope_type.data
            else None
        )
        return {
            "name": self.name.data or "",
            "description": self.description.data or "",
            "event_types": self._chosen_event_types(),
            "scope": scope,
            "changed_fields": _listed(self.changed_fields.data),
            "match": self.match.data,
            "conditions": [_condition(row) for row in self._filled_rows()],
            **self._channel_members(),
        }

    def _channel_members(self) -> dict[str, Any]:
        return {"url": (self.url.data or "").strip(), **self._sending_members()}

    def show(self, error: Invalid) -> None:
        """Each fault beside the field that it is about."""
        rows = self._filled_rows()
        for fault in error.faults:
            first, *rest = fault.at.removeprefix("#/").split("/")
            if first == "conditions" and rest and int(rest[0]) < len(rows):
                row = rows[int(rest[0])]
                _add_error(
                    row[rest[1]] if len(rest) > 1 and rest[1] in row else row.field, fault.detail
                )
            elif first == "scope":
                _add_error(self.scope_id, fault.detail)
            elif first == "retry_policy":
                _add_error(self._policy_field(), fault.detail)
            else:
                _add_error(self[first], fault.detail)

    def faults(self) -> list[tuple[str, str, str]]:
        """Of each field that was refused: its id on the page, its label, and why."""
        fields = [field for field in self if field is not self.conditions]
        fields += [field for entry in self.conditions for field in entry.form]
        return [
            (field.id, field.label.text, " ".join(map(str, field.errors)))
            for field in fields
            if field.errors
        ]

    def _fill_event_types(self, names: Sequence[str]) -> None:
        takes_many = isinstance(self.event_types, SelectMultipleField)
        self.event_types.data = list(names) if takes_many else names[0]

    def _chosen_event_types(self) -> list[str]:
        chosen = self.event_types.data or []
        return [chosen] if isinstance(chosen, str) else list(chosen)

    def _filled_rows(self) -> list[Any]:
        return [entry.form for entry in self.conditions if (entry.form.field.data or "").strip()]


class WebhookForm(SubscriptionForm):
    """An endpoint, and any number of event types."""

    event_types = SelectMultipleField("Events", choices=lambda: list(event_types()))


class ActionForm(ScheduledFields, SubscriptionForm):
    """One event, and what follows."""

    event_types = SelectField(
        "Event", choices=lambda: [SelectChoice("", "Choose an event"), *event_choices()]
    )
    channel = RadioField("Then", choices=CHANNELS, default=Channel.WEBHOOK.value)
    show_channel = SubmitField("Show fields")
    email_to = TextAreaField("To")
    email_subject = StringField("Subject")

    @property
    def is_email(self) -> bool:
        return bool(self.channel.data == Channel.EMAIL)

    def fill(self, row: Subscription, headers: Mapping[str, str]) -> None:
        super().fill(row, headers)
        self.channel.data = row.channel
        self.email_to.data = "\n".join(row.email_to)
        self.email_subject.data = row.email_subject or ""

    def _channel_members(self) -> dict[str, Any]:
        if not self.is_email:
            return {"channel": Channel.WEBHOOK.value, **super()._channel_members()}
        sending = self._sending_members()
        return {
            "channel": Channel.EMAIL.value,
            "email_to": re.findall(r"[^\s,;]+", self.email_to.data or ""),
            "email_subject": self.email_subject.data or "",
            **{name: sending[name] for name in ("retry_policy", "rate_limit", "failure_mail")},
        }


def _listed(text: str | None) -> list[str]:
    """What commas separate."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _condition(row: Any) -> dict[str, Any]:
    operator, value = OPERATORS.get(row.operator.data), row.value.data or ""
    condition = {"field": row.field.data.strip(), "operator": row.operator.data}
    if operator is not None and operator.takes_list:
        return condition | {"value": _listed(value)}
    return condition | {"value": value}


def _add_error(field: Any, detail: str) -> None:
    field.errors = [*field.errors, detail]
