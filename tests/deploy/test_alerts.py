"""Each alert fires when it should and is silent otherwise, as Prometheus itself says."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.test_monitoring import DEPLOY, RULES

ALERTS = DEPLOY / "prometheus/alerts.yml"
Series = dict[str, str]  # values by series, a minute apart


@dataclass(frozen=True)
class Case:
    """`fires` and `silent` are series at which it does, or does not, `at` that time."""

    fires: Series
    silent: Series
    labels: dict[str, str]
    at: str = "30m"


def gauge(series: str, fires: str, silent: str, at: str = "30m", **labels: str) -> Case:
    return Case({series: f"{fires}+0x200"}, {series: f"{silent}+0x200"}, labels, at)


LAG = "hookline_first_attempt_lag_seconds_bucket"
SLOW = {
    f'{LAG}{{le="30"}}': "0+0x60",
    f'{LAG}{{le="60"}}': "0+9x60",
    f'{LAG}{{le="+Inf"}}': "0+9x60",
}
ATTEMPTS, HTTP = "hookline_attempts_total", "hookline_http_request_seconds_count"
JOBS = "hookline_job_seconds_count"
RUN = "hookline_periodic_job_last_run_timestamp_seconds"
SKEW, WORKER_SKEW = "hookline_clock_skew_seconds", "hookline_worker_clock_skew_seconds"
CONNECTIONS = "hookline_sql_connections"
CASES = {
    "HooklineIsNotScraped": gauge('up{job="hookline-worker"}', "0", "1", job="hookline-worker"),
    "HooklineEventsWaitForTheirFirstAttempt": Case(
        SLOW, SLOW | {f'{LAG}{{le="30"}}': "0+9x60"}, {}
    ),
    "HooklineDeliveriesAreLate": gauge("hookline_backlog_age_seconds", "301", "299"),
    "HooklineMostDeliveriesFail": Case(
        {f'{ATTEMPTS}{{code="5xx"}}': "0+51x60", f'{ATTEMPTS}{{code="2xx"}}': "0+49x60"},
        {f'{ATTEMPTS}{{code="none"}}': "0+49x60", f'{ATTEMPTS}{{code="2xx"}}': "0+51x60"},
        {},
    ),
    "HooklineNoWorker": gauge('hookline_workers{queue="background"}', "0", "1", queue="background"),
    "HooklineNoActiveBeat": gauge("hookline_beat_active", "0", "1"),
    "HooklinePeriodicJobOverdue": Case(
        {f'{RUN}{{job="digests.send_due"}}': "0+0x200"},
        {
            f'{RUN}{{job="digests.send_due"}}': "0+60x200",
            f'{RUN}{{job="upkeep.forget_unseen"}}': "0+0x200",
        },
        {"job": "digests.send_due"},
        at="130m",
    ),
    "HooklineResultsAreNotStored": gauge("hookline_recorders_stuck", "1", "0"),
    "HooklineSqlIsAway": gauge("hookline_sql_up", "0", "1"),
    "HooklineRedisIsAway": gauge("hookline_redis_up", "0", "1"),
    "HooklineSnapshotStaysOpen": gauge("hookline_oldest_snapshot_seconds", "301", "299"),
    "HooklineConnectionsRunOut": Case(
        {CONNECTIONS: "81+0x60", f"{CONNECTIONS}_most": "100+0x60"},
        {CONNECTIONS: "79+0x60", f"{CONNECTIONS}_most": "100+0x60"},
        {},
    ),
    "HooklineClocksDiffer": Case(
        {SKEW: "1+0x60", WORKER_SKEW: "-3+0x60"}, {SKEW: "1+0x60", WORKER_SKEW: "-1+0x60"}, {}
    ),
    "HooklineOurServerFails": Case(
        {f'{HTTP}{{code="5xx"}}': "0+2x60", f'{HTTP}{{code="2xx"}}': "0+98x60"},
        {f'{HTTP}{{code="4xx"}}': "0+50x60", f'{HTTP}{{code="2xx"}}': "0+98x60"},
        {},
    ),
    "HooklineJobsFail": Case(
        {f'{JOBS}{{job="mail.send_pending",outcome="failed"}}': "0+0x20 1+0x40"},
        {f'{JOBS}{{job="mail.send_pending",outcome="done"}}': "0+1x60"},
        {"job": "mail.send_pending"},
    ),
}


def test_every_alert_is_tested() -> None:
    assert set(CASES) == {rule["alert"] for rule in RULES}


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", str(ALERTS))


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    tests = [one for rule in RULES for one in _tests(rule, CASES[rule["alert"]])]
    file = tmp_path / "tests.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests})
    )
    promtool("test", "rules", str(file))


def _tests(rule: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    fired = {
        "exp_labels": {"severity": rule["labels"]["severity"], **case.labels},
        "exp_annotations": rule["annotations"],
    }
    return [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [
                {"eval_time": case.at, "alertname": rule["alert"], "exp_alerts": expected}
            ],
        }
        for series, expected in ((case.fires, [fired]), (case.silent, []))
    ]


def promtool(*arguments: str) -> None:
    ended = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
