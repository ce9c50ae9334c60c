"""In CI a skipped test is a failure: what is missing must be installed."""

import os
from collections.abc import Generator

import pytest

# The only exception. The documents belong to others and are not in a checkout.
NOT_PUBLISHED_HERE = "the published documents are not beside this checkout"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.endswith(NOT_PUBLISHED_HERE):
        report.outcome = "failed"
        report.longrepr = f"{reason}\nIn CI nothing may be skipped: install what is missing."
