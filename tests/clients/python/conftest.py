"""The running product, and clients of it."""

from collections.abc import Iterator

import pytest

from hookline import Hookline
from tests.support.product import Product, product

__all__ = ["product"]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("HOOKLINE_API_KEY", "HOOKLINE_URL", "HOOKLINE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("hookline._keyring._backend", lambda: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def hookline(product: Product) -> Iterator[Hookline]:
    """A client with a test key of its own organisation."""
    with Hookline(product.key(), product.url) as client:
        yield client
