"""The TypeScript packages, built once for all tests, where Node finds them."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "clients" / "typescript"
PACKAGES = ("receive", "client")
# What examples name besides our packages.
AROUND = """
declare const process: { env: Record<string, string | undefined> };
declare module "express" { const express: any; export default express; }
declare module "hono" { const Hono: any; export { Hono }; }
declare module "node:http" { export const createServer: any; }
declare module "ioredis" { const Redis: any; export { Redis }; }
"""


def packages(folder: Path) -> Path:
    """The folder, in which scripts can now import `@hookline/client` and `@hookline/receive`."""
    (folder / "node_modules").symlink_to(_built() / "node_modules")
    return folder


def faults_of(folder: Path) -> str:
    """What the compiler says of the `.mts` files in a folder of `packages`; empty for nothing."""
    (folder / "around.d.ts").write_text(AROUND)
    settings = json.loads((SOURCES / "tsconfig.json").read_text())
    settings["compilerOptions"] |= {"noEmit": True, "declaration": False}
    (folder / "tsconfig.json").write_text(json.dumps({**settings, "include": ["*.mts", "*.d.ts"]}))
    return _compiled(["-p", "."], folder)


def check_tests(folder: Path, *files: str, **environ: str) -> None:
    """Node's test runner passes all tests in these files. Each is a process of its own."""
    ended = subprocess.run(
        ["node", "--test", "--test-reporter=spec", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environ},
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[said.rfind("failing tests") :]


def _built() -> Path:
    """Named for what it was built from, so that test processes share it."""
    for program in ("node", "tsc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    version = subprocess.check_output(["node", "--version"], text=True)
    if int(version.removeprefix("v").partition(".")[0]) < 20:
        pytest.skip(f"Node 20 or newer is needed, and this is {version}")
    files = [
        path
        for path in sorted(SOURCES.rglob("*"))
        if path.suffix in (".ts", ".json") and not {"node_modules", "dist"} & set(path.parts)
    ]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    built = ROOT / "build" / "typescript" / digest
    if not built.exists():
        built.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(dir=built.parent))
        for name in PACKAGES:
            _build(name, made / "node_modules" / "@hookline" / name)
        try:
            made.rename(built)
        except OSError:  # another process was faster
            shutil.rmtree(made)
    return built


def _build(name: str, to: Path) -> None:
    to.mkdir(parents=True)
    shutil.copy(SOURCES / name / "package.json", to)
    said = _compiled(["-p", str(SOURCES / name), "--outDir", str(to / "dist")], SOURCES)
    assert said == "", said


def _compiled(arguments: Sequence[str], folder: Path) -> str:
    ended = subprocess.run(
        ["tsc", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    return ended.stdout + ended.stderr
