"""The runbook names each alert and each drill, and nothing else."""

import re
from pathlib import Path

import pytest

from tests.deploy.test_monitoring import RULES

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ALERTS, _, DRILLS = RUNBOOK.partition("\n## Drills\n")
DRILLS = DRILLS.partition("\n## ")[0]


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^### (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def named_in(folder: str) -> set[str]:
    files = (ROOT / "tests" / folder).glob("test_*.py")
    return {
        name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }


def test_it_names_each_alert_and_no_other() -> None:
    assert set(sections(ALERTS)) == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("alert", sections(ALERTS))
def test_each_alert_has_what_to_see_why_and_what_to_do(alert: str) -> None:
    said = re.findall(r"^- \*\*(\w+):\*\*", sections(ALERTS)[alert], re.MULTILINE)
    assert said == ["See", "Why", "Do"]


def test_it_names_each_drill_and_nothing_that_does_not_exist() -> None:
    named = set(sections(DRILLS))
    assert named_in("drills") <= named
    assert named <= named_in("drills") | named_in("journeys")
    assert all(
        re.search(r"\*\*(Lost|Repeated)\b", text) or "**Lost" in text
        for text in sections(DRILLS).values()
    )


def test_make_drills_runs_them() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(
        r"^\tDRILL=1 pytest .*-m processes tests/journeys tests/drills$", makefile, re.M
    )
