"""`make screenshots`: every page at two widths, light and dark, into build/screenshots."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import LAUNCH
from tests.browser.pages import paths
from tests.browser.product import Product, started

MAILS = Path(__file__).parents[1] / "golden" / "emails"
MAIL_WIDTHS = (700, 390)
FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
TALLEST = 2200


def main() -> None:
    with TemporaryDirectory() as folder, started(Path(folder) / "data") as product:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=LAUNCH)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    _shoot_all(browser, product, width, scheme)
            _shoot_mails(browser)
            browser.close()


def _shoot_mails(browser: Browser) -> None:
    """Data as in the golden files."""
    for width in MAIL_WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": 600}, color_scheme=scheme
            )
            page = context.new_page()
            for body in sorted(MAILS.glob("*/body.html")):
                page.goto(body.as_uri())
                name = f"mail-{body.parent.name}-{width}-{scheme}.png"
                page.screenshot(path=FOLDER / name, full_page=True)
            context.close()


def _shoot_all(browser: Browser, product: Product, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900}
    context = browser.new_context(
        base_url=product.url, viewport=size, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    ending = f"{width}-{scheme}.png"
    for name, path in (("login", "/login"), ("password-forgot", "/password/forgot")):
        page.goto(path)
        _shoot(page, f"{name}-{ending}")
    product.log_in(page, "owner")
    for name, path in paths(page).items():
        page.goto(path)
        _shoot(page, f"{name}-{ending}")
    page.goto("/ops/rq/")
    _shoot(page, f"rq-dashboard-{ending}")
    _shoot_what_is_made(page, ending)
    page.goto("/webhooks/")
    page.locator("tr", has_text="Old CRM").get_by_role("link", name="Logs").click()
    page.locator("#drawer .go").first.click()
    page.locator("#drawer .attempt").first.wait_for()
    page.screenshot(path=FOLDER / f"drawer-{ending}")
    page.goto("/actions/")
    page.get_by_role("link", name="Edit New lead to the CRM").click()
    page.get_by_role("dialog").get_by_label("Name").wait_for()
    page.screenshot(path=FOLDER / f"drawer-form-{ending}")
    context.close()


def _shoot_what_is_made(page: Page, ending: str) -> None:
    """Pages that only follow a form: a secret, a conversation, a replay, a fault."""
    page.goto("/webhooks/")
    page.get_by_role("link", name="Warehouse", exact=True).click()
    page.get_by_role("link", name="New secret").click()
    page.get_by_role("button", name="Create new secret").click()
    page.get_by_label("Signing secret").wait_for()
    _shoot(page, f"webhook-secret-{ending}")
    page.goto("/simulator/")
    page.get_by_label("Message").fill("Hello, can I talk to a human? My mail is ada@example.com")
    page.get_by_role("button", name="Send as visitor").click()
    page.locator("#conversation .badge.delivered").nth(1).wait_for()
    _shoot(page, f"conversation-{ending}")
    page.goto("/deliveries/?status=delivered")
    page.locator("input[name=delivery_id]").first.check()
    page.get_by_role("button", name="Replay 1 selected").click()
    page.get_by_role("heading", name="Done").wait_for()
    _shoot(page, f"replay-{ending}")
    page.goto("/webhooks/new")
    page.get_by_label("URL").fill("http://example.com/no-tls")
    page.get_by_role("button", name="Save").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    _shoot(page, f"webhook-fault-{ending}")


def _shoot(page: Page, name: str) -> None:
    """The whole page, up to a useful height."""
    tall = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    width = page.viewport_size["width"] if page.viewport_size else 0
    clip = {"x": 0, "y": 0, "width": width, "height": max(tall, 900)}
    page.screenshot(path=FOLDER / name, clip=clip, full_page=True)


if __name__ == "__main__":
    main()
