"""Actions: created with a live preview, tested, copied, deleted."""

import re
from collections.abc import Callable

from playwright.sync_api import Dialog, Page, expect

from tests.browser.product import Product


def test_an_action_is_made_with_what_it_would_have_matched_in_sight(
    page: Page, product: Product
) -> None:
    page.goto("/actions/new")
    page.get_by_label("Name").fill("Ada to the CRM")
    page.get_by_label("Event", exact=True).select_option("lead.captured")
    preview = page.locator("#preview-result")
    expect(preview).to_contain_text("100 of the last 100")
    page.get_by_label("Field", exact=True).fill("lead.email")
    page.get_by_label("Operator").select_option("starts_with")
    page.get_by_label("Value").fill("ada@")
    expect(preview).not_to_contain_text("100 of the last 100")
    expect(preview).to_contain_text("starts with ada@: it is")
    page.get_by_role("button", name="Add condition").click()
    expect(page.get_by_label("Field", exact=True)).to_have_count(2)
    expect(page.get_by_label("Field", exact=True).first).to_have_value("lead.email")
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Signing secret").input_value().startswith("whsec_")
    page.goto("/actions/")
    card = page.locator(".card", has_text="Ada to the CRM")
    card.get_by_role("button", name="Test").click()
    expect(card.get_by_role("status").locator(".badge.delivered")).to_be_visible()

    card.get_by_role("button", name="Duplicate Ada to the CRM").click()
    expect(page.get_by_text("The copy stays off")).to_be_visible()
    page.goto("/actions/")
    copy = page.locator(".card", has_text="Copy of Ada to the CRM")
    expect(copy.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    copy.get_by_role("link", name="Delete Copy of Ada").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Copy of Ada to the CRM was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Copy of Ada to the CRM", exact=True)).to_be_visible()


def test_what_matches_is_in_sight_while_editing(page: Page) -> None:
    page.goto("/actions/")
    card = page.locator(".card", has_text="New lead to the CRM")
    card.get_by_role("link", name="Edit New lead to the CRM").click()
    page.get_by_label("Name").fill("New lead, renamed")
    expect(page.locator("#preview-result")).to_contain_text("real events")
    expect(page.get_by_role("heading", name="Edit New lead to the CRM")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("New lead, renamed")


def test_enter_in_a_field_saves(page: Page, product: Product) -> None:
    page.goto("/actions/new")
    page.get_by_label("Event", exact=True).select_option("booking.confirmed")
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("Name").fill("Saved by Enter")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Saved by Enter: created")


def test_an_action_is_made_and_changed_over_the_list(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(errors="422")
    page.goto("/actions/")
    page.get_by_role("link", name="New action").click()
    drawer = page.get_by_role("dialog", name="New action")
    expect(drawer.get_by_role("heading", name="New action")).to_be_visible()
    expect(page).to_have_url(re.compile("/actions/new$"))
    expect(drawer.get_by_label("Name")).to_be_focused()
    drawer.get_by_label("Name").fill("Made over the list")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_role("alert")).to_contain_text("Not saved")
    expect(drawer.get_by_label("Name")).to_have_value("Made over the list")
    drawer.get_by_role("alert").get_by_role("link", name="URL").click()
    expect(drawer.get_by_label("URL")).to_be_focused()
    expect(page).to_have_url(re.compile("/actions/new$"))
    drawer.get_by_label("Event", exact=True).select_option("lead.captured")
    drawer.get_by_role("button", name="Add condition").click()
    expect(drawer.get_by_label("Field", exact=True)).to_have_count(2)
    expect(page).to_have_title(re.compile("^Actions "))
    drawer.get_by_label("URL").fill(product.inbox)
    # Enter, which clicks the first button, and two impatient clicks.
    drawer.locator("form").evaluate(
        "form => ['#save-first', '#save', '#save'].forEach(id => form.querySelector(id).click())"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Made over the list: created")

    page.goto("/actions/")
    expect(page.locator(".card", has_text="Made over the list")).to_have_count(1)
    page.get_by_role("link", name="Edit Made over the list").click()
    drawer = page.get_by_role("dialog", name="Edit Made over the list")
    drawer.get_by_label("Name").fill("Changed over the list")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/actions/$"))
    expect(page.locator(".card", has_text="Changed over the list")).to_have_count(1)


def test_what_was_typed_in_the_drawer_is_not_lost_by_a_slip(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("link", name="New webhook").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill("Typed")
    asked = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", stay)
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(drawer.get_by_label("Name")).to_have_value("Typed")
    drawer.get_by_role("button", name="Cancel").click()
    expect(drawer.get_by_label("Name")).to_have_value("Typed")
    page.go_back()
    expect(drawer.get_by_label("Name")).to_have_value("Typed")
    expect(page).to_have_url(re.compile("/webhooks/new$"))
    assert asked == ["Discard what you typed?"] * 5

    page.remove_listener("dialog", stay)
    page.on("dialog", lambda dialog: dialog.accept())
    drawer.get_by_role("button", name="Cancel").click()
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(re.compile("/webhooks/$"))


def test_a_digest_is_shown_in_the_drawer(page: Page) -> None:
    page.goto("/actions/")
    page.get_by_role("link", name="New action").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill("Digest")
    drawer.get_by_label("Send an e-mail").check()
    drawer.get_by_label("How often").select_option("daily")
    drawer.get_by_text("Preview", exact=True).click()
    drawer.get_by_role("button", name="Show preview").click()
    expect(
        drawer.frame_locator("iframe[name=digest-preview]").get_by_text("Conversations").first
    ).to_be_visible()
    expect(drawer.get_by_label("Name")).to_have_value("Digest")
