"""Each example of the API's reference runs as printed, with ids of existing objects."""

import os
import re
import subprocess
from collections.abc import Mapping

import pytest
import requests

from tests.server.conftest import Site, site  # noqa: F401 - a fixture
from webhooks_app.web.reference import OPERATIONS, Operation

CHATBOT_WEBHOOK = {
    "name": "CRM",
    "url": "https://crm.example.com/hooks",
    "eventTypes": ["LEAD_CREATED"],
}
WEBHOOK = {"name": "CRM", "url": CHATBOT_WEBHOOK["url"], "event_types": ["lead.captured"]}
TYPE = {"name": "order.paid", "sample": {"id": "ord_1"}}
CHANGED_NAME = {"create-event-type": "order.refunded"}


def real_ids(site: Site, slug: str) -> Mapping[str, str]:  # noqa: F811
    """The ids in the examples, and those of new objects to replace them."""

    def post(path: str, body: object) -> dict[str, str]:
        url, headers = f"{site.url}/api/v1{path}", site.authorization
        answer = requests.post(url, json=body, headers=headers, timeout=30)
        return answer.json()  # type: ignore[no-any-return]

    post("/event-types", TYPE)
    in_a_chatbot = "chatbot" in slug
    webhook = (
        post("/chatbots/bot_1/webhooks", CHATBOT_WEBHOOK)["webhook"]
        if in_a_chatbot
        else post("/webhooks", WEBHOOK)
    )
    webhook_id = webhook["id"]  # type: ignore[index]
    action_id = post("/actions", WEBHOOK)["id"]
    delivery = post(f"/webhooks/{webhook_id}/test", {"event_type": "lead.captured"})
    event_id = post("/events", {"type": "lead.captured", "data": {"name": "Ada"}})["id"]
    replay_id = post("/replays", {"delivery_ids": [delivery["id"]]})["id"]
    return {
        "evt_06gvpml7cj579nme4baogimovo": event_id,
        "rpl_06gvpml7cj579nme4baogimovo": replay_id,
        "whk_06gvpml7cj579nme4baogimovo": webhook_id,
        "msg_06gvpml7cj579nme4baogimovo": delivery["id"],
        "act_06gvpml7cj579nme4baogimovo": action_id,
        "$HOOKLINE_API_KEY": site.key,
    }


def example(source: str, language: str, ids: Mapping[str, str]) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)\n```", source, re.DOTALL)
    for shown, real in ids.items():
        code = code.replace(shown, real)
    return code


def statuses(operation: Operation) -> set[str]:
    return {status for status, _, _ in operation.answers()}


@pytest.mark.parametrize("language", ["bash", "python"])
def test_every_example_gets_the_answer_that_is_printed(
    site: Site,  # noqa: F811
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOOKLINE_API_KEY", site.key)
    for slug, operation in OPERATIONS.items():
        source = requests.get(f"{site.url}/docs/reference/{slug}.md", timeout=30).text
        code = example(source, language, real_ids(site, slug))
        if slug == "create-event-type":  # the example's type is already registered
            code = code.replace("order.paid", f"order.{language}")
        if language == "bash":
            command = re.sub(r"^curl ", "curl -sS -w '\\\\n%{http_code}' ", code)
            ended = subprocess.run(
                ["bash", "-c", command],
                capture_output=True,
                text=True,
                check=True,
                env=dict(os.environ),
            )
            said = ended.stdout.splitlines()[-1]
        else:
            exec(compile(code, slug, "exec"), {})
            said = capsys.readouterr().out[:3]
        assert said in statuses(operation), (slug, said, code)
