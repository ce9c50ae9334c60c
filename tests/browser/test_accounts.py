"""People: invited by mail, joined, switched, logged out elsewhere; a password forgotten."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.forms import submit


def test_someone_is_invited_by_mail_joins_and_only_reads(open_page: Callable[..., Page]) -> None:
    owner = open_page()
    owner.goto("/members/")
    owner.get_by_label("E-mail to invite").fill("new@people.example")
    submit(owner.get_by_role("button", name="Invite"))
    guest = open_page(None, errors="403")
    guest.goto(link_mailed(owner, "new@people.example"))
    guest.get_by_label("Name").fill("New Person")
    for field in guest.locator("input[type=password]").all():
        field.fill("correct horse battery")
    submit(guest.get_by_role("button", name="Join"))
    guest.goto("/webhooks/")
    expect(guest.get_by_role("row").filter(has_text="Warehouse")).to_be_visible()
    expect(guest.get_by_role("link", name="New webhook")).to_have_count(0)
    expect(guest.get_by_role("switch")).to_have_count(0)
    guest.goto("/webhooks/new")
    expect(guest.get_by_role("heading", name="Forbidden")).to_be_visible()


def test_a_forgotten_password_is_set_anew_by_a_mailed_link(open_page: Callable[..., Page]) -> None:
    owner = open_page()
    stranger = open_page(None)
    stranger.goto("/login")
    stranger.get_by_role("link", name=re.compile("orgot")).click()
    stranger.get_by_label("E-mail").fill("viewer@example.com")
    submit(stranger.get_by_role("button").filter(has_text=re.compile("link|mail|Send")))
    stranger.goto(link_mailed(owner, "viewer@example.com"))
    for field in stranger.locator("input[type=password]").all():
        field.fill("a new long password")
    submit(stranger.locator("main button").first)
    stranger.goto("/login")
    stranger.get_by_label("E-mail").fill("viewer@example.com")
    stranger.get_by_label("Password").fill("a new long password")
    stranger.get_by_role("button", name="Log in").click()
    stranger.wait_for_url("**/")


def test_another_session_is_ended_from_the_account_page(open_page: Callable[..., Page]) -> None:
    here, elsewhere = open_page(), open_page()
    here.goto("/account/")
    submit(here.get_by_role("button", name=re.compile("all others|everywhere else|others")))
    elsewhere.goto("/webhooks/")
    expect(elsewhere.get_by_role("heading", name="Log in")).to_be_visible()
    here.goto("/webhooks/")
    expect(here.get_by_role("heading", name="Webhooks")).to_be_visible()


def link_mailed(operator: Page, to: str) -> str:
    """The link in the newest mail to that address, as the outbox shows it."""
    operator.goto("/outbox/")
    operator.get_by_role("row").filter(has_text=to).first.get_by_role("link").first.click()
    text = operator.locator("main pre").text_content()  # folded below the mail
    found = re.search(r"https?://\S+", text or "")
    assert found
    return found[0]
