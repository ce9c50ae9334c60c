"""Forms that answer with a new page."""

from playwright.sync_api import Locator


def submit(button: Locator) -> None:
    """Click it, and wait for the answer: a test that does not wait could go elsewhere first."""
    with button.page.expect_navigation():
        button.click()
