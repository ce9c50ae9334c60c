"""/settings/chat: what to listen for in chats."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webhooks_app.chat import settings as service
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.web.forms.chat import ChatForm
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("chat_settings", __name__, url_prefix="/settings/chat")


@bp.get("/")
@member_required
def show() -> str:
    form = ChatForm()
    form.fill(service.read(db.session(), here().organisation.id))
    return _page(form)


@bp.post("/")
@editor_required
def save() -> Response | str | tuple[str, int]:
    """Save the settings, or try them on a message without saving."""
    form = ChatForm()
    if not form.validate():
        return _page(form), 422
    try:
        if form.try_out.data:
            return _page(form, service.try_out(form.wanted(), form.sample.data or ""))
        service.save(db.session(), here().organisation.id, form.wanted())
    except Invalid as error:
        form.show(error.faults)
        return _page(form), 422
    flash("Saved. Changes apply from the next message on.")
    return redirect(url_for(".show"))


def _page(form: ChatForm, tried: service.TriedOut | None = None) -> str:
    return render_template("chat_settings.html", form=form, tried=tried)
