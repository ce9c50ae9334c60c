"""Second factors in a real browser: an app's codes, and passkeys by a virtual authenticator."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from time import time
from typing import Any

import pyotp
import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.forms import submit
from tests.browser.product import Product
from tests.browser.test_accessibility import findings
from tests.browser.test_accounts import link_mailed
from tests.launch.instance import ROOT, environ

HOME = "/account/second-factor/"
PASSWORD = "correct horse battery"
# Console messages about a wrong code, and about a page that a member may not see yet.
REFUSED = "422|403"


@pytest.fixture
def at_localhost(open_page: Callable[..., Page], product: Product) -> Callable[..., Page]:
    """A page of a new member who was invited and joined, at the host that passkeys are bound to."""
    url = product.url.replace("127.0.0.1", "localhost")

    def join(email: str, **more: Any) -> Page:
        owner = open_page()
        owner.goto("/members/")
        owner.get_by_label("E-mail to invite").fill(email)
        owner.get_by_role("button", name="Invite").click()
        page = open_page(None, REFUSED, **{"base_url": url} | more)
        page.goto(link_mailed(owner, email).replace("127.0.0.1", "localhost"))
        page.get_by_label("Name").fill("New Person")
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        page.get_by_role("button", name="Join").click()
        page.wait_for_url("**/")
        return page

    return join


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """An authenticator that supports everything and says yes to all questions."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, made["authenticatorId"]


def log_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Log out", exact=True).first.click()
    page.wait_for_url("**/login")


def give_password(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def add_passkey(page: Page, name: str) -> list[str]:
    page.goto(HOME)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    return page.locator("#codes").inner_text().split()


def test_a_passkey_is_added_used_lost_and_replaced(
    at_localhost: Callable[..., Page], product: Product
) -> None:
    email = "passkey@people.example"
    page = at_localhost(email)
    cdp, device = authenticator(page)
    codes = add_passkey(page, "Work laptop")
    assert len(codes) == 10
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("cell", name="Work laptop")).to_be_visible()

    log_out(page)
    give_password(page, email)
    page.get_by_role("heading", name="One more step").wait_for()
    page.goto("/webhooks/")
    page.get_by_role("heading", name="One more step").wait_for()
    assert findings(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Webhooks").wait_for()

    log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    log_out(page)
    cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    give_password(page, email)
    page.get_by_label("Recovery code").fill(codes[3])
    submit(page.get_by_role("button", name="Log in", exact=True))
    page.goto(HOME)
    expect(page.get_by_text("9 of 10 are left")).to_be_visible()

    log_out(page)
    reset = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "reset-second-factor", email],
        env=environ(DATA_DIR=product.folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert reset.returncode == 0, reset.stderr
    give_password(page, email)
    page.wait_for_url("**/")


def test_a_passkey_that_the_device_refuses_says_so_and_loses_nothing(
    at_localhost: Callable[..., Page],
) -> None:
    page = at_localhost("refused@people.example")
    cdp, device = authenticator(page)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{HOME}passkeys/new")
    page.get_by_label("Name").fill("Laptop")
    cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    cdp.send("WebAuthn.disable")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Add passkey").click()
    expect(page).to_have_url(re.compile("passkeys/new$"))
    assert findings(page) == []


def test_at_another_address_the_page_says_where_passkeys_work(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page()
    page.goto(f"{HOME}passkeys/new")
    expect(page.get_by_text("Passkeys work at")).to_be_visible()
    expect(page.get_by_role("button", name="Add passkey")).to_be_hidden()
    expect(page.get_by_role("link", name="http://localhost")).to_be_visible()


def app_of(page: Page) -> pyotp.TOTP:
    page.get_by_text("Enter it by hand").click()
    return pyotp.TOTP(page.locator("#secret").input_value())


@pytest.mark.parametrize("scripts", [True, False])
def test_an_app_is_set_up_and_used_with_and_without_javascript(
    at_localhost: Callable[..., Page], scripts: bool
) -> None:
    email = f"app-{scripts}@people.example".lower()
    page = at_localhost(email, java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    page.goto(HOME)
    page.get_by_role("link", name="Set up an app").click()
    totp = app_of(page)
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    assert page.locator("#secret").input_value() == totp.secret
    page.get_by_label("Code", exact=True).fill(totp.now())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("link", name="I have saved them").click()
    log_out_without_menu(page)
    give_password(page, email)
    page.get_by_label("Code", exact=True).fill(totp.at(int(time()) + 30))
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/")


def log_out_without_menu(page: Page) -> None:
    page.goto("/account/")
    page.locator("form[action='/logout'] button").first.dispatch_event("click")
    page.wait_for_url("**/login")


@pytest.fixture
def stale(product: Product) -> Callable[[], None]:
    """Make all proofs more than 15 minutes old."""

    def age() -> None:
        with sqlite3.connect(product.folder / "hookline.db", timeout=15) as database:
            database.execute("UPDATE user_sessions SET authenticated_at = '2026-01-01 00:00:00'")

    return age


@pytest.mark.parametrize("scripts", [True, False])
def test_a_key_is_made_after_the_password_was_confirmed(
    open_page: Callable[..., Page], product: Product, stale: Callable[[], None], scripts: bool
) -> None:
    page = open_page(errors=REFUSED, java_script_enabled=scripts)
    page.goto("/api-keys/")
    stale()
    page.locator("main summary").first.click()
    page.get_by_label("Name").fill("Typed before")
    page.get_by_role("button", name=re.compile("Create")).click()
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Wrong password.")).to_be_visible()
    if scripts:
        assert findings(page) == []
    page.get_by_label("Password").fill(product.demo.owner.password)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Typed before")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_label("API key")).to_have_value(re.compile("hk_live_"))


def test_axe_finds_nothing_on_the_pages_of_a_second_factor(
    at_localhost: Callable[..., Page],
) -> None:
    page = at_localhost("axe@people.example", viewport={"width": 390, "height": 844})
    authenticator(page)
    found, wide = [], []

    def look() -> None:
        found.extend(findings(page))
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(page.url)

    for path in (HOME, f"{HOME}app", f"{HOME}passkeys/new", "/account/confirm/"):
        page.goto(path)
        look()
    add_passkey(page, "A passkey with a name that is as long as " + "W" * 100)
    look()
    for path in (HOME, f"{HOME}codes", f"{HOME}codes/renew", "/account/"):
        page.goto(path)
        look()
    page.goto(HOME)
    page.get_by_role("link", name="Remove").click()
    look()
    assert (found, wide) == ([], [])
