"""The TypeScript packages with the running product, in one process of Node."""

import shutil
from pathlib import Path

import pytest

from tests.support.product import Product, engine, product  # noqa: F401 - fixtures
from tests.support.servers import RedisServer
from tests.support.typescript import check_tests, packages

pytestmark = pytest.mark.processes
SCRIPT = Path(__file__).with_name("product.test.mjs")


@pytest.mark.usefixtures("engine")
def test_every_format_is_verified_and_the_client_does_what_it_says(
    product: Product,  # noqa: F811
    redis_server: RedisServer,
    tmp_path: Path,
) -> None:
    shutil.copy(SCRIPT, packages(tmp_path))
    environ = {
        "HOOKLINE_URL": product.url,
        "HOOKLINE_API_KEY": product.key(),
        "REDIS_SOCKET": redis_server.url.removeprefix("unix://"),
    }
    check_tests(tmp_path, SCRIPT.name, **environ)
