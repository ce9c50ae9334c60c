"""Every command against the running product: what it does, prints, and ends with."""

import json
import re
import stat
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner
from sqlalchemy import select

from hookline import settings
from hookline.cli.commands import hookline
from tests.clients.cli.conftest import Shell
from tests.support.receiver import Answer, Receiver
from tests.support.servers import PATIENCE, free_port, wait_until
from webhooks_app.deliveries import replays as service
from webhooks_app.extensions import db
from webhooks_app.models import ApiKey, DeviceLogIn, ReplayBatch
from webhooks_app.people import device_log_ins

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def webhook(shell: Shell, receiver: Receiver, *more: str) -> dict[str, Any]:
    made = shell.json(
        "webhooks",
        "create",
        *("-d", "name=CRM", "-d", f"url={receiver.url}", "-d", 'event_types=["lead.captured"]'),
        *more,
    )
    wait_until(lambda: len(receiver.received) >= 1)  # the ping
    receiver.received.clear()
    return dict(made)


def sleeps(monkeypatch: pytest.MonkeyPatch, module: str, sleep: Callable[[float], None]) -> None:
    """What happens while that module waits. `time` itself stays: others use it."""
    fake = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr(f"hookline.cli.{module}.time", fake)


# Events


def test_send_reports_what_was_typed_and_shows_how_it_went(
    shell: Shell, receiver: Receiver
) -> None:
    webhook(shell, receiver)
    said = shell.ok(
        *("send", "lead.captured", "-d", "name=Ada", "-d", "score=7", "-d", "owner.email=a@b.c"),
        *("--chatbot", "bot_1", "--wait", "20"),
    )
    assert re.match(r"evt_\w+  lead.captured  1 delivery\n  msg_\w+  delivered 200\n", said)
    sent = json.loads(receiver.received[0].body)
    assert sent["data"] == {"name": "Ada", "score": 7, "owner": {"email": "a@b.c"}}


def test_send_ends_with_1_if_it_failed(shell: Shell) -> None:
    with Receiver(lambda _: Answer(400)) as receiver:
        webhook(shell, receiver, "-d", 'retry_policy={"delays": []}')
        result = shell("send", "lead.captured", "--wait", "20")
    assert result.exit_code == 1
    assert "failed 400  The endpoint answered 400" in result.stdout


