"""Which local URL each event type goes to."""

import pytest

from hookline.cli.listen.routes import routes_of

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("target", "path", "url"),
    [
        ("3000", "", "http://localhost:3000/"),
        (":3000", "", "http://localhost:3000/"),
        ("3000/a/b", "", "http://localhost:3000/a/b"),
        ("3000", "hooks", "http://localhost:3000/hooks"),
        ("shop.test:8080/hooks?a=1", "", "http://shop.test:8080/hooks?a=1"),
        ("https://shop.test", "/hooks", "https://shop.test/hooks"),
    ],
)
def test_a_target_can_be_short(target: str, path: str, url: str) -> None:
    assert routes_of(target, path, ()).url_for("lead.captured") == url
    assert routes_of(None, "", [f"*={url}"]).url_for("lead.captured") == url


def test_the_first_map_that_fits_counts_and_the_rest_goes_to_the_default() -> None:
    routes = routes_of(
        "3000/all", "", ["lead.captured=4000", "lead.*,task.created=/leads?a=b", "lead.*=5000"]
    )
    assert {name: routes.url_for(name) for name in ("lead.captured", "lead.updated")} == {
        "lead.captured": "http://localhost:4000/",
        "lead.updated": "http://localhost:3000/leads?a=b",
    }
    assert routes.url_for("task.created") == "http://localhost:3000/leads?a=b"
    for other in ("task.updated", "lead", "leads.captured", "webhook.ping"):
        assert routes.url_for(other) == "http://localhost:3000/all"
    assert routes.event_types() == ["*", "lead.captured", "lead.*", "task.created"]


def test_without_a_default_only_what_is_mapped_is_asked_for() -> None:
    routes = routes_of(None, "", ["lead.*=3000", "task.created,lead.*=4000"])
    assert routes.event_types() == ["lead.*", "task.created"]
    assert routes.main == "http://localhost:3000/"
    assert routes.url_for("webhook.ping") == routes.main  # a test of someone in the dashboard


def test_mapped_types_are_asked_for_beside_the_chosen_ones() -> None:
    routes = routes_of("3000", "", ["subscription.failing=4000", "lead.*=5000"])
    assert routes.event_types() == ["*", "subscription.failing", "lead.*"]
    assert routes.event_types(["lead.*", "task.created"]) == [
        "lead.*",
        "task.created",
        "subscription.failing",
    ]
