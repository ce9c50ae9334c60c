"""Every rule of the URL map with odd values, requested by everyone; and odd queries."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Rule

from tests.fuzz import values
from tests.fuzz.conftest import PATIENCE, ROLES, Scene, Share, Watch, sample

pytestmark = PATIENCE

QUERY = [
    *(
        "cursor",
        "limit",
        "page",
        "status",
        "status_code",
        "code",
        "window",
        "since",
        "until",
        "text",
    ),
    *("kind", "event_type", "subscription_id", "missing", "after", "next", "type", "name", "url"),
    *("token", "inbox", "mode", "format", "actor", "action", "hour", "frequency", "time_zone"),
]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def odd_path(rule: Rule, real: dict[str, object], argument: str, value: str) -> str:
    """The path of a rule with `value` for that argument, and real ids for the others."""
    parts = []
    for is_dynamic, text in rule._trace:
        if not is_dynamic:
            parts.append(text.lstrip("|"))
        else:
            parts.append(value if text == argument else quote(str(real.get(text, "x")), safe=""))
    return "".join(parts)


def cases(scene: Scene) -> Iterator[tuple[str, str, str]]:
    for rule in scene.app.url_map.iter_rules():
        real = scene.ids.get(rule.endpoint, {})
        for argument, value in product(sorted(rule.arguments), values.PATHS):
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                yield rule.endpoint, method, odd_path(rule, real, argument, value)


def test_odd_values_in_paths(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    every = product(cases(scene), (*ROLES, "key"))
    for (_, method, path), who in share(sample(every, 900)):
        if who == "key":
            answer = scene.client.open(path, method=method, headers=scene.key, json={})
        elif method in ("GET", "HEAD"):
            answer = scene.people[who].client.open(path, method=method)
        else:
            visitor = scene.people[who]
            answer = visitor.client.open(path, method=method, data={"csrf_token": visitor.token})
        watch(answer, who, method, path)


def test_odd_ids_on_the_dashboard_of_operators(
    scene: Scene, watch: Watch, share: Share[Any]
) -> None:
    operator = scene.people["operator"]
    for endpoint, method, path in share(cases(scene)):
        if endpoint.startswith("rq_dashboard.") and "job_id" in str(
            scene.app.url_map._rules_by_endpoint[endpoint][0]
        ):
            data = {"csrf_token": operator.token} if method == "POST" else None
            watch(operator.client.open(path, method=method, data=data), method, path)


def test_odd_queries(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    rules = scene.app.url_map.iter_rules()
    read = [path for _, method, path in scene.paths if method == "GET"]
    read += [rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments]
    read.remove("/status")  # it rightly answers 503 without a worker
    texts = values.TEXTS
    for path, name, text, headers in share(sample(product(read, QUERY, texts, ({}, HTMX)), 700)):
        key = scene.key if path.startswith("/api/") else {}
        client = scene.client if key else scene.people["owner"].client
        query = f"{name}={quote(text.encode(errors='surrogatepass'))}"
        answer = client.get(f"{path}?{query}", headers={**headers, **key})
        watch(answer, path, name, ascii(text))
