"""Every form of every page, with odd values, files, odd rows and nothing in it."""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import product
from typing import Any
from urllib.parse import urlencode

from tests.fuzz import values
from tests.fuzz.conftest import PATIENCE, Scene, Share, Watch, sample
from tests.fuzz.html import HtmlForm, forms_of
from tests.web.conftest import Person

pytestmark = PATIENCE

# They end the session or delete what other forms need, and have no fields.
LEFT_OUT = re.compile(r"/logout|/leave|/delete|/remove|/revoke|/retire|/switch|/rotate|/clear")
URLENCODED = "application/x-www-form-urlencoded"
STRANGERS = ("/login", "/password/forgot")
NAMES = ("delivery_id", "webhook", "subscription_id", "enabled", "overlap", "role")
KINDS = ("application/json", "multipart/form-data; boundary=x", "multipart/form-data", "")
ROWS = ["²", "٣", "9" * 5000, "-1", "1e3", "00000000001", "", "a", "99999"]


def forms(scene: Scene) -> dict[tuple[str, ...], tuple[Person, HtmlForm]]:
    """Each form once, with the person who saw it."""
    owner, stranger = scene.people["owner"], scene.people["stranger"]
    found: dict[tuple[str, ...], tuple[Person, HtmlForm]] = {}
    shown = [(owner, path) for _, method, path in scene.paths if method == "GET"]
    for person, path in [*shown, *((stranger, path) for path in STRANGERS)]:
        for form in forms_of(person.get(path).text):
            form.action = form.action or path
            if form.method == "post" and not LEFT_OUT.search(form.action):
                shape = re.sub(r"[a-z]{3}_[0-9a-z]{26}|[\w-]{32}", "{id}", form.action)
                found.setdefault((shape, *sorted(form.fields)), (person, form))
    return found


def cases(forms: dict[Any, tuple[Person, HtmlForm]]) -> Iterator[tuple[Person, HtmlForm, str, str]]:
    for person, form in forms.values():
        names = [name for name in form.fields if name != "csrf_token"]
        yield from ((person, form, name, text) for name, text in product(names, values.TEXTS))


def send(watch: Watch, person: Person, form: HtmlForm, why: str, **changed: Any) -> None:
    fields = {**form.fields, "csrf_token": person.token, **changed}
    if all(isinstance(value, str) for value in fields.values()):
        body = urlencode(fields, errors="surrogatepass")
        answer = person.client.post(form.action, data=body, content_type=URLENCODED)
    else:
        answer = person.client.post(form.action, data=fields)
    watch(answer, form.action, why)


def test_odd_values_in_forms(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    every = forms(scene)
    assert len(every) >= 20
    for person, form, name, text in share(sample(cases(every), 500)):
        send(watch, person, form, f"{name}={text!a}", **{name: text})


def test_files_rows_and_nothing(scene: Scene, watch: Watch, share: Share[str]) -> None:
    for person, form in forms(scene).values():
        for name in share(form.fields):
            send(watch, person, form, f"{name} is a file", **{name: (BytesIO(b"x"), "x.txt")})
        alone = {"csrf_token": person.token}
        watch(person.client.post(form.action, data=alone), form.action, "no field")
        for name in share(form.fields):
            one = {**alone, name: "x"}
            watch(person.client.post(form.action, data=one), form.action, "only", name)


def test_odd_numbers_of_rows(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    for person, form in forms(scene).values():
        if any(name.startswith("conditions-") for name in form.fields):
            for row, part in share(product(ROWS, ("field", "operator", "value", ""))):
                send(watch, person, form, f"row {row[:20]}", **{f"conditions-{row}-{part}": "x"})


def test_what_no_form_sends(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    """Raw bodies, and ids that the database refuses."""
    owner = scene.people["owner"]
    posts = [path for _, method, path in scene.paths if method == "POST"]
    posts = [path for path in posts if not LEFT_OUT.search(path)]
    for path, name, text in share(product(posts, NAMES, ("\x00", "9" * 400))):
        form = {"csrf_token": owner.token, name: text}
        watch(owner.client.post(path, data=form), path, name, ascii(text)[:20])
    for path, kind in share(product(posts, KINDS)):
        headers = {"X-CSRFToken": owner.token, "Content-Type": kind}
        answer = owner.client.post(path, data=b'--x\r\n{"a": \xff', headers=headers)
        watch(answer, path, kind)
