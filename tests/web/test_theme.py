"""The theme that someone chose, in this browser."""

import pytest

from tests.web.conftest import Person


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_theme_is_kept_until_another_is_chosen(owner: Person, name: str) -> None:
    assert '<html lang="en">' in owner.get("/").text
    answer = owner.post("/theme", theme=name)
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    page = owner.get("/").text
    assert f'<html lang="en" data-theme="{name}">' in page
    assert f'value="{name}" data-theme-choice aria-pressed="true"' in page
    owner.post("/theme", theme="system")
    page = owner.get("/").text
    assert '<html lang="en">' in page
    assert 'value="system" data-theme-choice aria-pressed="true"' in page


def test_what_is_no_theme_changes_nothing_on_the_page(owner: Person) -> None:
    owner.get("/")
    owner.post("/theme", theme='"><script>')
    owner.client.set_cookie("theme", '"><script>')
    assert '<html lang="en">' in owner.get("/").text