def test_send_takes_data_from_a_file_and_from_a_pipe(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text('{"name": "Ada"}')
    for body, typed in ((f"@{file}", None), ("-", '{"name": "Ada"}'), ('{"name": "Ada"}', None)):
        event = shell.json("send", "lead.captured", "--body", body, "-d", "more=1", typed=typed)
        shown = shell.json("events", "get", event["id"])
        assert shown["data"] == {"name": "Ada", "more": 1}


def test_without_data_the_sample_is_sent(shell: Shell) -> None:
    event = shell.json("send", "lead.captured")
    sample = shell.json("event-types", "get", "lead.captured")["sample"]
    assert shell.json("events", "get", event["id"])["data"] == sample


def test_a_dry_run_stores_nothing(shell: Shell, receiver: Receiver) -> None:
    webhook(shell, receiver)
    said = shell.ok("send", "lead.captured", "--dry-run")
    assert said.startswith("1 deliveries would follow.")
    assert "CRM: would fire" in said
    assert shell.json("events", "list", "--type", "lead.captured") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("send", "lead.caught"), 4, "Not found"),
        (("send", "lead.caught", "-d", "a=1"), 2, "There is no event type called 'lead.caught'"),
        (("send", "lead.captured", "-d", "a"), 2, "is not NAME=VALUE"),
        (("send", "lead.captured", "-d", "a=1", "-d", "a.b=2"), 2, "already has a value"),
        (("send", "lead.captured", "--body", "[1]"), 2, "must be a JSON object"),
        (("send", "lead.captured", "--body", "@/none"), 2, "no such file"),
        (("send", "lead.captured", "--subject", "room"), 2, "TYPE:ID"),
        (("send", "lead.captured", "--subject", "a:b", "--chatbot", "c"), 2, "not both"),
        (("webhooks", "get", "whk_none"), 4, "hookline whoami"),
        (("webhooks", "create", "-d", "name=x"), 2, "event_types"),
        (("webhooks", "create"), 2, "Give members"),
        (("webhooks", "delete", "whk_none"), 2, "Add --yes"),
        (("replay",), 2, "Give ids"),
        (("replay", "--since", "soon"), 2, "is not a time"),
        (("replay", "--since", "99999999999w"), 2, "is too long ago"),
        (("export", "-o", "/none/hookline.yaml"), 2, "cannot be written"),
        (("explain", "evt_none"), 4, "Not found"),
        (("tail", "events", "--failed"), 2, "for deliveries"),
        (("listen", "0"), 2, "not a port"),
        (("listen", "ht!tp://x y"), 2, "not a port or a URL"),
        (("listen",), 2, "Give the port or URL"),
        (("listen", "--map", "lead.*"), 2, "is not TYPES=TARGET"),
        (("listen", "--map", "lead.*=70000"), 2, "70000 is not a port"),
        (("listen", "--map", "lead.*=/leads"), 2, "give PORT|URL too"),
        (("listen", "--map", "lead.*=3000", "--events", "*"), 2, "--events needs PORT|URL"),
        (("listen", "--map", "lead.*=3000", "--path", "a"), 2, "--path needs PORT|URL"),
        (("listen", "3000", "--map", "lead*=3001"), 2, "'lead*' is not an event type"),
        (("apply", "-f", "/none.yaml"), 2, "cannot be read"),
        (("no-such-command",), 2, "No such command"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    shell: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    result = shell(*words)
    assert result.exit_code == code, result.output
    assert said.lower() in result.stderr.lower()
    assert "Traceback" not in result.output


def test_bytes_that_are_not_text_are_named(shell: Shell) -> None:
    result = shell("send", "lead.captured", "--body", "-", typed=b"\xff")
    assert (result.exit_code, "not text in UTF-8" in result.stderr) == (2, True), result.output


@pytest.mark.parametrize("body", [b"<h1>Hi</h1>", b"[]", b'{"ok": true}'])
def test_a_log_in_at_another_server_says_so(body: bytes) -> None:
    with Receiver(lambda _: Answer(200, {"Content-Type": "application/json"}, body)) as other:
        address = other.url.removesuffix("/hook")
        result = CliRunner().invoke(hookline, ["login", "--url", address])
    assert (result.exit_code, "is not Hookline" in result.stderr) == (5, True), result.output


def test_trigger_tells_a_story(shell: Shell) -> None:
    shell.ok("trigger", "customer.created", "customer.at_risk", "--times", "2")
    types = [one["type"] for one in shell.json("events", "list")]
    assert types == ["customer.at_risk", "customer.created"] * 2


# Keys and connections


def test_a_key_that_does_not_work(shell: Shell) -> None:
    for key, said in (("hk_test_unknown", "not known"), ("", "no API key")):
        env = {**shell.environ, "HOOKLINE_API_KEY": key}
        result = CliRunner(env=env).invoke(hookline, ["webhooks", "list"])
        assert (result.exit_code, said in result.stderr) == (3, True), result.output
        assert "hookline login" in result.stderr


def test_a_key_that_may_not(make_shell: Callable[..., Shell]) -> None:
    result = make_shell(scopes=["events:write"])("webhooks", "list")
    assert result.exit_code == 3
    assert "`webhooks:read`" in result.stderr


def test_nobody_answers(shell: Shell) -> None:
    env = {**shell.environ, "HOOKLINE_URL": f"http://127.0.0.1:{free_port()}"}
    result = CliRunner(env=env).invoke(hookline, ["listen", "3000", "--json"])
    assert result.exit_code == 5
    assert "hookline doctor" in json.loads(result.stderr)["error"]


def test_live_mode_asks_first(make_shell: Callable[..., Shell]) -> None:
    live = make_shell("live")
    for words in (("send", "lead.captured"), ("trigger", "lead.captured")):
        refused = live(*words)
        assert (refused.exit_code, "Add --yes" in refused.stderr) == (2, True)
        live.ok(*words, "--yes")
    assert "--live" in live("listen", "3000").stderr


def test_whoami_and_doctor(shell: Shell) -> None:
    said = shell.ok("whoami")
    assert "Acme" in said
    assert re.search(r"Key from +HOOKLINE_API_KEY\n", said)
    assert shell.json("whoami")["mode"] == "test"
    said = shell.ok("doctor")
    for good in ("answers in", "The clock of this computer agrees", "The key works: Acme, test"):
        assert good in said
    assert not re.search(r"\bbad\b", said)


def test_doctor_finds_what_is_wrong(shell: Shell) -> None:
    settings.save_profile("default", settings.Profile(shell.product.url, shell.key))
    settings.config_file().chmod(0o644)
    broken = CliRunner(env={**shell.environ, "HOOKLINE_API_KEY": "hk_test_none"})
    result = broken.invoke(hookline, ["doctor"])
    assert result.exit_code == 1
    assert "chmod 600" in result.stdout
    assert "The key does not work" in result.stdout
    away = {**shell.environ, "HOOKLINE_URL": f"http://127.0.0.1:{free_port()}"}
    assert "does not answer" in CliRunner(env=away).invoke(hookline, ["doctor"]).stdout


def test_open_and_completion(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    shell.ok("open", "webhooks")
    assert opened == [f"{shell.product.url}/o/{shell.organisation_id}/test/webhooks/"]
    assert requests.get(opened[0], allow_redirects=False, timeout=PATIENCE).status_code == 302
    for name in ("bash", "zsh", "fish"):
        assert "_HOOKLINE_COMPLETE" in shell.ok("completion", name)


# Log-in


def approved(shell: Shell) -> Callable[[float], None]:
    """Someone approves it while the command waits."""

    def sleep(_: float) -> None:
        with shell.product.app.app_context():
            row = db.session.scalars(select(DeviceLogIn)).one_or_none()
            if row is not None and row.status == "waiting":
                member = db.session.execute(
                    select(device_log_ins.Membership).where(
                        device_log_ins.Membership.in_organisation(shell.organisation_id)
                    )
                ).scalar_one()
                place = device_log_ins.Tenant(shell.organisation_id, "test")
                scopes = device_log_ins.api_keys.PRESETS["develop"].scopes
                user = member.user
                args = (row, user, place, "My laptop", scopes, None)
                device_log_ins.approve(db.session(), *args)
            db.session.remove()

    return sleep


def forget_log_ins(shell: Shell) -> None:
    with shell.product.app.app_context():
        db.session.query(DeviceLogIn).delete()
        db.session.commit()
        db.session.remove()


def test_login_saves_a_key_that_only_its_owner_can_read(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeps(monkeypatch, "login", approved(shell))
    forget_log_ins(shell)
    env = {"HOOKLINE_URL": shell.product.url}
    result = CliRunner(env=env).invoke(hookline, ["login"])
    assert result.exit_code == 0, result.output
    assert "Logged in to Acme, test mode." in result.stdout
    code = re.search(r"Your code: ([B-Z]{4}-[B-Z]{4})", result.stderr)
    assert code
    assert f"/device/?code={code[1]}" in result.stderr
    file = settings.config_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = tomllib.loads(file.read_text())["profiles"]["default"]["api_key"]
    assert token not in result.output

    assert "Acme" in CliRunner().invoke(hookline, ["whoami"]).stdout
    out = CliRunner().invoke(hookline, ["logout"])
    assert out.stdout == "Logged out. The key was revoked.\n"
    with shell.product.app.app_context():
        key = db.session.scalars(select(ApiKey).where(ApiKey.name == "My laptop")).one()
        assert key.revoked_at is not None
        db.session.remove()
    again = CliRunner().invoke(hookline, ["whoami"])
    assert (again.exit_code, "hookline login" in again.stderr) == (3, True)


def test_a_key_in_the_keyring_is_found_shown_and_forgotten(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ring:
        name, kept = "Secret Service", {}

        def get_password(self, service: str, user: str) -> str | None:
            return self.kept.get(user)

        def set_password(self, service: str, user: str, key: str) -> None:
            self.kept[user] = key

        def delete_password(self, service: str, user: str) -> None:
            del self.kept[user]

    monkeypatch.setattr("hookline._keyring._backend", Ring)
    sleeps(monkeypatch, "login", approved(shell))
    forget_log_ins(shell)
    run = CliRunner(env={"HOOKLINE_URL": shell.product.url})
    place = "the system's keyring (Secret Service)"
    said = run.invoke(hookline, ["login"])
    assert f"It is saved in {place} as the profile 'default'." in said.stderr
    [token] = Ring.kept.values()
    texts = [said.output, settings.config_file().read_text()]
    for command in ("whoami", "doctor"):
        result = CliRunner().invoke(hookline, [command])
        assert f"the profile 'default', in {place}" in result.stdout
        texts.append(result.output)
    assert not any(token in one for one in texts)
    assert CliRunner().invoke(hookline, ["logout"]).stdout == "Logged out. The key was revoked.\n"
    assert Ring.kept == {}
    assert "api_key" not in settings.config_file().read_text()


def test_a_refused_login_saves_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: float) -> None:
        with shell.product.app.app_context():
            device_log_ins.refuse(db.session(), db.session.scalars(select(DeviceLogIn)).one())
            db.session.remove()

    sleeps(monkeypatch, "login", refuse)
    forget_log_ins(shell)
    result = CliRunner(env={"HOOKLINE_URL": shell.product.url}).invoke(hookline, ["login"])
    assert (result.exit_code, "refused" in result.stderr) == (3, True), result.output
    assert not settings.config_file().exists()


# Deliveries


def test_explain_says_why(shell: Shell, receiver: Receiver) -> None:
    made = webhook(shell, receiver, "-d", 'conditions=[{"field": "email", "operator": "exists"}]')
    event = shell.json("send", "lead.captured", "-d", "name=Ada")["id"]
    said = shell.ok("explain", event)
    assert "CRM" in said
    assert "no  email exists: the field is absent" in said
    assert shell("explain", event, made["id"]).exit_code == 1
    assert shell("explain", event, "CRM").exit_code == 1
    assert shell("explain", event, "none").exit_code == 4
    assert shell.json("explain", event)[0]["would_fire"] is False


@pytest.mark.usefixtures("worker")
def test_replay_sends_all_that_match_again(shell: Shell, receiver: Receiver) -> None:
    webhook(shell, receiver)
    delivered = ("deliveries", "list", "--status", "delivered", "--event-type", "lead.captured")
    shell.ok("trigger", "lead.captured", "--times", "3")
    wait_until(lambda: len(shell.json(*delivered)) == 3)
    said = shell.ok("replay", "--type", "lead.captured", "--dry-run")
    assert said == "This would send 3 deliveries again.\n"
    assert "Add --yes" in shell("replay", "--since", "1h").stderr
    first = shell.json("deliveries", "list", "--event-type", "lead.captured")[0]["id"]
    done = shell.json("replay", first)
    assert done["replayed"] == 1
    wait_until(lambda: len(shell.json(*delivered)) == 4)
    done = shell.json("replay", "--type", "lead.captured", "--since", "1h", "--yes")
    assert (done["status"], done["replayed"]) == ("finished", 4)
    wait_until(lambda: len(receiver.received) == 8)
    nothing = shell.ok("replay", "--code", "500")
    assert nothing == "Nothing matches, so nothing is sent.\n"


def test_filters_reach_the_server(shell: Shell) -> None:
    for _ in range(2):
        shell.ok("send", "lead.captured", "-d", "email=ada@example.com")
    shell.ok("send", "lead.captured", "-d", "email=bob@example.com")
    ada = ("--field", "email: ADA@", "--text", "example", "--since", "1h")
    assert len(shell.json("events", "list", *ada)) == 2
    assert shell.json("events", "list", *ada, "--until", "1h") == []
    assert shell.json("deliveries", "list", *ada, "--response", "nowhere") == []
    nothing = shell.ok("replay", "--field", "email: ada@", "--subject", "bot_1")
    assert nothing == "Nothing matches, so nothing is sent.\n"
    refused = shell("events", "list", "--field", "email")
    assert "such as email: ada@example.com" in refused.stderr


@pytest.fixture
def worker(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the job of a replay while the command waits for it."""

    def work(_: float) -> None:
        with shell.product.app.app_context():
            running = select(ReplayBatch.id).where(ReplayBatch.status == "running")
            for batch_id in db.session.scalars(running).all():
                service.work(db.session(), batch_id)
            db.session.remove()

    sleeps(monkeypatch, "replay", work)


@pytest.mark.usefixtures("worker")
def test_recover_sends_what_never_arrived(shell: Shell) -> None:
    works = False
    with Receiver(lambda _: Answer(200 if works else 500)) as receiver:
        made = webhook(shell, receiver, "-d", 'retry_policy={"delays": []}')
        shell("send", "lead.captured", "--wait", "20")
        works = True
        done = shell.json("recover", made["id"], "--since", "1h")
        assert done["replayed"] == 1
        wait_until(lambda: len(receiver.received) == 2)


def test_tail_shows_what_comes_and_what_changes(
    shell: Shell, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook(shell, receiver)
    steps = iter(["lead.captured", "lead.captured"])

    def sleep(_: float) -> None:
        if (name := next(steps, None)) is None:
            raise KeyboardInterrupt
        requests.post(
            f"{shell.product.url}/api/v1/events?wait=20",
            json={"type": name, "data": {}},
            headers={"Authorization": f"Bearer {shell.key}"},
            timeout=PATIENCE,
        )

    sleeps(monkeypatch, "tail", sleep)
    result = shell("tail", "--last", "0")
    assert result.exit_code == 130
    lines = result.stdout.splitlines()
    assert len(lines) == 2, lines
    assert all("delivered" in one and "200  lead.captured" in one for one in lines), lines
    steps = iter(["task.created"])
    events = shell("tail", "events", "--last", "1", "--json")
    assert [json.loads(one)["type"] for one in events.stdout.splitlines()] == [
        "lead.captured",
        "task.created",
    ]


# Signatures


def test_sign_and_verify_agree_in_every_format(shell: Shell, tmp_path: Path) -> None:
    from hookline.receive import FORMATS

    body = tmp_path / "body.json"
    body.write_text('{"type": "lead.captured", "event": "lead.captured", "data": {}}')
    for name in FORMATS:
        signed = ("sign", str(body), "--secret", "whsec_c2VjcmV0", "--format", name)
        headers = shell.ok(*signed)
        topics = "X-Shopify-Topic: lead.captured\nX-GitHub-Event: lead.captured\n"
        request = f"POST / HTTP/1.1\n{topics}{headers}\n{body.read_text()}"
        checked = ("verify", "--secret", "whsec_c2VjcmV0", "--format", name)
        assert "The signature is right." in shell.ok(*checked, typed=request), name
        wrong = shell("verify", "--secret", "whsec_b3RoZXI=", "--format", name, typed=request)
        assert wrong.exit_code == 1, name
        assert "signature is wrong" in wrong.stderr
    assert shell("verify", "--secret", "x", typed="no gap").exit_code == 2


# Types


def test_types_are_what_the_compilers_read(shell: Shell, tmp_path: Path) -> None:
    scope: dict[str, Any] = {}
    exec(compile(shell.ok("types", "--lang", "py"), "types.py", "exec"), scope)
    assert "LeadCaptured" in scope
    assert set(scope["EVENT_DATA"]) >= {"lead.captured", "customer.created"}
    script = shell.ok("types", "--lang", "ts", "--type", "lead.captured")
    assert "export interface LeadCaptured {" in script
    assert '  "lead.captured": LeadCaptured;' in script
    assert shell("types", "--type", "lead.caught").exit_code == 4


# Objects


def test_a_webhook_from_its_creation_to_its_end(shell: Shell, receiver: Receiver) -> None:
    made = webhook(shell, receiver)
    assert made["secret"].startswith("whsec_")
    id_ = made["id"]
    assert "CRM" in shell.ok("webhooks", "list")
    assert shell.ok("webhooks", "list").count("\t") == 5
    assert "Name" in shell.ok("webhooks", "get", id_)
    changed = shell.json("webhooks", "update", id_, "-d", "name=New name", "-d", "rate_limit=5")
    assert (changed["name"], changed["rate_limit"]) == ("New name", 5)
    assert shell.json("webhooks", "pause", id_)["paused_at"]
    assert shell.json("webhooks", "resume", id_, "--rate", "10")["paused_at"] is None
    assert shell("webhooks", "disable", id_).exit_code == 2
    assert shell.json("webhooks", "disable", id_, "--yes")["enabled"] is False
    assert shell.json("webhooks", "enable", id_)["enabled"] is True
    assert shell.json("webhooks", "test", id_)["trigger"] == "test"
    rotated = shell.json("webhooks", "rotate-secret", id_, "--overlap", "1", "--yes")
    assert rotated["secret"] != made["secret"]
    shell.ok("webhooks", "delete", id_, "--yes")
    assert shell.json("webhooks", "list") == []


def test_lists_go_on_over_their_pages(shell: Shell) -> None:
    shell.ok("trigger", "lead.captured", "--times", "60")
    assert len(shell.json("events", "list")) == 60
    few = shell("events", "list", "--limit", "7")
    assert len(few.stdout.splitlines()) == 7
    assert "first 7" in few.stderr


def test_the_other_objects(shell: Shell, receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "action.yaml"
    file.write_text(
        "channel: email\nname: Mail\nevent_types: [lead.captured]\nemail_to: [a@b.co]\n"
    )
    action = shell.json("actions", "create", "-f", str(file))
    assert shell.json("actions", "get", action["id"])["channel"] == "email"
    key = shell.json("keys", "create", "-d", "name=CI", "-d", "preset=ingest")
    assert key["token"].startswith("hk_test_")
    assert shell.json("keys", "rotate", key["id"], "--yes")["id"] != key["id"]
    assert [one["name"] for one in shell.json("keys", "list")][:2] == ["CI", "CI"]
    inbox = shell.json("inboxes", "create", "-d", "name=Mine")
    assert inbox["url"].startswith("http")
    assert "Mine" in shell.ok("inboxes", "list")
    webhook(shell, receiver)
    event = shell.json("send", "lead.captured", "--wait", "20")
    [delivery] = [one["id"] for one in event["results"] if one["status"] == "delivered"]
    assert shell.json("deliveries", "get", delivery)["status"] == "delivered"
    assert shell("deliveries", "cancel", delivery, "--yes").exit_code == 1
    assert "lead.captured" in shell.ok("deliveries", "list", "--status", "delivered")
    assert shell.ok("event-types", "list").count("\n") > 20


def test_nothing_from_outside_moves_the_terminal(shell: Shell) -> None:
    shell.ok("send", "lead.captured", "--body", '{"name": "\\u001b[2Jgone"}')
    event = shell.json("events", "list")[0]["id"]
    said = shell.ok("events", "get", event)
    assert "gone" in said
    assert "\x1b" not in said


# Configuration

FILE = """
event_types: {}
webhooks:
  crm:
    name: CRM
    url: %s
    event_types: [lead.captured]
    headers: {X-Team: sales}
actions:
  mail:
    channel: email
    name: Mail sales
    event_types: [lead.captured]
    email_to: [sales@example.com]
"""


def test_a_file_is_applied_and_compared_and_exported(
    shell: Shell, receiver: Receiver, tmp_path: Path
) -> None:
    file = tmp_path / "hookline.yaml"
    file.write_text(FILE % receiver.url)
    new = shell("diff", "-f", str(file))
    assert (new.exit_code, new.stdout) == (1, "+ webhook crm\n+ action mail\n")
    said = shell.ok("apply", "-f", str(file))
    assert "webhook crm: created. Its signing secret: whsec_" in said
    assert "action mail: created." in said
    same = "Everything is as the file says.\n"
    assert shell.ok("diff", "-f", str(file)) == same
    assert shell.ok("apply", "-f", str(file)) == same

    exported = tmp_path / "exported.yaml"
    shell.ok("export", "-o", str(exported))
    found = yaml.safe_load(exported.read_text())
    assert set(found["webhooks"]["crm"]) == {"name", "url", "event_types", "headers"}
    assert found["actions"]["mail"]["email_to"] == ["sales@example.com"]
    assert shell.ok("diff", "-f", str(exported)) == same

    file.write_text((FILE % receiver.url).replace("name: CRM", "name: New\n    rate_limit: 3"))
    changed = shell("diff", "-f", str(file))
    assert changed.exit_code == 1
    assert "name: 'CRM' → 'New'" in changed.stdout
    assert "rate_limit: None → 3" in changed.stdout
    shell.ok("apply", "-f", str(file))
    crm = shell.json("webhooks", "get", "key:crm")
    assert (crm["name"], crm["rate_limit"], list(crm["headers"])) == ("New", 3, ["X-Team"])
    file.write_text(FILE % receiver.url)
    shell.ok("apply", "-f", str(file))
    assert shell.json("webhooks", "get", "key:crm")["rate_limit"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("webhook: {}", "'webhook' is unknown"),
        ("webhooks: [1]", "must map keys"),
        ("webhooks: {crm: 1}", "must be an object"),
        ("[1]", "must hold an object"),
        ("a: b: c", "neither JSON nor YAML"),
        ("webhooks: {crm: {name: CRM}}", "url"),
    ],
)
def test_a_file_that_is_wrong(shell: Shell, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "hookline.yaml"
    file.write_text(text)
    result = shell("apply", "-f", str(file))
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert shell.json("webhooks", "list") == []
