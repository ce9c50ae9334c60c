"""A form and what it will do beside it; on a phone that is folded. From Test to Live."""

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.product import Product

PHONE = {"width": 390, "height": 800}


def test_the_request_follows_what_is_chosen(page: Page) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("lead.captured").check()
    happens = page.locator("#will-happen")
    expect(happens).to_contain_text("100 of the last 100")
    expect(happens).to_contain_text("webhook-signature")
    page.get_by_label("Preset").select_option("pivra")
    expect(happens).to_contain_text("X-Pivra-Signature-256")
    page.get_by_label("URL").fill("https://crm.example/hook")
    expect(happens).to_contain_text("POST https://crm.example/hook")
    happens.get_by_label("Show it for").select_option("sample")
    expect(happens.get_by_role("group", name="Body of the request")).to_contain_text("Maya")
    assert Axe().run(page).response["violations"] == []


def test_only_what_concerns_the_choice_is_shown(page: Page) -> None:
    page.goto("/actions/new")
    changed = page.get_by_label("Only when one of these fields changed")
    expect(changed).to_be_hidden()
    page.get_by_label("Event", exact=True).select_option("lead.updated")
    expect(changed).to_be_visible()
    expect(page.get_by_label("ID", exact=True)).to_be_hidden()
    page.get_by_label("About").select_option("chatbot")
    expect(page.get_by_label("ID", exact=True)).to_be_visible()
    expect(page.get_by_label("Value")).to_be_hidden()
    page.get_by_label("Operator").select_option("equals")
    expect(page.get_by_label("Value")).to_be_visible()
    page.get_by_label("Send an e-mail").check()
    mail = page.frame_locator("iframe[title='The e-mail']")
    expect(mail.get_by_text("Maya").first).to_be_visible()
    page.get_by_label("How often").select_option("daily")
    expect(page.get_by_label("Event", exact=True)).to_be_hidden()
    expect(page.get_by_text("Add condition")).to_be_hidden()
    assert Axe().run(page).response["violations"] == []


def test_a_field_of_the_event_becomes_a_condition(page: Page) -> None:
    page.goto("/webhooks/new?event_type=lead.captured")
    happens = page.locator("#will-happen")
    happens.get_by_label("Show it for").select_option("sample")
    expect(happens.get_by_role("group", name="Body of the request")).to_contain_text("Maya")
    happens.get_by_text("Add a condition from this event").click()
    happens.get_by_role("button", name="Only when source equals chat_widget").click()
    fields = page.get_by_label("Field", exact=True)
    expect(fields).to_have_count(2)
    expect(fields.first).to_have_value("source")
    expect(page.get_by_label("Value").first).to_have_value("chat_widget")


def test_one_tick_takes_a_group_of_events(page: Page) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("All 10 of Chat").check()
    ticked = page.locator("#event_types details:has([data-group]:checked) [name=event_types]")
    expect(ticked).to_have_count(10)
    for one in ticked.all():
        expect(one).to_be_checked()
    page.get_by_label("lead.captured").uncheck()
    expect(page.get_by_label("All 10 of Chat")).not_to_be_checked()


def test_on_a_phone_it_is_folded_and_nothing_scrolls_sideways(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(viewport=PHONE)
    page.goto("/webhooks/new?event_type=lead.captured")
    happens = page.locator("#will-happen")
    expect(happens).to_be_hidden()
    page.get_by_text("What will happen").click()
    expect(happens).to_contain_text("webhook-signature")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_webhook_is_copied_from_test_to_live(page: Page, product: Product) -> None:
    page.goto("/webhooks/")
    page.get_by_role("navigation", name="Mode").get_by_role("link", name="Test").click()
    page.wait_for_url("**/test/webhooks/")
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill("Tried out")
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="Copy to Live").click()
    expect(page.get_by_text("a new one")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Copy to Live").click()
    expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
    page.goto("/webhooks/")
    copy = page.get_by_role("row").filter(has_text="Tried out")
    expect(copy.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("Test mode: separate")).to_have_count(0)
    page.get_by_role("navigation", name="Mode").get_by_role("link", name="Test").click()
    page.get_by_role("link", name="Delete Tried out").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No webhooks in test mode yet")).to_be_visible()
