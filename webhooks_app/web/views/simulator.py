"""/simulator: act out a conversation and see everything that follows."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webhooks_app.chat import simulator as service
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Conversation
from webhooks_app.web.forms.simulator import ConversationForm, MessageForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("simulator", __name__, url_prefix="/simulator")


@bp.get("/")
@member_required
def index() -> str:
    return _index(ConversationForm())


@bp.post("/")
@editor_required
def begin() -> Response | tuple[str, int]:
    form = ConversationForm()
    chatbot_id = (form.chatbot_id.data or "").strip()
    try:
        id_ = service.begin(db.session(), here().tenant, chatbot_id, *form.message())
    except Invalid as error:
        form.show(error.faults)
        return _index(form), 422
    return redirect(url_for(".show", simulation_id=id_))


@bp.get("/<simulation_id>")
@member_required
def show(simulation_id: str) -> str:
    conversation = service.find(db.session(), here().tenant, simulation_id)
    return _shown(conversation, "_conversation" if wants_fragment() else "show", MessageForm())


@bp.post("/<simulation_id>/messages")
@editor_required
def say(simulation_id: str) -> Response | str | tuple[str, int]:
    tenant = here().tenant
    conversation = service.find(db.session(), tenant, simulation_id)
    form = MessageForm()
    try:
        service.say(db.session(), tenant, conversation, *form.message())
    except Invalid as error:
        form.show(error.faults)
        return _shown(conversation, "_talk" if wants_fragment() else "show", form), 422
    return _told(conversation, MessageForm(formdata=None))


@bp.post("/<simulation_id>/silence")
@editor_required
def let_time_pass(simulation_id: str) -> Response | str:
    """Keep an unfinished message in the form."""
    conversation = service.find(db.session(), here().tenant, simulation_id)
    service.let_time_pass(db.session(), conversation)
    return _told(conversation, MessageForm())


def _told(conversation: Conversation, form: MessageForm) -> Response | str:
    if wants_fragment():
        return _shown(conversation, "_talk", form)
    return redirect(url_for(".show", simulation_id=conversation.id))


def _index(form: ConversationForm) -> str:
    chatbots = service.chatbots(db.session(), here().organisation.id)
    form.suggest(chatbots)
    return render_template(
        "simulator/index.html",
        chatbots=chatbots,
        conversations=service.newest(db.session(), here().tenant),
        form=form,
    )


def _shown(conversation: Conversation, name: str, form: MessageForm) -> str:
    played = service.play(db.session(), conversation)
    return render_template(f"simulator/{name}.html", played=played, form=form)
