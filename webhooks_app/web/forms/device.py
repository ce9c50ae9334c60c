"""The form that gives a program a key."""

from collections.abc import Sequence

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Organisation
from webhooks_app.vocabulary import Mode
from webhooks_app.web.forms.api_keys import KeyForm


class DeviceForm(KeyForm):
    """A key's form, and where the key is made."""

    place = SelectField("Organisation and mode", validators=[InputRequired("Choose one.")])

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """Test mode first: a program in development should not reach real receivers."""
        self.place.choices = [
            SelectChoice(f"{one.id}/{mode.value}", f"{one.name}, {mode.value}")
            for one in organisations
            for mode in (Mode.TEST, Mode.LIVE)
        ]

    def tenant(self) -> Tenant:
        organisation_id, _, mode = (self.place.data or "").partition("/")
        return Tenant(organisation_id, mode)
