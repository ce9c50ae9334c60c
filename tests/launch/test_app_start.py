"""`python app.py`, from an empty folder to a delivered event and a clean stop."""

import re
import signal
import socket
import sqlite3
import stat
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import requests
from standardwebhooks import Webhook

from tests.launch.instance import Instance, await_end_of, run
from tests.support.servers import PATIENCE, free_port, wait_until
from webhooks_app.lib.crypto import Vault, new_key

KEYS = {"SECRET_KEY": new_key(), "ENCRYPTION_KEYS": new_key()}


NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for the tests that do not change it."""
    with Instance(tmp_path_factory.mktemp("shared") / "data") as instance:
        yield instance


@pytest.fixture(scope="module")
def robust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One whose parts are killed, in a folder that is longer than the path of a Unix socket."""
    folder = tmp_path_factory.mktemp("robust") / ("deep" * 20) / ("deep" * 20) / "data"
    with Instance(folder) as instance:
        yield instance


def delivers(instance: Instance) -> None:
    number = next(NUMBERS)
    assert instance.post(number).status_code == 202
    wait_until(lambda: number in instance.numbers_arrived(), 30)


def test_it_says_where_it_is_and_how_to_get_in(shared: Instance) -> None:
    for part in (shared.url, "owner@example.com", "viewer@example.com", shared.key, "curl"):
        assert part in shared.said
    assert requests.get(f"{shared.url}/login", timeout=PATIENCE).status_code == 200


def test_it_runs_every_part(shared: Instance) -> None:
    for part in ("web", "redis", "deliveries", "background", "beat"):
        wait_until(lambda part=part: bool(shared.part(part)))
    wait_until(
        lambda: requests.get(f"{shared.url}/status", timeout=PATIENCE).status_code == 200, 20
    )


