"""Bars of a chart that are chosen together."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

HOUR = timedelta(hours=1)
TOKYO = "Asia/Tokyo"


# A part of the page that is not the chart.
REDRAWN_ELSEWHERE = "dispatchEvent(new CustomEvent('htmx:after:swap', {detail: {ctx: {}}}))"
# At the same moment, so that no new hour can begin in between.
KEEP_LINK = """(bar) => addEventListener("pointerup", () => sessionStorage.setItem("bar",
    document.querySelector(`[data-bar="${bar}"]`).getAttribute("href")), true)"""


def within(address: str) -> tuple[datetime, datetime]:
    query = parse_qs(urlsplit(address).query)
    since, until = (datetime.fromisoformat(query[name][0]) for name in ("since", "until"))
    return since, until


def span(page: Page) -> tuple[datetime, datetime]:
    """What the list of deliveries is filtered by; its chips name the same in the reader's zone."""
    page.wait_for_url("**/deliveries/?*since=*")
    since, until = within(page.url)
    assert parse_qs(urlsplit(page.url).query)["zone"] == [TOKYO]
    for name, moment in (("From", since), ("Until", until)):
        local = moment.astimezone(ZoneInfo(TOKYO)).strftime("%Y-%m-%d %H:%M")
        chip = page.get_by_role("link", name=f"Remove the filter {name}")
        expect(chip).to_contain_text(f"{name}: {local}")
    return since, until


def test_a_span_of_a_chart_opens_its_deliveries_by_pointer_and_by_keys(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(timezone_id=TOKYO)
    chart = page.locator("[data-brush]")
    chart.scroll_into_view_if_needed()  # what other tests left may stand above it
    box = chart.bounding_box()
    assert box
    middle = [box["x"] + box["width"] * (bar + 0.5) / 24 for bar in range(24)]
    height = box["y"] + box["height"] / 2
    last = int(page.locator(".chart a").last.get_attribute("data-bar") or "")
    page.mouse.move(middle[last], height)
    page.mouse.down()
    page.evaluate(REDRAWN_ELSEWHERE)
    page.mouse.move(middle[last - 2], height, steps=3)
    page.mouse.move(middle[last - 3], height, steps=3)
    expect(page.locator("#brushed")).to_contain_text("4 bars")
    assert Axe().run(page).response["violations"] == []
    page.evaluate(KEEP_LINK, last)
    page.mouse.up()
    dragged = span(page)
    kept = page.evaluate("sessionStorage.getItem('bar')")
    assert dragged == (within(kept)[0] - 3 * HOUR, within(kept)[1])

    page.go_back()
    slider = page.get_by_role("slider", name="Time in the chart")
    slider.focus()
    expect(slider).to_have_attribute("aria-valuenow", "24")
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        slider.press(key)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("3 bars"))
    page.keyboard.press("Enter")
    pressed = span(page)
    assert pressed[1] - pressed[0] == 3 * HOUR
    # It ends at the bar before the last one, or an hour later if a new one began in between.
    assert pressed[1] - dragged[1] in ((22 - last) * HOUR, (23 - last) * HOUR)

    page.go_back()
    # A click without a drag is on one bar.
    page.locator(".chart a").last.click()
    single = span(page)
    assert single[1] - single[0] == HOUR
