"""The wheel, installed outside the checkout, is the whole product."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest
import requests

from tests.launch.instance import ROOT, Instance
from tests.support.servers import PATIENCE, wait_until

BUILD = "from setuptools.build_meta import build_sdist as s, build_wheel as w; s('out'), w('out')"
NO_SOURCE = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "instance")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive."""
    copy = tmp_path_factory.mktemp("checkout") / "hookline"
    shutil.copytree(ROOT, copy, ignore=NO_SOURCE)
    subprocess.run([sys.executable, "-c", BUILD], cwd=copy, check=True, stdout=subprocess.DEVNULL)
    return copy / "out"


@pytest.fixture(scope="module")
def client(built: Path) -> Path:
    """The wheel of the Python client."""
    folder = built.parent / "clients/python"
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    [wheel] = (folder / "out").glob("hookline-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment, with the wheel and the packages of this environment."""
    folder = tmp_path_factory.mktemp("environment")
    make_environment(folder, with_pip=True)
    [wheel] = built.glob("*.whl")
    install(folder / "bin", folder / "bin", wheel)
    return folder / "bin"


def make_environment(folder: Path, with_pip: bool = False) -> None:
    venv.create(folder, with_pip=with_pip)
    [site] = folder.glob("lib/python*/site-packages")
    # Of what a .pth names, no .pth is read: our own editable install stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])


def install(pip: Path, target: Path, wheel: Path) -> None:
    """`pip` and `target` are the programs of environments."""
    command = [pip / "pip", "--python", target / "python", "install", "-q", "--no-index"]
    subprocess.run([*command, "--no-deps", wheel], cwd=wheel.parent, check=True)


def said_by(programs: Path, program: str) -> str:
    command = [programs / "python", "-c", program]
    return subprocess.run(
        command, cwd=programs, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_one_command_starts_the_product(installed: Path, tmp_path: Path) -> None:
    with Instance(tmp_path / "data", [str(installed / "hookline-server")]) as instance:
        page = requests.get(f"{instance.url}/login", timeout=PATIENCE)
        [style, *_] = re.findall(r'href="(/static/[^"]+\.css[^"]*)"', page.text)
        for path in ("/docs/api", "/docs/screenshots/overview-1280-light.png", style):
            assert requests.get(f"{instance.url}{path}", timeout=PATIENCE).status_code == 200, path
        assert instance.post(1).status_code == 202
        wait_until(lambda: 1 in instance.numbers_arrived())
        used = {Path(p.cmdline()[0]).parent for p in instance.part("deliveries")}
        assert used == {installed}


def test_the_worker_has_a_command_too(installed: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [installed / "hookline-worker", "--role", "beat"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "set REDIS_URL to find work" in said.stderr


def test_the_source_archive_holds_what_the_wheel_is_made_of(built: Path) -> None:
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for folder in ("templates", "static", "docs"):
        files = {str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert files <= names


FILES = """
from importlib.metadata import files
import hookline, webhooks_app
client, server = ({str(one) for one in files(name)} for name in ("hookline", "hookline-server"))
print(len(client) > 10, len(server) > 100, sorted(client & server))
print(hookline.Hookline("hk_test_x"))
"""


def test_client_and_server_share_an_environment_and_no_file(installed: Path, client: Path) -> None:
    install(installed, installed, client)
    shared, made = said_by(installed, FILES).splitlines()
    assert shared == "True True []"
    assert made.startswith("Hookline(")


ALONE = """
from importlib.util import find_spec
from pathlib import Path
import hookline.receive
print(find_spec("webhooks_app"), (Path(hookline.__file__).parent / "py.typed").exists())
"""


def test_the_client_works_without_the_server(installed: Path, client: Path, tmp_path: Path) -> None:
    make_environment(tmp_path)
    install(installed, tmp_path / "bin", client)
    assert said_by(tmp_path / "bin", ALONE) == "None True"
