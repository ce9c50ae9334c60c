"""The form that copies a webhook from Test to Live."""

from wtforms import Field, StringField

from webhooks_app.web.forms.base import FaultForm


class CopyToLiveForm(FaultForm):
    url = StringField("URL in Live", render_kw={"inputmode": "url"})

    def field_at(self, first: str, *rest: str) -> Field:  # noqa: ARG002
        return self.url
