"""Folders of other files than code: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """`templates`, `static` or `docs`; setup.py puts them into the wheel."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
