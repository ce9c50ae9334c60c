"""The chat simulator: what is written, what follows, and how it arrives, without a reload."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_conversation_is_played_and_its_deliveries_arrive(page: Page) -> None:
    page.goto("/simulator/")
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send as visitor").click()
    line = page.locator("#conversation li")
    expect(line.first).to_contain_text("conversation.started")
    page.evaluate("window.stayed = true")
    page.get_by_label("Message").fill("I am ada@example.com. Can I talk to a person?")
    page.get_by_role("button", name="Send as visitor").click()
    expect(line.nth(1)).to_contain_text("lead.captured")
    expect(line.nth(1)).to_contain_text("escalation.requested")
    expect(page.get_by_label("Message")).to_have_value("")
    expect(line.nth(1).locator(".badge.delivered").first).to_be_visible()
    page.get_by_label("Message").fill("Half a thought")
    page.get_by_role("button", name="Skip 30 minutes").click()
    expect(page.locator("#conversation")).to_contain_text("conversation.ended")
    expect(page.get_by_role("button", name="Skip 30 minutes")).to_have_count(0)
    expect(page.get_by_label("Message")).to_have_value("Half a thought")
    assert page.evaluate("window.stayed")


def test_what_is_being_typed_survives_a_refresh(page: Page) -> None:
    page.goto("/simulator/")
    page.get_by_label("Message").fill("ada@example.com")
    page.get_by_role("button", name="Send as visitor").click()
    page.get_by_label("Message").fill("Half a thought")
    expect(page.locator("#conversation .badge.delivered").first).to_be_visible()
    page.wait_for_timeout(2500)
    expect(page.get_by_label("Message")).to_have_value("Half a thought")


def test_an_empty_message_is_refused_beside_the_field(open_page: Callable[..., Page]) -> None:
    page = open_page(errors="422")
    page.goto("/simulator/")
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send as visitor").click()
    page.get_by_role("button", name="Reply as AI").click()
    expect(page.get_by_label("Message")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#conversation li")).to_have_count(1)


def test_a_message_is_tried_out_beneath_the_form(open_page: Callable[..., Page]) -> None:
    page = open_page(errors="422")
    page.goto("/settings/chat/")
    page.get_by_label("Try a message").fill("May I speak to a human?")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("asks for a human, by")
    page.get_by_label("A visitor asks for a human").fill("(")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("Fix the errors")
