"""The files in deploy/, each read by the program, or the library, that it is for."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from flask import Flask
from granian.cli import cli as granian

from webhooks_app import web_server
from webhooks_app.config import SECRETS, Settings
from webhooks_app.launch.children import BOTH_SERVE
from webhooks_app.launch.systemd import MARGIN
from webhooks_app.launch.worker import main as worker

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS: list[dict[str, Any]] = [
    one
    for name in yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    for one in yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text())
]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "hookline"}
SETTINGS = {name.upper() for name in Settings.__struct_fields__}
MOST_EXPOSED = "30"  # tenths; 96 without sandboxing


def test_the_dockerfile_passes_its_linter() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    command = [str(linter), "--no-fail", "-f", "json", str(DEPLOY / "Dockerfile")]
    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == []


def test_the_image_holds_no_key_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert not any("SECRET_KEY" in line or "ENCRYPTION_KEYS" in line for line in lines)
    assert "USER 10001:10001" in lines
    ignored = (DEPLOY.parent / ".dockerignore").read_text().split()
    assert {".*", "instance"} <= set(ignored)


def test_the_image_can_be_built_on_another_base() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^ARG BASE=(\S+)$", text, re.MULTILINE) == ["python:3.11-slim-bookworm"]
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}"] * 2
    script = (DEPLOY / "build-image").read_text()
    assert '--build-arg "BASE=$BASE"' in script
    assert "cp deploy/try-image " in script


@pytest.mark.parametrize(("shell", "name"), [("bash", "build-image"), ("sh", "try-image")])
def test_the_scripts_of_the_image_can_be_read(shell: str, name: str) -> None:
    script = DEPLOY / name
    subprocess.run([shell, "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)


def test_make_image_builds_and_tries_it() -> None:
    makefile = (DEPLOY.parent / "Makefile").read_text()
    assert "\nimage:\n\tdeploy/build-image\n" in makefile


@pytest.mark.parametrize(
    "one", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}"
)
def test_kubernetes_takes_every_manifest(one: dict[str, Any]) -> None:
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def pods() -> Iterator[dict[str, Any]]:
    for one in MANIFESTS:
        if "template" in one.get("spec", {}):
            yield one["spec"]["template"]["spec"]


def test_no_pod_runs_as_root_or_writes_to_its_image() -> None:
    assert len(list(pods())) == 3
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_probes_ask_for_what_there_is(app: Flask) -> None:
    web = {rule.rule for rule in app.url_map.iter_rules()}
    for pod in pods():
        for container in pod["containers"]:
            ports = {port["name"] for port in container.get("ports", ())}
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                if asked := container.get(kind, {}).get("httpGet"):
                    assert asked["port"] in ports
                    assert asked["path"] in (web if container["name"] == "web" else {"/healthz"})


def test_every_variable_is_a_setting() -> None:
    for service in OURS.values():
        assert service["environment"].keys() <= SETTINGS
    [settings] = [one for one in MANIFESTS if one["kind"] == "ConfigMap"]
    assert settings["data"].keys() <= SETTINGS
    assert not settings["data"].keys() & {name.upper() for name in SECRETS}


def commands() -> Iterator[list[str]]:
    """All that the files start."""
    for unit in UNITS:
        for line in unit.read_text().splitlines():
            if line.startswith("ExecStart="):
                yield shlex.split(line.removeprefix("ExecStart=/opt/hookline/bin/"))
    for pod in pods():
        yield from (one["command"] for one in pod["containers"] if "command" in one)
    yield from (service["command"] for service in OURS.values() if "command" in service)
    text = (DEPLOY / "Dockerfile").read_text()
    [start] = [line for line in text.splitlines() if line.startswith("CMD ")]
    yield json.loads(start.removeprefix("CMD "))


def test_every_command_takes_its_options() -> None:
    names = []
    for name, *arguments in commands():
        names.append(name)
        if name == "hookline-worker":
            worker.make_context(name, arguments)
        elif name == "python":
            assert arguments[:3] == ["-P", "-m", web_server.__name__]
            context = granian.make_context(name, arguments[3:])
            assert context.params["respawn_interval"] == BOTH_SERVE
        else:
            assert (name, *arguments) == (
                *("flask", "--app", "webhooks_app.wsgi", "db", "upgrade"),
            )
    assert sorted(names) == [*["flask"] * 3, *["hookline-worker"] * 3, *["python"] * 2]


def test_systemd_knows_every_line(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/hookline/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text)
    files = map(str, sorted(tmp_path.iterdir()))
    found = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    ours = [line for line in found.stderr.splitlines() if "hookline" in line]
    assert ours == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_kept_in_a_sandbox(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    limit = f"--threshold={MOST_EXPOSED}"
    found = subprocess.run([*command, limit, str(unit)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout[-300:] + found.stderr


def times_to_stop() -> Iterator[int]:
    for pod in pods():
        if pod["containers"][0]["name"] != "migrate":
            yield pod["terminationGracePeriodSeconds"]
    for service in OURS.values():
        yield int(service["stop_grace_period"].removesuffix("s"))
    for unit in UNITS:
        if "oneshot" not in (text := unit.read_text()):
            [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
            yield int(seconds)


def test_the_time_to_stop_is_longer_than_the_grace_of_workers() -> None:
    found = list(times_to_stop())
    assert len(found) == 7
    assert min(found) >= Settings().grace + MARGIN


@pytest.mark.parametrize(("timeout", "grace"), [(1.0, 25.0), (15.0, 25.0), (60.0, 70.0)])
def test_the_grace_is_long_enough_for_the_longest_attempt(timeout: float, grace: float) -> None:
    settings = Settings(delivery_timeout=timeout, connect_timeout=1.0, lease_seconds=timeout + 2)
    assert settings.grace == grace
    documented = (DEPLOY.parent / "docs/upgrading.md").read_text()
    assert "`DELIVERY_TIMEOUT` and 25 s more" in documented
    assert timeout + 25 > grace
