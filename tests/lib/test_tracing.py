"""When traces are on, and what they cost when they are not."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tests.support.collector import Collector
from webhooks_app.lib import tracing

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SOMEWHERE = {ENDPOINT: "http://collector:4318"}
WITHOUT = """
import sys
import webhooks_app.api.events, webhooks_app.jobs.worker, webhooks_app.server.door
from webhooks_app.lib import tracing
tracing.start("web")
tracing.begin(None), tracing.begin("00-" + "1" * 32 + "-" + "1" * 16 + "-01")
tracing.stop()
# redis-py imports the library's metrics wherever they are installed.
parts = ("opentelemetry.exporter", "opentelemetry.sdk.trace", "webhooks_app.lib.otel")
print([name for name in sys.modules if name.startswith(parts)])
"""


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    yield
    tracing.stop()


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        (SOMEWHERE, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces"}, True),
        (SOMEWHERE | {"OTEL_TRACES_EXPORTER": "none"}, False),
        (SOMEWHERE | {"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (SOMEWHERE | {"OTEL_SDK_DISABLED": "true"}, False),
        (SOMEWHERE | {"OTEL_SDK_DISABLED": "false"}, True),
        ({"OTEL_SERVICE_NAME": "x"}, False),
    ],
)
def test_they_are_on_when_the_variables_name_a_collector(
    environ: dict[str, str], wanted: bool
) -> None:
    assert tracing.is_wanted(environ) is wanted


def test_nothing_is_imported_when_they_are_off() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.strip() == "[]", ran.stderr


@pytest.mark.parametrize(
    ("environ", "hidden", "said"),
    [
        (SOMEWHERE, "webhooks_app.lib.otel", "pip install 'hookline-server[otel]'"),
        (SOMEWHERE | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, None, "only http/protobuf"),
    ],
)
def test_what_keeps_them_off_is_said(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], hidden: str | None, said: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if hidden:
        monkeypatch.setitem(sys.modules, hidden, None)
    with capture_logs() as logs:
        tracing.start("web")
    assert not tracing.is_on()
    [line] = logs
    assert said in line["reason"]


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({}, "hookline-web"),
        ({"OTEL_SERVICE_NAME": "mine"}, "mine"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment=eu"}, "other"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=eu"}, "hookline-web"),
    ],
)
def test_a_service_is_named_by_its_role_or_by_the_variables(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], service: str
) -> None:
    with Collector() as collector:
        for name, value in ({ENDPOINT: collector.endpoint} | environ).items():
            monkeypatch.setenv(name, value)
        tracing.start("web")
        tracing.begin(None).end({"events": 1})
        tracing.begin(None)  # never ended, never sent
        tracing.stop()
        [span] = collector.spans
    assert (span.service, span.name, span.about) == (service, "accept", {"hookline.events": 1})
    assert not tracing.is_on()


def test_what_is_not_sampled_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        tracing.start("web")
        header = "00-" + "1" * 32 + "-" + "2" * 16 + "-00"
        traced = tracing.begin(header)
        traced.end({})
        tracing.stop()
        assert collector.spans == []
    assert traced.kept is not None
    assert (traced.kept[:35], traced.kept[-2:]) == (header[:35], "00")


def test_the_end_does_not_wait_for_a_collector_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "PATIENCE", 0.2)
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    tracing.start("web")
    tracing.begin(None).end({})
    tracing.stop()
    assert not tracing.is_on()
