"""The command line against the running product, over a real socket."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hookline.cli.commands import hookline
from tests.support.product import Product, engine, product

__all__ = ["engine", "product"]


@dataclass(frozen=True)
class Shell:
    """Commands with a key of an organisation."""

    product: Product
    key: str
    organisation_id: str

    @property
    def environ(self) -> dict[str, str]:
        return {"HOOKLINE_API_KEY": self.key, "HOOKLINE_URL": self.product.url}

    def __call__(self, *words: str, typed: str | bytes | None = None) -> Result:
        return CliRunner(env=self.environ).invoke(hookline, words, input=typed)

    def ok(self, *words: str, typed: str | bytes | None = None) -> str:
        """What a command prints that must work."""
        result = self(*words, typed=typed)
        assert result.exit_code == 0, f"{words}: {result.output}\n{result.exception!r}"
        return result.stdout

    def json(self, *words: str, typed: str | bytes | None = None) -> Any:
        return json.loads(self.ok(*words, "--json", typed=typed))


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("HOOKLINE_API_KEY", "HOOKLINE_URL", "HOOKLINE_PROFILE", "HOOKLINE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("hookline._keyring._backend", lambda: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def make_shell(product: Product) -> Callable[..., Shell]:
    def make(mode: str = "test", scopes: list[str] | None = None) -> Shell:
        return Shell(product, *product.key_and_organisation(mode, scopes))

    return make


@pytest.fixture
def shell(make_shell: Callable[..., Shell]) -> Shell:
    """In test mode."""
    return make_shell()
