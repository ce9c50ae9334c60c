"""An installed version of the product that can be replaced in place, as an upgrade does."""

import subprocess
from pathlib import Path

from webhooks_app.lib.folders import PACKAGE

ROOT = PACKAGE.parent
VERSIONS = PACKAGE / "migrations" / "versions"


class Installed:
    """`path` leads to one of the versions; processes that start later run that one."""

    def __init__(self, folder: Path, version: Path = ROOT) -> None:
        self.path = folder / "installed"
        self.path.symlink_to(version)

    def replace(self, version: Path) -> None:
        newer = self.path.with_suffix(".new")
        newer.symlink_to(version)
        newer.rename(self.path)


def newest_migration() -> str:
    """Its name without the number, which may have changed since it was added."""
    return _name(sorted(VERSIONS.glob("*.py"))[-1])


def before_migration(name: str, folder: Path) -> str:
    """Check the commit before that migration was added out in `folder`; its newest revision."""
    added = _git(
        "log", "--diff-filter=A", "--format=%H", "--", f"{VERSIONS.relative_to(ROOT)}/*_{name}.py"
    )
    folder.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", f"{added.split()[-1]}~1"],
        capture_output=True,
        check=True,
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    older = sorted((folder / VERSIONS.relative_to(ROOT)).glob("*.py"))
    assert name not in map(_name, older)
    return older[-1].name.partition("_")[0]


def _name(migration: Path) -> str:
    return migration.stem.partition("_")[2]


def _git(*words: str) -> str:
    ended = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()
