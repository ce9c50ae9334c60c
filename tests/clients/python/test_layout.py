"""The client needs `requests` and nothing else; each extra is needed where it is used."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "clients/python/src"
PROJECT = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text())["project"]
ALLOWED = {
    "aio.py": {"aiohttp", "yarl"},
    "_aiohttp.py": {"aiohttp", "yarl"},
    "_keyring.py": {"keyring"},
    "receive/flask.py": {"flask"},
    "receive/fastapi.py": {"starlette"},
    "receive/django.py": {"asgiref", "django"},
    "receive/django_store/": {"django"},
    "receive/stores.py": {"redis"},  # for types only
    "receive/signatures.py": {"cryptography"},  # where a public key is used
    "cli/": {"click", "rich", "yaml"},
}
MODULES = sorted(str(path.relative_to(SOURCE / "hookline")) for path in SOURCE.rglob("*.py"))


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found - sys.stdlib_module_names - {"hookline", "__future__"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_it_may(name: str) -> None:
    more = next((names for start, names in ALLOWED.items() if name.startswith(start)), set())
    assert imported((SOURCE / "hookline" / name).read_text()) <= {"requests", *more}


def test_without_any_extra_it_can_be_imported() -> None:
    hidden = [
        "aiohttp",
        "click",
        "rich",
        "yaml",
        "cryptography",
        "flask",
        "starlette",
        "django",
        "redis",
        "keyring",
    ]
    program = f"""
import sys
sys.modules.update(dict.fromkeys({hidden}))
sys.path.insert(0, {str(SOURCE)!r})
import hookline, hookline.receive, hookline.settings, hookline.models
hookline.Hookline("hk_test_x")
"""
    subprocess.run([sys.executable, "-I", "-c", program], check=True, timeout=60)


VERSIONS = {
    "pyproject.toml": r'^version = "(.+)"$',
    "clients/python/pyproject.toml": r'^version = "(.+)"$',
    "clients/python/src/hookline/_version.py": r'^VERSION = "(.+)"$',
    "clients/typescript/client/package.json": r'^  "version": "(.+)",$',
    "clients/typescript/client/src/transport.ts": r'^const VERSION = "(.+)";$',
    "clients/typescript/receive/package.json": r'^  "version": "(.+)",$',
}


def test_every_package_has_the_same_version() -> None:
    found = {
        name: re.findall(pattern, (ROOT / name).read_text(), re.MULTILINE)
        for name, pattern in VERSIONS.items()
    }
    assert found == {name: [PROJECT["version"]] for name in VERSIONS}


@pytest.mark.parametrize("name", ["receive", "client"])
def test_npm_publishes_for_everyone(name: str) -> None:
    """A package with a scope is private otherwise, and npm refuses it without a paid account."""
    package = json.loads((ROOT / f"clients/typescript/{name}/package.json").read_text())
    assert package["publishConfig"] == {"access": "public"}


def test_it_needs_one_package() -> None:
    [needed] = PROJECT["dependencies"]
    assert needed.startswith("requests")
    for names in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        assert all("<" in one for one in names)
