"""The palette, the keys and the theme."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import findings


def test_any_page_is_three_keys_away(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Go to")
    expect(palette.get_by_role("link", name="Deliveries")).to_be_visible()
    page.keyboard.type("old crm")
    expect(palette.get_by_role("link").first).to_contain_text("Old CRM")
    assert findings(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Old CRM", exact=True)).to_be_visible()


def test_the_palette_is_walked_by_arrows_and_closes_by_escape(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Search (Ctrl K)").click()
    palette = page.get_by_role("dialog", name="Go to")
    expect(palette.get_by_role("link", name="Overview")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("link").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_an_id_is_pasted_and_opened(page: Page) -> None:
    page.goto("/deliveries/")
    href = page.locator(".go").first.get_attribute("href") or ""
    page.goto("/")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Page, webhook").fill(href.rpartition("/")[2])
    expect(page.locator("#found a").first).to_have_attribute("href", href)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")


def test_slash_searches_and_a_question_mark_lists_the_keys(page: Page) -> None:
    page.goto("/deliveries/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.type("?")
    expect(page.get_by_label("Search", exact=True)).to_have_value("?")
    page.get_by_role("heading", name="Deliveries").click()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("next and previous delivery")
    assert findings(page) == []
    keys.get_by_role("button", name="Close").click()
    expect(keys).to_be_hidden()


def test_a_theme_is_put_on_at_once_and_kept(open_page: Callable[..., Page]) -> None:
    page = open_page(color_scheme="light")
    page.goto("/deliveries/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Your account").click()
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="Your account").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_save_stays_in_sight_in_the_drawer(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("link", name="New webhook").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").wait_for()
    save = drawer.get_by_role("button", name="Save").last
    expect(save).to_be_in_viewport()
    drawer.evaluate("drawer => drawer.scrollTo(0, drawer.scrollHeight / 2)")
    expect(save).to_be_in_viewport()
