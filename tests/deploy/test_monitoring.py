"""Alerts and the dashboard ask for metrics that a running product shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from webhooks_app.database import choose
from webhooks_app.extensions import db

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = json.loads((DEPLOY / "grafana/hookline.json").read_text())["panels"]
IN_PANELS = [target["expr"] for panel in PANELS for target in panel["targets"]]
PARTS = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}


def shown(app: Flask) -> Iterator[str]:
    for path in ("/metrics", "/metrics/global"):
        text = app.test_client().get(path).text
        for family in text_string_to_metric_families(text):
            for part in PARTS.get(family.type, ("",)):
                yield family.name + part


def test_every_metric_that_is_asked_for_is_shown(app: Flask) -> None:
    asked = {
        name
        for expression in (*IN_PANELS, *(rule["expr"] for rule in RULES))
        for name in re.findall(r"hookline_\w+", expression)
    }
    assert len(asked) > 20
    of_a_server = {
        "hookline_oldest_snapshot_seconds",
        "hookline_sql_connections",
        "hookline_sql_connections_most",
        "hookline_dead_rows",
    }
    assert asked - set(shown(app)) == choose(db.engine, postgresql=set(), sqlite=of_a_server)


@pytest.mark.parametrize(
    "expression", [*IN_PANELS, *(rule["expr"] for rule in RULES)], ids=lambda text: text[:60]
)
def test_every_expression_is_promql(expression: str) -> None:
    assert promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def test_what_is_no_promql_would_be_found() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        promql_parser.parse("sum(rate(hookline_events_accepted_total[5m])")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert re.fullmatch(r"\d+m", rule["for"])


def test_no_panel_covers_another() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS]
    assert len(set(places)) == len(PANELS)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