def test_what_it_keeps_is_for_its_owner_only(shared: Instance) -> None:
    assert stat.S_IMODE(shared.folder.stat().st_mode) == 0o700
    for name in ("demo.json", "secret_key", "encryption_keys"):
        assert stat.S_IMODE((shared.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((shared.folder / "redis.sock").stat().st_mode) == 0o700


def test_an_event_arrives_at_its_own_receiver_signed(shared: Instance) -> None:
    answer = shared.post(7)
    assert answer.status_code == 202, answer.text

    wait_until(lambda: 7 in shared.numbers_arrived(), 15)
    request = shared.arrived()[-1]
    Webhook(secret_of(shared)).verify(request["body"], request["headers"])  # type: ignore[arg-type]


def secret_of(instance: Instance) -> str:
    with sqlite3.connect(instance.folder / "hookline.db") as database:
        (sealed,) = database.execute("SELECT sealed_secret FROM subscriptions").fetchone()
    return Vault([(instance.folder / "encryption_keys").read_text()]).open(sealed)


def test_metrics_of_all_processes_are_in_one_place(shared: Instance) -> None:
    shared.post(8)
    wait_until(lambda: 8 in shared.numbers_arrived(), 15)

    def counted() -> bool:
        text = requests.get(f"{shared.url}/metrics", timeout=PATIENCE).text
        return (
            re.search(r'^hookline_deliveries_total{outcome="delivered"} [1-9]', text, re.M)
            is not None
        )

    wait_until(counted, 10)


def test_a_second_one_on_the_same_data_says_so(shared: Instance) -> None:
    result = run("app.py", DATA_DIR=shared.folder, PORT=free_port())

    refused(result, f"another instance already uses the data in {shared.folder}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with Instance(tmp_path / "data") as instance:
        wait_until(lambda: len(instance.family()) >= 6)
        family = instance.family()

        instance.process.send_signal(number)

        assert instance.process.wait(PATIENCE) == 0
        await_end_of(family)
        assert '"level": "error"' not in instance.said


def has_begun(pid: int) -> bool:
    """Whether app.py decides about Ctrl-C: while Python itself starts, it ends in a traceback."""
    status = dict(re.findall(r"^(Sig\w+):\s+(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.M))

    def is_in(signals: str, number: signal.Signals) -> bool:
        return bool(int(status[signals], 16) >> (number - 1) & 1)

    is_python = is_in("SigIgn", signal.SIGPIPE)
    is_pythons = is_in("SigCgt", signal.SIGINT) and not is_in("SigCgt", signal.SIGTERM)
    return is_python and not is_pythons


@pytest.mark.parametrize("after", [0.4, 1.0, 1.6, 2.2])
def test_it_stops_soon_also_while_it_starts(tmp_path: Path, after: float) -> None:
    instance = Instance(tmp_path / "data")
    time.sleep(after)
    wait_until(lambda: has_begun(instance.process.pid), every=0.001)
    family = instance.family()
    instance.process.send_signal(signal.SIGINT)
    instance.process.wait(PATIENCE)
    await_end_of(family)
    assert "Traceback" not in instance.said


def test_kill_9_leaves_no_process_and_it_starts_again_with_the_same_key(tmp_path: Path) -> None:
    """On another port, to which its demo webhook follows."""
    with Instance(tmp_path / "data") as first:
        wait_until(lambda: len(first.family()) >= 6)
        key, family = first.key, first.family()
        first.post(1)
        first.process.kill()
        await_end_of(family)
    with Instance(tmp_path / "data") as second:
        assert second.key == key
        assert key in first.said
        assert key not in second.said
        assert "demo.json" in second.said
        assert second.post(2).status_code == 202
        wait_until(lambda: {1, 2} <= second.numbers_arrived(), 45)


def test_a_deep_folder_is_no_obstacle(robust: Instance) -> None:
    delivers(robust)


@pytest.mark.parametrize("part", ["web", "redis", "deliveries", "background", "beat"])
def test_a_part_that_dies_is_started_again(robust: Instance, part: str) -> None:
    killed = robust.part(part)
    for process in killed:
        process.kill()

    wait_until(lambda: bool(set(robust.part(part)) - set(killed)), 15)
    wait_until(lambda: answers(robust), 15)
    delivers(robust)
    assert robust.process.is_running()


def test_the_web_process_that_answers_is_started_again(robust: Instance) -> None:
    """Granian's parent stays alive when only the answering process is killed."""
    inner = robust.part("web")[-1]
    inner.kill()

    wait_until(lambda: not inner.is_running() and answers(robust), 15)


def test_its_web_server_dies_whole(robust: Instance) -> None:
    outer, inner = robust.part("web")
    outer.kill()

    await_end_of([inner])
    wait_until(lambda: answers(robust), 15)


def answers(instance: Instance) -> bool:
    try:
        return requests.get(f"{instance.url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def test_without_the_demo_it_makes_nobody(tmp_path: Path) -> None:
    with Instance(tmp_path / "data", DEMO=0) as instance:
        assert "create-organisation" in instance.said
        assert "hk_live" not in instance.said
        assert not (instance.folder / "demo.json").exists()


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(run("app.py", DATA_DIR=tmp_path, PORT=port), f"127.0.0.1 port {port}")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", **KEYS},
            "database cannot be used",
        ),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "SECRET_KEY is not set"),
        ({"DATABASE_URL": "oracle://somewhere/none"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"REDIS_URL": "nonsense"}, "REDIS_URL"),
        ({"PORT": "many"}, "PORT"),
        ({"HOST": "192.0.2.1"}, "192.0.2.1"),
        ({"HOST": "nowhere.invalid"}, "nowhere.invalid"),
        ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    tmp_path: Path, variables: dict[str, str], reason: str
) -> None:
    refused(run("app.py", **{"DATA_DIR": tmp_path, "PORT": free_port()} | variables), reason)


def test_a_broken_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "hookline.db").write_bytes(b"this is no database" * 100)

    refused(run("app.py", DATA_DIR=tmp_path, PORT=free_port()), "database cannot be used")


def test_a_database_of_a_newer_version_is_said_in_one_line(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "hookline.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")

    refused(run("app.py", DATA_DIR=tmp_path, PORT=free_port()), "9999")


def refused(result: CompletedProcess[str], reason: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
