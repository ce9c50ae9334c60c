"""/simulator: a conversation that people play, and all that follows from it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.chat import simulator as service
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Conversation
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("simulator", __name__, url_prefix="/simulator")

Faults = dict[str, str]


@bp.get("/")
@member_required
def index() -> str:
    return _index({})


@bp.post("/")
@editor_required
def begin() -> Response | tuple[str, int]:
    form = request.form
    chatbot_id, role = form.get("chatbot_id", "").strip(), form.get("role", "")
    try:
        id_ = service.begin(db.session(), here().tenant, chatbot_id, role, form.get("text", ""))
    except Invalid as error:
        return _index(_faults(error)), 422
    return redirect(url_for(".show", simulation_id=id_))


@bp.get("/<simulation_id>")
@member_required
def show(simulation_id: str) -> str:
    conversation = service.find(db.session(), here().tenant, simulation_id)
    return _shown(conversation, "_conversation" if wants_fragment() else "show")


@bp.post("/<simulation_id>/messages")
@editor_required
def say(simulation_id: str) -> Response | str | tuple[str, int]:
    tenant = here().tenant
    conversation = service.find(db.session(), tenant, simulation_id)
    role, text = request.form.get("role", ""), request.form.get("text", "")
    try:
        service.say(db.session(), tenant, conversation, role, text)
    except Invalid as error:
        name = "_talk" if wants_fragment() else "show"
        return _shown(conversation, name, _faults(error), typed=text), 422
    return _told(conversation)


@bp.post("/<simulation_id>/silence")
@editor_required
def let_time_pass(simulation_id: str) -> Response | str:
    conversation = service.find(db.session(), here().tenant, simulation_id)
    service.let_time_pass(db.session(), conversation)
    return _told(conversation, typed=request.form.get("text", ""))


def _told(conversation: Conversation, typed: str = "") -> Response | str:
    """`typed` is a message that is still being written."""
    if wants_fragment():
        return _shown(conversation, "_talk", typed=typed)
    return redirect(url_for(".show", simulation_id=conversation.id))


def _index(faults: Faults) -> str:
    return render_template(
        "simulator/index.html",
        chatbots=service.chatbots(db.session(), here().organisation.id),
        conversations=service.newest(db.session(), here().tenant),
        faults=faults,
        typed=request.form.get("text", ""),
    )


def _shown(
    conversation: Conversation, name: str, faults: Faults | None = None, typed: str = ""
) -> str:
    played = service.play(db.session(), conversation)
    page = f"simulator/{name}.html"
    return render_template(page, played=played, faults=faults or {}, typed=typed)


def _faults(error: Invalid) -> Faults:
    return {fault.at.removeprefix("#/"): fault.detail for fault in error.faults}
