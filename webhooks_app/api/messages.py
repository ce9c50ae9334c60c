"""POST /chatbots/{id}/messages: chat messages, from which events are derived."""

from datetime import datetime, timedelta

from flask import Response

from webhooks_app.api import auth, bodies, shapes, traces
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.hops import hops_so_far
from webhooks_app.api.message_bodies import MessageBody, MessagesBody, is_batch, parse_message
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.rate import limited
from webhooks_app.api.repeats import LONGEST_BATCH_KEY, LONGEST_KEY, idempotency_key, reused
from webhooks_app.chat import service as chat
from webhooks_app.database import clock_of
from webhooks_app.events.subjects import subject_id_faults
from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import BATCH, takes
from webhooks_app.lib.pointers import MOST_FAULTS, Fault, Invalid, pointer
from webhooks_app.lib.times import utcnow


@bp.post("/chatbots/<subject_id:chatbot_id>/messages")
@operation(
    Operation(
        summary="Report chat messages",
        tag="Chat messages",
        body=(MessageBody, MessagesBody),
        answers={202: (shapes.MessageAnswer, shapes.MessagesAnswer)},
        description=(
            "Reports one message, or up to 500 of any conversations of the chatbot. "
            "The answer comes after the messages and the events that follow are "
            "committed: all or none."
        ),
        problems=("idempotency-key-reused", "loop-detected", "busy"),
        knows_repeats=True,
    )
)
@auth.requires("messages:write")
@limited
@takes(BATCH)
def create_messages(chatbot_id: str) -> Response:
    if faults := list(subject_id_faults(chatbot_id)):
        raise Invalid(*(Fault("chatbot_id", fault.detail, kind="parameter") for fault in faults))
    text, now = bodies.json_text(), utcnow()
    batch, hops, traced = is_batch(text), hops_so_far(), traces.begin()
    if batch:
        messages = _messages_of_batch(text, now, hops, traced.kept)
    else:
        key = idempotency_key(LONGEST_KEY)
        messages = [parse_message(text, key, now, hops, traced.kept)]
    try:
        heard = chat.hear(auth.tenant(), chatbot_id, messages, clock_of(db.engine))
    except chat.KeyReused as error:
        at = pointer("messages", error.index) if batch else "#"
        raise reused(error, at, "message") from error
    events = [event for one in heard for event in one.events]
    traces.end(traced, auth.tenant().organisation_id, events)
    answers = [shapes.message(one) for one in heard]
    return answer(shapes.MessagesAnswer(answers) if batch else answers[0], 202)


def _messages_of_batch(
    text: str, now: datetime, hops: int, traceparent: str | None
) -> list[chat.ReportedMessage]:
    """Each message's key is the key of the batch and its position.

    Those without a time follow one another.
    """
    key = idempotency_key(LONGEST_BATCH_KEY)
    texts = bodies.decode(text, MessagesBody).messages
    messages: list[chat.ReportedMessage] = []
    faults: list[Fault] = []
    for index, one in enumerate(texts):
        moment = now - timedelta(microseconds=len(texts) - 1 - index)
        try:
            own_key = f"{key} {index}" if key else None
            messages.append(parse_message(one, own_key, moment, hops, traceparent))
        except Invalid as error:
            faults += [fault.below("messages", index) for fault in error.faults]
            if len(faults) >= MOST_FAULTS:
                break
    if faults:
        raise Invalid(*faults)
    return messages
