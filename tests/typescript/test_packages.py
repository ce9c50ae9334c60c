"""The TypeScript packages: what is generated is current, and their own tests pass."""

import re
import shutil
from pathlib import Path

import pytest

from clients.typescript.generate import WRITTEN
from tests.support.typescript import ROOT, SOURCES, check_tests, packages
from webhooks_app.channels.webhook.formats import FORMATS


@pytest.mark.quick
def test_what_follows_from_the_document_is_current() -> None:
    assert len(WRITTEN) == 3
    for file, text in WRITTEN.items():
        assert file.read_text() == text(), "run `make client`"


@pytest.mark.quick
def test_the_receiver_knows_every_format_that_is_signed() -> None:
    source = (SOURCES / "receive" / "src" / "formats.ts").read_text()
    known = source.partition("export type WireFormat =")[2].partition(";")[0]
    signed = {name for name, format_ in FORMATS.items() if format_.signature_header}
    assert set(re.findall(r'"(\w+)"', known)) == signed


@pytest.mark.processes
def test_their_own_tests_pass(tmp_path: Path) -> None:
    packages(tmp_path)
    shutil.copytree(SOURCES / "test", tmp_path / "test")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    golden = str(ROOT / "tests" / "golden" / "formats")
    files = [f"test/{one.name}" for one in sorted((SOURCES / "test").glob("*.test.js"))]
    assert len(files) == 2
    check_tests(tmp_path, *files, GOLDEN=golden)
