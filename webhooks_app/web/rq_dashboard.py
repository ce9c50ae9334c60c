"""The RQ dashboard of Parallels/rq-dashboard at `/ops/rq`: for operators only, and made safe.

What is changed, without a fork: who may see it, a GET that changed state, calls that fail or
unpickle (`_mend_calls`), and how its pages are put together (`compiled_templates`, and
`templates/rq_dashboard/base.html`). A test says when another version needs to be looked at.
"""

import json
import re
from functools import partial
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from redis import Redis
from rq import Queue, Worker
from rq.job import Job, requeue_job
from rq.serializers import JSONSerializer
from rq_dashboard import blueprint
from rq_dashboard import web as upstream

from webhooks_app.extensions import login_manager
from webhooks_app.parts import parts_of
from webhooks_app.queue import DELIVERIES
from webhooks_app.web.security import CSP

REGISTRIES = ("queued", "scheduled", "deferred", "started", "finished", "failed", "canceled")
# rq-dashboard writes the name of the queue into a script as it stands in the URL.
QUEUE_NAME = re.compile(r"[\w.:-]+", re.ASCII)
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,3}")

TEMPLATE = re.compile(r'<script name="[\w-]+" type="text/template">(.*?)</script>', re.DOTALL)
TAG = re.compile(r"<%([-=]?)(.+?)%>", re.DOTALL)
ESCAPED_BY_ITSELF = re.compile(r"\$\('<div/>'\)\.text\((.+?)\)\.html\(\)")


def init_app(app: Flask) -> None:
    """Call it after `security`, whose policy it widens for its own pages."""
    url = parts_of(app).settings.redis_socket_url
    app.config["RQ_DASHBOARD_REDIS_URL"] = _impatient(url)
    upstream.setup_rq_connection(app)
    _mend_calls()
    app.register_blueprint(blueprint, url_prefix="/ops/rq")
    for rule in app.url_map.iter_rules("rq_dashboard.requeue_all"):
        rule.methods = {"POST", "OPTIONS"}
    app.before_request(_guard)
    app.after_request(_allow_own_script)
    app.jinja_env.globals["rq_dashboard_nonce"] = _nonce
    app.jinja_env.filters["compiled_templates"] = compiled_templates


def _impatient(url: str) -> str:
    """rq-dashboard takes a URL and nothing else, and waits as long as that says."""
    return f"{url}{'&' if '?' in url else '?'}socket_timeout=2&socket_connect_timeout=2"


def _guard() -> ResponseReturnValue | None:
    """Strangers log in first; for others than operators there is nothing here, not even a script.

    A hook of the app, since the blueprint is shared by all apps of a process and takes none once
    it is registered.
    """
    if request.blueprint != blueprint.name:
        return None
    if not current_user.is_authenticated:
        return login_manager.unauthorized()  # type: ignore[no-any-return]
    asked: dict[str, Any] = request.view_args or {}
    if not current_user.is_operator or not _exists(asked):
        abort(404)
    if request.endpoint == "rq_dashboard.jobs_overview":
        asked["queue_name"] = asked["queue_name"] or DELIVERIES
    redis: Redis = current_app.redis_conn  # type: ignore[attr-defined]
    redis.ping()
    return None


def _exists(asked: dict[str, Any]) -> bool:
    """Whether rq-dashboard has an answer to a URL with these parts; it fails on others."""
    return (
        asked.get("instance_number", 0) == 0
        and asked.get("registry_name", REGISTRIES[0]) in REGISTRIES
        and QUEUE_NAME.fullmatch(asked.get("queue_name") or DELIVERIES) is not None
        and all(
            PAGE_NUMBER.fullmatch(str(asked.get(part, 1))) is not None
            for part in ("page", "per_page")
        )
    )


def _nonce() -> str:
    g.rq_dashboard_nonce = nonce = token_urlsafe(16)
    return nonce


def _allow_own_script(response: Response) -> Response:
    """Each page holds one script with what it is about, which goes by its nonce."""
    if nonce := g.get("rq_dashboard_nonce"):
        response.headers["Content-Security-Policy"] = CSP.replace(
            "script-src 'self'", f"script-src 'self' 'nonce-{nonce}'"
        )
    return response


def compiled_templates(page: str) -> Markup:
    """A JavaScript object: for each underscore template in `page`, by its text, the function that
    underscore would make of it in the browser, for which the policy would have to allow eval.

    Here `<%=` escapes as `<%-` does, so that nothing in a job can be markup
    (Parallels/rq-dashboard#526).
    """
    functions = (
        f"{htmlsafe_json_dumps(text)}: {_compiled(text)}" for text in TEMPLATE.findall(page)
    )
    return Markup("{" + ",\n".join(functions) + "}")  # noqa: S704


def _compiled(template: str) -> str:
    text, *rest = TAG.split(template)
    lines = [f"out += {htmlsafe_json_dumps(text)};"]
    for kind, code, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        code = ESCAPED_BY_ITSELF.sub(r"\1", code)
        lines.append(f"out += escaped({code});" if kind else code)
        lines.append(f"out += {htmlsafe_json_dumps(text)};")
    body = "\n".join(lines)
    return f"function (it) {{ var out = ''; with (it) {{ {body} }} return out; }}"


class _Readable:
    """What our workers write. What others pickled is never loaded, which could run anything."""

    dumps = JSONSerializer.dumps

    @staticmethod
    def loads(data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:
            return "(not JSON, so not shown)"


class _Id(str):
    """RQ decodes the ids of dependencies, and rq-dashboard does it again."""

    __slots__ = ()

    def decode(self, _encoding: str) -> str:
        return self


class _Job(Job):
    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Job:
        return super().fetch(id, connection=connection, serializer=serializer or _Readable)

    @property
    def dependency_ids(self) -> list[str]:
        return [_Id(id_) for id_ in super().dependency_ids]


class _Queue(Queue):
    def compact(self) -> None:
        """RQ fails on an empty queue."""
        if not self.is_empty():
            super().compact()  # type: ignore[no-untyped-call]


def _mend_calls() -> None:
    """rq-dashboard has a setting for the serializer, which half of its calls ignore; and it
    puts the URL of Redis on its pages, where a password may be."""
    upstream.config.serializer = _Readable
    upstream.Job = _Job
    upstream.Queue = _Queue
    upstream.Worker = SimpleNamespace(all=partial(Worker.all, serializer=_Readable))
    upstream.escape_format_instance_list = lambda _urls: []
    upstream.requeue_job = partial(requeue_job, serializer=JSONSerializer)
