"""The inspector: a delivery beside the list, by mouse and by keyboard, and all that is in it."""

import json
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.product import Product
from tests.browser.test_accessibility import findings
from tests.browser.test_recovery import answer, endpoint
from tests.support.servers import PATIENCE, wait_until

EXACT = (
    '{"id":"lead_1","name":"Zoë 寿","email":"zoe@example.com","n":1.10,"big":12345678901234567890}'
)
WIDE: ViewportSize = {"width": 1440, "height": 900}


def pane(page: Page) -> Locator:
    return page.get_by_role("region", name="Delivery", exact=True)


def send(product: Product, data: str) -> None:
    requests.post(
        f"{product.url}/api/v1/events",
        data=f'{{"type":"lead.captured","data":{data}}}'.encode(),
        headers={
            "Authorization": f"Bearer {product.demo.api_key}",
            "Content-Type": "application/json",
        },
        timeout=PATIENCE,
    ).raise_for_status()


def open_line(page: Page, path: str, text: str) -> None:
    """The newest with that text, once it is there."""
    line = page.locator(".logged", has_text=text).first
    wait_until(lambda: bool(page.goto(path)) and line.is_visible())
    line.click()


def test_one_click_from_the_list_to_the_response_of_the_last_failure(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(viewport=WIDE)
    page.goto("/deliveries/?status=failed")
    line = page.locator(".logged", has_text="503").first
    box = line.bounding_box()
    assert box is not None
    line.click(position={"x": box["width"] / 2, "y": box["height"] - 4})
    response = pane(page).get_by_role("group", name="Response to attempt 1")
    expect(response).to_contain_text("Service Unavailable")
    expect(response).to_be_in_viewport()
    expect(pane(page).locator(".verdict")).to_contain_text("The receiver is down or overloaded")


def test_lines_tell_themselves_apart(page: Page, product: Product) -> None:
    send(product, EXACT)
    page.goto("/deliveries/?text=Zoë")
    expect(page.locator(".logged .what").first).to_have_text("Zoë 寿 · zoe@example.com")


def test_the_keyboard_walks_through_the_list_and_back(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    page.goto("/deliveries/?status=failed")
    links = page.locator(".go")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    expect(pane(page)).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    second = links.nth(1).get_attribute("href")
    expect(pane(page).locator(".delivery")).to_be_visible()
    expect(page).to_have_url(f"{product.url}{second}")
    expect(links.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowDown")
    third = (links.nth(2).get_attribute("href") or "").partition("?")[0].rpartition("/")[2]
    expect(pane(page).locator(f"#delivery-{third}")).to_be_visible()
    page.keyboard.press("k")
    expect(links.nth(1)).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(f"{product.url}{second}")
    page.keyboard.press("Escape")
    expect(pane(page)).to_be_hidden()
    page.wait_for_url("**/deliveries/?status=failed")
    expect(links.nth(1)).to_be_focused()


def test_a_reload_and_a_link_show_the_same_beside_the_same_list(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(viewport=WIDE)
    page.goto("/deliveries/?status=failed")
    page.locator(".go").nth(3).click()
    expect(pane(page).locator(".delivery")).to_be_visible()
    title = pane(page).get_by_role("heading", level=2).inner_text()
    page.reload()
    expect(pane(page).get_by_role("heading", level=2)).to_have_text(title)
    expect(page.locator(".go").nth(3)).to_have_attribute("aria-current", "true")
    expect(page.locator(".go > .badge.delivered")).to_have_count(0)
    pane(page).get_by_role("button", name="Close this delivery").click()
    expect(pane(page)).to_be_hidden()
    page.wait_for_url("**/deliveries/?status=failed")


def test_back_leaves_the_delivery_and_stays_in_the_list(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    page.goto("/deliveries/?status=failed")
    links = page.locator(".go")
    for link in (links.nth(0), links.nth(1)):
        link.click()
        expect(link).to_have_attribute("aria-current", "true")
        expect(page).to_have_url(f"{product.url}{link.get_attribute('href')}")
    page.go_back()
    expect(pane(page)).to_be_hidden()
    page.wait_for_url("**/deliveries/?status=failed")
    page.go_forward()
    expect(pane(page).locator(".delivery")).to_be_visible()


def test_the_request_is_shown_exactly_copied_and_checked(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    send(product, EXACT)
    open_line(page, "/deliveries/?status=delivered&text=Zoë", "Demo receiver")
    body = pane(page).get_by_role("group", name="Body")
    expect(body.locator(".n", has_text="1.10")).to_be_visible()
    expect(body).to_contain_text("12345678901234567890")
    body.locator("summary", has_text='"data"').click()
    expect(body.locator(".n", has_text="1.10")).to_be_hidden()

    pane(page).get_by_role("link", name="Copy body").click()
    expect(pane(page).get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert EXACT in copied
    assert json.loads(copied)["type"] == "lead.captured"
    pane(page).get_by_role("link", name="Copy as cURL").click()
    expect(pane(page).get_by_text("Copied").last).to_be_visible()
    wait_until(lambda: page.evaluate("navigator.clipboard.readText()").startswith("curl"))
    command = page.evaluate("navigator.clipboard.readText()")
    assert product.inbox in command
    assert "webhook-signature: v1," in command

    pane(page).get_by_role("link", name="Check signature").click()
    assert EXACT in page.get_by_label("Body").input_value()
    page.get_by_label("Signing secret").fill("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    page.get_by_role("button", name="Check signature").click()
    expect(page.locator("#result")).to_contain_text("not verified")


def test_each_attempt_has_its_parts_its_connection_and_its_response(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    inbox = endpoint(page, "Looked into")
    answer(page, inbox, 401)
    send(product, EXACT)
    open_line(page, "/deliveries/?status=retrying", "Looked into")
    detail = pane(page)
    expect(detail.locator(".verdict")).to_contain_text(
        "The receiver does not accept the credentials (401)."
    )
    expect(detail.locator(".verdict")).to_contain_text("then press Retry now")
    newest = detail.locator(".attempt").first
    expect(newest.get_by_role("table", name="Where the time went in attempt 1")).to_contain_text(
        "Wait for the first byte"
    )
    expect(newest).to_contain_text("127.0.0.1")
    expect(newest).to_contain_text("HTTP/1.1, not encrypted")
    expect(newest.locator("svg.waterfall rect")).not_to_have_count(0)

    answer(page, inbox, 503)
    open_line(page, "/deliveries/?status=retrying", "Looked into")
    detail.get_by_role("button", name="Retry now").click()
    expect(detail.locator(".attempt")).to_have_count(2)
    older = detail.locator(".attempt").nth(1)
    expect(older.locator("details").first).not_to_have_attribute("open", "")
    older.locator("summary").first.click()
    expect(older.get_by_role("heading", name="Response")).to_be_visible()
    detail.get_by_role("link", name="Compare with attempt 1").click()
    difference = detail.get_by_role("group", name="Differences")
    expect(difference.locator("del", has_text="401")).to_be_visible()
    expect(difference.locator("ins", has_text="503")).to_be_visible()
    assert findings(page) == []
    page.goto(page.url.partition("?")[0] + "/attempts/2/comparison")
    expect(page.get_by_role("group", name="Differences")).to_be_visible()
    assert findings(page) == []


def test_a_replay_is_seen_to_arrive_and_leads_back(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    send(product, EXACT)
    open_line(page, "/deliveries/?status=delivered&text=Zoë", "Demo receiver")
    pane(page).get_by_role("button", name="Replay").click()
    expect(pane(page).locator(".outcome .badge.delivered")).to_be_visible()
    pane(page).get_by_role("link", name="View details").click()
    lineage = pane(page).get_by_role("navigation", name="Sent 2 times")
    expect(lineage.get_by_role("link", name="replay")).to_have_attribute("aria-current", "true")
    lineage.get_by_role("link", name="first sent").click()
    expect(pane(page).get_by_text("Replayed")).to_be_visible()


def test_on_a_phone_the_delivery_stands_above_the_list(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    page.goto("/deliveries/?status=failed")
    page.locator(".logged").nth(2).click()
    expect(pane(page).get_by_role("heading", level=2)).to_be_in_viewport()
    gap = pane(page).evaluate(
        "pane => document.querySelector('.lines').getBoundingClientRect().top"
        " - pane.getBoundingClientRect().bottom"
    )
    assert gap >= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(pane(page)).to_be_hidden()


@pytest.mark.parametrize("viewport", [WIDE, {"width": 390, "height": 844}])
def test_what_is_new_waits_until_it_is_asked_for(
    open_page: Callable[..., Page], product: Product, viewport: ViewportSize
) -> None:
    page = open_page(viewport=viewport)
    page.goto("/deliveries/?event_type=lead.captured")
    first = page.locator(".logged").first
    before = first.get_attribute("id"), first.bounding_box()
    send(product, EXACT)
    newer = page.get_by_role("link", name="Show").filter(has_text="new")
    expect(newer).to_be_visible()
    assert (first.get_attribute("id"), first.bounding_box()) == before
    newer.click()
    expect(page.locator(".logged .what").first).to_have_text("Zoë 寿 · zoe@example.com")
    expect(newer).to_have_count(0)
    page.get_by_role("link", name="Follow live").click()
    expect(page.get_by_role("link", name="Pause")).to_be_visible()
    send(product, EXACT.replace("Zoë", "Zacharias"))
    expect(page.locator(".logged .what").first).to_contain_text("Zacharias")


def test_a_choice_survives_while_deliveries_come(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    page.goto("/deliveries/?event_type=lead.captured")
    page.locator("input[name=delivery_id]").nth(1).check()
    send(product, EXACT)
    page.wait_for_timeout(4000)
    expect(page.locator("input[name=delivery_id]").nth(1)).to_be_checked()
    expect(page.get_by_role("button", name="Replay 1 selected")).to_be_enabled()


def test_an_endpoint_says_how_it_is_doing_and_a_bar_leads_to_its_deliveries(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(viewport=WIDE)
    inbox = endpoint(page, "Unwell")
    answer(page, inbox, 404)
    send(product, EXACT)
    row = page.get_by_role("row").filter(has_text="Unwell")
    failing = row.get_by_text("failing")
    wait_until(lambda: bool(page.goto("/webhooks/")) and failing.is_visible(), every=0.3)
    expect(row.locator(".health")).to_contain_text("The endpoint answered 404")
    row.get_by_role("link", name="Unwell", exact=True).click()
    expect(page.get_by_text("It has been failing since")).to_contain_text("404")
    expect(page.get_by_role("heading", name="Last 24 hours")).to_be_visible()
    page.locator(".chart a").last.click()
    page.wait_for_url("**/deliveries/?since=*")
    expect(page.locator(".logged", has_text="Unwell").first).to_be_visible()
    expect(page.locator(".logged", has_text="Demo receiver")).to_have_count(0)
