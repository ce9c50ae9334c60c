"""The code that we show to receivers' developers, run as it is shown."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.compatibility.delivering import (
    BOTH_SECRETS,
    SIGNED,
    TIMED,
    check,
    check_rotation,
    check_what_is_malformed,
    serving,
)
from tests.support.typescript import packages
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.inbox.snippets import LANGUAGES, snippets

RACK = str(Path(__file__).with_name("rack.rb"))
RUNNERS = {
    "Python": ("receiver.py", [sys.executable, "receiver.py"]),
    "TypeScript": ("receiver.mjs", ["node", "receiver.mjs"]),
    "Node": ("receiver.js", ["node", "receiver.js"]),
    "Go": ("receiver.go", ["go", "run", "receiver.go"]),
    "PHP": ("receiver.php", ["php", "-S", "127.0.0.1:PORT", "receiver.php"]),
    "Ruby": ("config.ru", ["ruby", RACK, "./config.ru"]),
}

REFUSES_WITH = {"TypeScript": 400}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SIGNED)
def test_it_takes_what_we_send_and_nothing_else(name: str, language: str, tmp_path: Path) -> None:
    file, command = RUNNERS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if language == "TypeScript":
        packages(tmp_path)
    code = dict(snippets(name))[language]
    refused = [REFUSES_WITH.get(language, 401)]
    with serving(tmp_path, code, file, command) as url:
        check(name, f"{url}/hook", refused=refused, timed=name in TIMED)
        check_what_is_malformed(name, f"{url}/hook", refused=refused)
        if name in BOTH_SECRETS:
            check_rotation(name, f"{url}/hook")


@pytest.mark.parametrize("name", sorted(set(FORMATS) - set(SIGNED)))
def test_where_nothing_is_signed_there_is_nothing_to_check(name: str) -> None:
    assert snippets(name) == []


@pytest.mark.parametrize("name", SIGNED)
def test_code_is_short_and_fits_a_page(name: str) -> None:
    for language, code in snippets(name):
        assert len(code.splitlines()) <= 80, language
        assert max(map(len, code.splitlines())) <= 100, language
        assert "{{" not in code
        assert "{%" not in code
