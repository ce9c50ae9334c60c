"""Every kind of problem of the API is a typed error."""

import pytest

from hookline import (
    BadRequest,
    ChangedMeanwhile,
    Conflict,
    Forbidden,
    Hookline,
    Invalid,
    NotFound,
    Problem,
    RateLimited,
    ServerError,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from hookline.errors import BY_KIND, BY_STATUS, problem
from tests.support.product import Product
from webhooks_app.api.problem_kinds import PROBLEM_KINDS


@pytest.mark.quick
@pytest.mark.parametrize("kind", PROBLEM_KINDS)
def test_each_kind_has_the_class_of_its_status(kind: str) -> None:
    status = PROBLEM_KINDS[kind].status
    error = problem({"type": f"/docs/api#{kind}", "status": status}, status, None)
    fallback = ServerError if status >= 500 else BadRequest
    assert isinstance(error, BY_STATUS.get(status, fallback))
    assert (error.kind, error.status) == (kind, status)


@pytest.mark.quick
def test_no_kind_is_named_that_does_not_exist() -> None:
    assert set(BY_KIND) <= set(PROBLEM_KINDS)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("status", "kind"), [(418, BadRequest), (429, RateLimited), (599, ServerError)]
)
def test_a_kind_that_is_new_has_the_class_of_its_status(status: int, kind: type[Problem]) -> None:
    assert type(problem({"type": "/docs/api#new"}, status, None)) is kind


def test_faults_say_what_is_wrong_and_where(hookline: Hookline) -> None:
    with pytest.raises(Invalid) as raised:
        hookline.webhooks.create(name="CRM", url="ftp://x", event_types=["lead.caught"])
    error = raised.value
    assert {one.where for one in error.errors} == {"#/url", "#/event_types/0"}
    assert error.kind == "invalid-request"
    assert error.request_id
    assert str(error) == error.detail != ""


def test_a_parameter_is_named(hookline: Hookline) -> None:
    with pytest.raises(Invalid) as raised:
        [*hookline.deliveries.list(status_code="9xx")]
    assert [one.parameter for one in raised.value.errors] == ["status_code"]


def test_what_is_not_there(hookline: Hookline) -> None:
    with pytest.raises(NotFound):
        hookline.webhooks.get("whk_none")


def test_a_key_that_is_unknown(product: Product) -> None:
    with Hookline("hk_test_unknown", product.url) as client, pytest.raises(Unauthorized):
        client.whoami()


def test_a_key_that_may_not(product: Product) -> None:
    with Hookline(product.key(scopes=["events:read"]), product.url) as client:
        with pytest.raises(Forbidden, match="events:write") as raised:
            client.events.send("lead.captured", {})
        assert raised.value.kind == "insufficient-scope"


def test_a_change_by_somebody_else(hookline: Hookline) -> None:
    made = hookline.webhooks.create(
        name="CRM", url="https://crm.example.com/", event_types=["lead.captured"], enabled=False
    )
    before = hookline.webhooks.get(made.id)
    hookline.webhooks.update(made.id, name="Changed by Ada")
    with pytest.raises(ChangedMeanwhile) as raised:
        hookline.webhooks.update(made.id, name="Changed by Eva", if_match=before)
    assert raised.value.current is not None
    assert raised.value.current["name"] == "Changed by Ada"
    now = hookline.webhooks.get(made.id)
    assert hookline.webhooks.update(made.id, name="Eva", if_match=now).name == "Eva"


def test_a_state_that_does_not_allow_it(hookline: Hookline) -> None:
    made = hookline.webhooks.create(
        name="CRM", url="https://crm.example.com/", event_types=["lead.captured"], enabled=False
    )
    with pytest.raises(Conflict):
        hookline.webhooks.pause(made.id)


def test_a_page_of_a_proxy_is_no_problem_of_the_api(product: Product) -> None:
    client = Hookline("hk_test_x", f"{product.url}/docs")
    with pytest.raises(UnexpectedAnswer, match="not from the API") as raised:
        client.whoami()
    assert raised.value.status == 404


def test_unavailable_is_a_server_error() -> None:
    assert issubclass(Unavailable, ServerError)
