"""The part of a subscription's form about sending."""

from wtforms import Field, Form, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice

from webhooks_app.channels.retry_policy import (
    POLICIES,
    InvalidPolicy,
    RetryPolicy,
    parse_policy,
    timeline,
)
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.subscriptions.presets import PRESETS, Preset
from webhooks_app.web.forms.bindings import BY_MAIL, CUSTOM, DOUBLING, SHOWN_ONLY, SPECIAL, number
from webhooks_app.web.words import duration, retry_moments


def _said(policy: RetryPolicy) -> str:
    span = duration(timeline(policy)[-1])
    return f"{len(policy.delays)} retries within {span} ({policy.name.capitalize()})"


class SendingFields(Form):  # type: ignore[misc]
    preset = SelectField(
        "Preset",
        choices=[
            SelectChoice("", "None"),
            *(SelectChoice(one.name, one.label) for one in PRESETS),
        ],
        default="",
    )
    apply = SubmitField("Apply")
    wire_format = SelectField(
        "Format",
        choices=[SelectChoice(name, one.label) for name, one in FORMATS.items()],
        default="standard",
    )
    retry_policy = SelectField(
        "Retries",
        choices=[
            *(SelectChoice(name, _said(policy)) for name, policy in POLICIES.items()),
            SelectChoice(DOUBLING, "Exponential …"),
            SelectChoice(CUSTOM, "Custom delays …"),
        ],
        default="pivot",
    )
    delays = StringField("Delays")
    max_retries = StringField("Number of retries", render_kw={"inputmode": "numeric"})
    retry_delay_ms = StringField("First retry after (ms)", render_kw={"inputmode": "numeric"})
    failure_notice = SelectField(
        "When a delivery fails permanently",
        choices=[
            SelectChoice(BY_MAIL, "notify in the dashboard and e-mail owners and admins"),
            SelectChoice(SHOWN_ONLY, "notify in the dashboard only"),
        ],
        default=BY_MAIL,
    )
    secret = StringField("Signing secret")

    def apply_preset(self) -> None:
        """Fill in the chosen system's values; each can then be changed."""
        if chosen := self.chosen_preset():
            self.wire_format.data = chosen.wire_format
            self.retry_policy.data = chosen.retry_policy
            self.timeout.data = "" if chosen.timeout is None else number(chosen.timeout)
            [self.failure_notice.data] = SPECIAL["failure_mail"].show(chosen.failure_mail)

    def chosen_preset(self) -> Preset | None:
        return next((one for one in PRESETS if one.name == self.preset.data), None)

    def timeline(self) -> list[str] | None:
        """When each retry is made, after the first try; None if the policy is not valid."""
        binding = SPECIAL["retry_policy"]
        policy = binding.read(*(self[name].data for name in binding.fields))
        try:
            return retry_moments(parse_policy(policy))
        except InvalidPolicy:
            return None

    def _policy_field(self) -> Field:
        """The field that shows a fault of the policy."""
        asked = {CUSTOM: self.delays, DOUBLING: self.max_retries}
        return asked.get(self.retry_policy.data, self.retry_policy)
