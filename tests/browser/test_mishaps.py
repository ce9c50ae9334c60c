"""What goes wrong around a page: other tabs, lost sessions, impatient clicks, reloads."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.product import Product

CLICK_AND_CLICK_AGAIN = "button => { button.click(); setTimeout(() => button.click(), 20); }"


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def fill(page: Page, product: Product, name: str) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("lead.captured").check()


def test_an_impatient_click_and_a_reload_make_no_second_webhook(
    page: Page, product: Product
) -> None:
    fill(page, product, "Only once")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="Save").evaluate(CLICK_AND_CLICK_AGAIN)
    expect(page.get_by_label("Signing secret")).to_be_visible()
    assert sent.count("POST") == 1
    page.reload()
    expect(page.get_by_text("was shown once")).to_be_visible()
    page.goto("/webhooks/")
    expect(row(page, "Only once")).to_have_count(1)


def test_another_tab_in_the_other_mode_changes_nothing_here(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(errors="400|409")
    fill(page, product, "Neither here nor there")
    other = page.context.new_page()
    other.goto("/webhooks/")
    switch = other.locator("form.mode")
    watching = page.context.new_page()
    watching.goto("/events/")
    watching.locator("#stream tbody tr").first.wait_for()
    switch.get_by_role("button", name="Test").click()
    expect(other.get_by_text("No webhooks in test mode yet")).to_be_visible()

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("switched organisation or mode")).to_be_visible()
    expect(watching.get_by_role("alert")).to_contain_text("in another tab")
    expect(watching.locator("#stream")).to_contain_text("lead.captured")
    watching.get_by_role("button", name="Reload").click()
    expect(watching.get_by_text("No event in test mode yet")).to_be_visible()

    other.reload()
    expect(other.get_by_text("No webhooks in test mode yet")).to_be_visible()
    switch.get_by_role("button", name="Live").click()
    expect(row(other, "Neither here nor there")).to_have_count(0)


def test_what_is_gone_opens_no_empty_drawer(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(errors="404|401")
    fill(page, product, "Soon gone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    other = page.context.new_page()
    other.goto(page.url + "/delete")
    page.goto("/webhooks/")
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_text("Soon gone was deleted.")).to_be_visible()
    row(page, "Soon gone").get_by_role("link", name="Logs").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("This no longer exists")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    assert page.url == f"{product.url}/webhooks/"
    page.context.clear_cookies()
    row(page, "Demo receiver").get_by_role("button", name="Test").click()
    expect(toast).to_contain_text("You have been logged out")
    toast.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
