"""/ops/usage: what each organisation used in a month, for operators."""

from collections.abc import Callable

from flask import Flask

from tests import factories
from tests.operations.test_usage import lines, some_usage
from tests.web.conftest import Person


def test_operators_read_and_export_a_month(app: Flask, person: Callable[..., Person]) -> None:
    some_usage()
    factories.user("ops@example.com", is_operator=True)
    operator = person("stranger").log_in("ops@example.com")
    page = operator.get("/ops/usage?month=2026-11")
    assert page.status_code == 200
    assert "=Acme" in page.text
    assert "org_gone" in page.text
    assert 'href="/ops/usage.csv?month=2026-11"' in page.text
    export = operator.get("/ops/usage.csv?month=2026-11")
    assert export.headers["Content-Disposition"] == "attachment; filename=usage-2026-11.csv"
    assert len(lines(export.text)) == 4
    assert operator.get("/ops/usage.json?month=2026-11").get_json()[0]["events"] == 110
    assert operator.get("/ops/usage?month=2026-99").status_code == 404
    assert "No usage in this month" in operator.get("/ops/usage?month=2026-01").text
