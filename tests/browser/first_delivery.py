"""The README's moving picture: from `python app.py` to a signed delivery, in the real product.

`make pictures` runs it. It needs img2webp (Debian: apt-get install webp).
"""

import html
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import LAUNCH
from tests.browser.product import Product
from tests.launch.instance import Instance
from tests.support.servers import wait_until
from webhooks_app.launch.demo import kept_demo

PICTURE = Path(__file__).parents[2] / "docs/screenshots/first-delivery.webp"
SIZE = {"width": 960, "height": 600}
# How long each picture stays, in milliseconds.
SHOWN = {"start": 3500, "empty": 2000, "event": 3500, "arrived": 4500, "logged": 4500}
TERMINAL = """
<body style="margin:0;background:#15181d;color:#dfe3e8">
<pre style="margin:24px;font:16px/1.6 monospace;white-space:pre-wrap">{text}</pre></body>"""
CAPTION = """text => {
  const line = document.createElement("p");
  line.textContent = text;
  Object.assign(line.style, {
    position: "fixed", inset: "auto 0 0 0", margin: 0, padding: "10px 24px", zIndex: 9,
    background: "#2b5fd9", color: "white", font: "600 17px sans-serif", maxWidth: "none",
  });
  document.body.append(line);
}"""


def main() -> None:
    with TemporaryDirectory() as temporary, Instance(Path(temporary) / "instance") as instance:
        folder = Path(temporary)
        demo = kept_demo(folder / "instance" / "demo.json")
        assert demo is not None
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=LAUNCH)
            context = browser.new_context(
                base_url=instance.url, viewport=SIZE, color_scheme="light", reduced_motion="reduce"
            )
            product = Product(instance.url, demo, folder)
            page, terminal = context.new_page(), context.new_page()
            shoot_all(page, terminal, product, instance)
            browser.close()
        frames = [part for name, ms in SHOWN.items() for part in ("-d", ms, folder / f"{name}.png")]
        command = ["img2webp", "-loop", "0", "-lossy", "-q", "80", *frames, "-o", PICTURE]
        subprocess.run([str(part) for part in command], check=True)


def shoot_all(page: Page, terminal: Page, product: Product, instance: Instance) -> None:
    started, _, rest = instance.said.partition("Send a first event:")
    command = rest.partition("and watch")[0].strip()
    show(terminal, product, f"$ python app.py\n{started}")
    shoot(terminal, product, "start", "1. Start Hookline")
    product.log_in(page, "owner")
    page.goto(product.inbox)
    page.get_by_text("Nothing has arrived yet").scroll_into_view_if_needed()
    shoot(page, product, "empty", "2. Open the test receiver")
    wait_until(lambda: requests.get(f"{product.url}/status", timeout=10).ok, 60)
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    show(terminal, product, f"$ {command}\n\n{ran.stdout}")
    shoot(terminal, product, "event", "3. Report an event")
    page.goto(product.inbox)
    page.get_by_text("signature verified").wait_for()
    page.locator("#requests").evaluate("requests => requests.scrollIntoView()")
    shoot(page, product, "arrived", "4. It arrives, signed")
    key = {"Authorization": f"Bearer {product.demo.api_key}"}
    logged = requests.get(f"{product.url}/api/v1/deliveries", headers=key, timeout=10).json()
    page.goto(f"/deliveries/{logged['data'][0]['id']}")
    page.get_by_text("Request", exact=True).click()
    shoot(page, product, "logged", "5. See every attempt, and replay it")


def show(terminal: Page, product: Product, text: str) -> None:
    text = text.replace(str(product.folder / "instance"), "instance")
    terminal.set_content(TERMINAL.format(text=html.escape(text)))


def shoot(page: Page, product: Product, name: str, caption: str) -> None:
    page.evaluate(CAPTION, caption)
    page.screenshot(path=product.folder / f"{name}.png")


if __name__ == "__main__":
    main()
