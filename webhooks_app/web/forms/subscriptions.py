"""The forms of actions and webhooks.

`bindings` says what their fields mean. A field that needs nothing beyond its member is made from
the spec.
"""

from collections.abc import Iterator, Mapping, Sequence

from flask import request
from msgspec import UNSET
from wtforms import (
    Field,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from webhooks_app.matching.conditions import MOST
from webhooks_app.matching.type_patterns import is_pattern, patterns_of
from webhooks_app.subscriptions.reading import Members, as_far_as_possible, differing
from webhooks_app.subscriptions.spec import (
    BLANKS,
    META,
    AnySpec,
    EmailSpec,
    Spec,
    WebhookSpec,
    member_names,
)
from webhooks_app.subscriptions.stale import Change
from webhooks_app.vocabulary import SUBJECT_TYPES, ChannelName
from webhooks_app.web.forms.base import FaultForm
from webhooks_app.web.forms.bindings import (
    SPECIAL,
    bindings,
    read_conditions,
    show_condition,
)
from webhooks_app.web.forms.choices import event_choices, event_types
from webhooks_app.web.forms.conditions import ConditionForm, Rows
from webhooks_app.web.forms.digests import DigestFields
from webhooks_app.web.forms.sending import SendingFields

SPARE_ROWS = 1
CHANNELS = [
    SelectChoice(ChannelName.WEBHOOK.value, "Send a webhook"),
    SelectChoice(ChannelName.EMAIL.value, "Send an e-mail"),
]
# What a form always shows; all other members are options, collapsed while unused.
AT_ONCE = frozenset(
    (
        "name",
        "description",
        "url",
        "event_types",
        "scope",
        "conditions",
        "match",
        "changed_fields",
        "email_to",
        "email_subject",
        "schedule",
    )
)


class SubscriptionForm(SendingFields, FaultForm):
    """The fields of both kinds.

    `changes`: what others saved while the form was open. `broken`: the stored members that cannot
    be read.
    """

    version = HiddenField()
    name = StringField("Name", render_kw={"autofocus": True})
    description = TextAreaField("Description")
    scope_type = SelectField("About", choices=[SelectChoice("", "Everything"), *SUBJECT_TYPES])
    scope_id = StringField("ID", render_kw={"list": "known-subjects"})
    # The blank lets the page see whether something is typed.
    changed_fields = StringField(META["changed_fields"].title, render_kw={"placeholder": " "})
    match = RadioField(
        "Conditions",
        choices=[
            SelectChoice("all", "All conditions match"),
            SelectChoice("any", "Any condition matches"),
        ],
        default="all",
    )
    conditions = Rows(FormField(ConditionForm), max_entries=MOST)
    more = SubmitField("Add condition")
    save = SubmitField("Save")
    changes: Sequence[Change] | None = None
    broken = ""

    def __init__(self, stored: Spec | None = None) -> None:
        super().__init__()
        if stored is not None and stored.scope and stored.scope.type not in SUBJECT_TYPES:
            self.scope_type.choices = [*self.scope_type.choices, stored.scope.type]

    @property
    def is_email(self) -> bool:
        return False

    @property
    def is_refused(self) -> bool:
        return bool(self.errors or self.faults() or self.changes is not None)

    @property
    def channel_of(self) -> ChannelName:
        return ChannelName.EMAIL if self.is_email else ChannelName.WEBHOOK

    @property
    def kind(self) -> type[AnySpec]:
        return type(BLANKS[self.channel_of])

    def suggest(self, query: Mapping[str, str]) -> None:
        """Start with the values in a link to the form."""
        for name in ("name", "url"):
            self[name].data = query.get(name, "")
        if wanted := query.get("event_type"):
            self._put("event_types", [wanted])

    def fill(self, spec: Spec, version: str) -> None:
        """Show a stored one. Header values are masked, and may come back masked."""
        self.version.data = version
        for name, binding in bindings(type(spec)).items():
            for field, shown in zip(binding.fields, binding.show(getattr(spec, name)), strict=True):
                self._put(field, shown)
        for condition in spec.conditions:
            row = zip(("field", "operator", "value"), show_condition(condition), strict=True)
            self.conditions.append_entry(dict(row))

    def members(self, stored: Spec | None = None) -> Members:
        """The members for the spec; unchanged fields keep the value in `stored`."""
        members = {
            name: binding.value(
                tuple(self._posted(field) for field in binding.fields),
                getattr(stored, name, UNSET),
            )
            for name, binding in bindings(self.kind).items()
        }
        rows = [row.row() for row in self._filled_rows()]
        members["conditions"] = read_conditions(rows, stored.conditions if stored else ())
        secret = (self.secret.data or "").strip()
        return members | ({"secret": secret} if secret and not self.is_email else {})

    def as_far_as_filled_in(self) -> AnySpec:
        return as_far_as_possible(BLANKS[self.channel_of], self.members())

    def is_special(self) -> bool:
        """Whether an option differs from the default, or was refused."""
        chosen = differing(BLANKS[self.channel_of], self.as_far_as_filled_in())
        refused = {
            name
            for name, binding in bindings(self.kind).items()
            if any(self[field].errors for field in binding.fields)
        }
        return bool((chosen | refused) - AT_ONCE or self.secret.data or self.secret.errors)

    def overtaken(self, changes: Sequence[Change], version: str) -> None:
        """Say that others saved first; saving again replaces their changes."""
        self.changes, self.version.data = changes, version

    def add_rows(self) -> None:
        """Add empty conditions, so that there is always one to fill in; more on request."""
        removed = request.form.get("remove")
        self.conditions.entries = [row for row in self.conditions if row.name != removed]
        blank = len(self.conditions) - len(self._filled_rows())
        wanted = blank + SPARE_ROWS if self.more.data else SPARE_ROWS
        while blank < wanted and len(self.conditions) < MOST:
            self.conditions.append_entry()
            blank += 1

    def faults(self) -> list[tuple[str, str, str]]:
        """For each refused field, in page order: its id, its label, and why."""
        return [
            (field.id, field.label.text, " ".join(map(str, field.errors)))
            for field in self._in_order()
            if field.errors
        ]

    def _in_order(self) -> Iterator[Field]:
        for name in member_names(self.kind):
            if name == "conditions":
                yield from (field for entry in self.conditions for field in entry.form)
            elif name in bindings(self.kind):
                yield from (self[field] for field in bindings(self.kind)[name].fields)
        yield self.secret

    def field_at(self, first: str, *rest: str) -> Field:
        rows = self._filled_rows()
        if first == "conditions" and rest and int(rest[0]) < len(rows):
            row = rows[int(rest[0])]
            return row[rest[1]] if len(rest) > 1 and rest[1] in row else row.field
        if first == "conditions":
            return self.match
        if first == "retry_policy":
            return self._policy_field()
        if first in SPECIAL:
            named = [
                name for name in (*rest[:1], *(f"{first}_{one}" for one in rest)) if name in self
            ]
            return self[named[0] if named else SPECIAL[first].fields[-1]]
        return self[first if first in self else "name"]

    def _put(self, name: str, shown: object) -> None:
        field = self[name]
        takes_one = isinstance(shown, list) and not isinstance(field, SelectMultipleField)
        field.data = next(iter(shown), "") if takes_one and isinstance(shown, list) else shown

    def _posted(self, name: str) -> object:
        data = self[name].data
        return [data] * bool(data) if name == "event_types" and isinstance(data, str) else data

    def _filled_rows(self) -> list[ConditionForm]:
        return [entry.form for entry in self.conditions if entry.form.field.data]


class WebhookForm(SubscriptionForm):
    """An endpoint and any number of event types."""

    event_types = SelectMultipleField("Events")

    def __init__(self, stored: Spec | None = None) -> None:
        """A stored pattern is a choice even if no current type fits it."""
        super().__init__(stored)
        self.patterns = patterns_of(event_types())
        if stored is not None:
            self.patterns += [
                one for one in stored.event_types if is_pattern(one) and one not in self.patterns
            ]
        self.event_types.choices = [*self.patterns, *event_types()]


class ActionForm(DigestFields, SubscriptionForm):
    """One event and what follows it."""

    event_types = SelectField(
        "Event", choices=lambda: [SelectChoice("", "Choose an event"), *event_choices()]
    )
    channel = RadioField("Then", choices=CHANNELS, default=ChannelName.WEBHOOK.value)
    show_channel = SubmitField("Show fields")
    email_to = TextAreaField("To")

    @property
    def is_email(self) -> bool:
        return bool(self.channel.data == ChannelName.EMAIL)

    def fill(self, spec: Spec, version: str) -> None:
        super().fill(spec, version)
        self.channel.data = (
            ChannelName.EMAIL if isinstance(spec, EmailSpec) else ChannelName.WEBHOOK
        ).value


def _add_fields(form: type[SubscriptionForm], kind: type[AnySpec]) -> None:
    """The fields that need nothing beyond their member."""
    for name, binding in bindings(kind).items():
        if name not in SPECIAL and not hasattr(form, name):
            field = TextAreaField if binding.has_lines else StringField
            setattr(form, name, field(META[name].title))


_add_fields(SubscriptionForm, WebhookSpec)
_add_fields(ActionForm, EmailSpec)
