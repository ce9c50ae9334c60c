"""The RQ dashboard of Parallels/rq-dashboard at `/ops/rq`, for operators only.

The package provides URLs, data and actions. Its own pages need eval and trust the content of jobs
(Parallels/rq-dashboard#526). So the pages are ours: Flask finds `templates/rq_dashboard` before the
package's, and the server renders them from the package's data.
"""

import json
import re
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from redis import Redis
from rq import Worker
from rq.job import Job, requeue_job
from rq.serializers import JSONSerializer
from rq_dashboard import blueprint
from rq_dashboard import web as upstream

from webhooks_app.parts import parts_of
from webhooks_app.queue import DELIVERIES
from webhooks_app.web.tenancy import operator_required

REGISTRIES = ("queued", "started", "scheduled", "deferred", "finished", "failed", "canceled")
LONGEST_PAGE = 200
JOB_ID = re.compile(r"[a-zA-Z0-9_-]+")


class Action(NamedTuple):
    """`question` is asked first if something would be lost."""

    question: str | None
    done: str


ACTIONS = {
    "rq_dashboard.delete_job_view": Action("Delete this job?", "The job is deleted."),
    "rq_dashboard.empty_queue": Action("Delete all of these jobs?", "The jobs are deleted."),
    "rq_dashboard.requeue_job_view": Action(None, "The job is queued again."),
    "rq_dashboard.requeue_all": Action(None, "All failed jobs are queued again."),
}
# It fails on an empty queue, and RQ does its work anyway.
GIVEN_UP = "rq_dashboard.compact_queue"


def init_app(app: Flask) -> None:
    url = parts_of(app).settings.redis_socket_url
    app.config["RQ_DASHBOARD_REDIS_URL"] = _impatient(url)
    upstream.setup_rq_connection(app)
    _load_json_only()
    app.register_blueprint(blueprint, url_prefix="/ops/rq")
    for rule in app.url_map.iter_rules("rq_dashboard.requeue_all"):
        rule.methods = {"POST", "OPTIONS"}  # it also accepted GET
    app.before_request(_guard)
    app.after_request(_say_what_was_done)
    app.jinja_env.globals.update(rq_data=rq_data, rq_registries=REGISTRIES)


def rq_data(name: str, **arguments: object) -> object:
    """The JSON answer of that rq-dashboard endpoint."""
    view: Any = current_app.view_functions[f"rq_dashboard.{name}"]
    answer, _headers = view(instance_number=0, **arguments)
    return answer.get_json()


def _impatient(url: str) -> str:
    """rq-dashboard takes only a URL, with its timeouts."""
    return f"{url}{'&' if '?' in url else '?'}socket_timeout=2&socket_connect_timeout=2"


@operator_required
def _let_in() -> None:
    """Strangers log in first; everyone but operators gets a 404."""


def _guard() -> ResponseReturnValue | None:
    """A hook of the app: the blueprint is shared by all apps of a process.

    After registration, the blueprint accepts no more hooks.
    """
    if request.blueprint != blueprint.name:
        return None
    refused: ResponseReturnValue | None = _let_in()
    if refused is not None:
        return refused
    asked: dict[str, str] = request.view_args or {}
    if not _exists(asked):
        abort(404)
    if request.endpoint == "rq_dashboard.jobs_overview":
        asked["queue_name"] = asked["queue_name"] or DELIVERIES
    redis: Redis = current_app.redis_conn  # type: ignore[attr-defined]
    redis.ping()
    action = ACTIONS.get(request.endpoint or "")
    if action and action.question and "confirmed" not in request.form:
        return render_template("rq_dashboard/confirm.html", question=action.question)
    return None


def _exists(asked: dict[str, str]) -> bool:
    """Whether rq-dashboard can answer a URL with these parts; it fails on others."""
    numbers = [str(asked.get(part, 1)) for part in ("page", "per_page")]
    return (
        request.endpoint != GIVEN_UP
        and asked.get("instance_number", 0) == 0
        and asked.get("registry_name", REGISTRIES[0]) in REGISTRIES
        and JOB_ID.fullmatch(asked.get("job_id", "any")) is not None
        and all(one.isdecimal() and len(one) < 5 and int(one) > 0 for one in numbers)
        and int(numbers[1]) <= LONGEST_PAGE
    )


def _say_what_was_done(response: Response) -> Response:
    """Go back to the jobs after an action, which rq-dashboard answers with JSON."""
    action = ACTIONS.get(request.endpoint or "")
    if action is None or not response.is_json or response.status_code != 200:
        return response
    flash(action.done)
    asked = request.view_args or {}
    if "queue_name" not in asked:
        return _to(".queues_overview")
    parts = {"registry_name": "failed"} | asked | {"per_page": 25, "order": "dsc", "page": 1}
    return _to(".jobs_overview", instance_number=0, **parts)


def _to(endpoint: str, **arguments: Any) -> Response:
    return current_app.make_response(redirect(url_for(endpoint, **arguments), 303))


class _Readable:
    """Reads what our workers write. Pickled data is never loaded, since that could run anything."""

    dumps = JSONSerializer.dumps

    @staticmethod
    def loads(data: bytes) -> object:
        try:
            return json.loads(data)
        except ValueError:
            return "(not JSON, so not shown)"


def _load_json_only() -> None:
    """Set the serializer: half of rq-dashboard's calls ignore its setting."""
    upstream.config.serializer = _Readable
    upstream.Job = SimpleNamespace(fetch=partial(Job.fetch, serializer=_Readable))
    upstream.Worker = SimpleNamespace(all=partial(Worker.all, serializer=_Readable))
    upstream.requeue_job = partial(requeue_job, serializer=JSONSerializer)
