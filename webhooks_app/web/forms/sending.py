"""The part of a subscription's form that says how it is sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import (
    FloatField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from webhooks_app.channels.retry_policy import (
    POLICIES,
    InvalidPolicy,
    RetryPolicy,
    parse_policy,
    timeline,
)
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.models import Subscription
from webhooks_app.subscriptions.presets import PRESETS, Preset
from webhooks_app.web.words import duration

CUSTOM, DOUBLING = "custom", "doubling"
BY_MAIL, SHOWN_ONLY = "mail", "dashboard"


def _said(policy: RetryPolicy) -> str:
    span = duration(timeline(policy)[-1])
    return f"{policy.name}: {len(policy.delays)} retries within {span}"


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
    max_retries = IntegerField("Number of retries", validators=[Optional()])
    retry_delay_ms = IntegerField("First retry after (ms)", validators=[Optional()])
    rate_limit = FloatField("Rate limit", validators=[Optional()])
    timeout = FloatField("Timeout", validators=[Optional()])
    failure_notice = SelectField(
        "When a delivery fails for good",
        choices=[
            SelectChoice(BY_MAIL, "notify in the dashboard and e-mail owners and admins"),
            SelectChoice(SHOWN_ONLY, "notify in the dashboard only"),
        ],
        default=BY_MAIL,
    )
    headers = TextAreaField("Custom headers")
    secret = StringField("Signing secret")

    def apply_preset(self) -> None:
        """Set what the chosen system sets; each can then be changed."""
        if chosen := self.chosen_preset():
            self.wire_format.data = chosen.wire_format
            self.retry_policy.data = chosen.retry_policy
            self.timeout.data = chosen.timeout
            self.failure_notice.data = _notice(chosen.failure_mail)

    def chosen_preset(self) -> Preset | None:
        return next((one for one in PRESETS if one.name == self.preset.data), None)

    def timeline(self) -> list[str] | None:
        """When each retry is made after the first try; None while the policy cannot be used."""
        try:
            return [duration(moment) for moment in timeline(parse_policy(self._policy()))[1:]]
        except InvalidPolicy:
            return None

    def is_special(self) -> bool:
        """Whether how it is sent is not the default, or was refused."""
        fields = (
            self.wire_format,
            self.retry_policy,
            self.delays,
            self.rate_limit,
            self.timeout,
            self.failure_notice,
            self.headers,
            self.secret,
        )
        return any(field.errors or field.data not in (None, "", field.default) for field in fields)

    def _fill_sending(self, row: Subscription, headers: Mapping[str, str]) -> None:
        for name in ("wire_format", "rate_limit", "timeout"):
            self[name].data = getattr(row, name)
        self.failure_notice.data = _notice(row.failure_mail)
        self.headers.data = "\n".join(f"{name}: {value}" for name, value in headers.items())
        policy = row.retry_policy
        if isinstance(policy, str):
            self.retry_policy.data = policy
        elif "delays" in policy:
            self.retry_policy.data = CUSTOM
            self.delays.data = ", ".join(f"{delay:g}" for delay in policy["delays"])
        else:
            self.retry_policy.data = DOUBLING
            self.max_retries.data = policy["max_retries"]
            self.retry_delay_ms.data = policy["retry_delay_ms"]

    def _sending_members(self) -> dict[str, Any]:
        members = {
            "wire_format": self.wire_format.data,
            "retry_policy": self._policy(),
            "rate_limit": self.rate_limit.data,
            "timeout": self.timeout.data,
            "failure_mail": self.failure_notice.data == BY_MAIL,
            "headers": dict(_header_lines(self.headers.data or "")),
        }
        secret = (self.secret.data or "").strip()
        return members | ({"secret": secret} if secret else {})

    def _policy(self) -> Any:
        if self.retry_policy.data == DOUBLING:
            return {
                "max_retries": self.max_retries.data,
                "retry_delay_ms": self.retry_delay_ms.data,
            }
        if self.retry_policy.data != CUSTOM:
            return self.retry_policy.data
        parts = [part.strip() for part in (self.delays.data or "").split(",") if part.strip()]
        return {"delays": [float(part) if _is_number(part) else part for part in parts]}

    def _policy_field(self) -> Any:
        """Where a fault of the policy is shown."""
        asked = {CUSTOM: self.delays, DOUBLING: self.max_retries}
        return asked.get(self.retry_policy.data, self.retry_policy)


def _notice(by_mail: bool) -> str:
    return BY_MAIL if by_mail else SHOWN_ONLY


def _header_lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        if line.strip():
            name, _, value = line.partition(":")
            yield name.strip(), value.strip()


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
