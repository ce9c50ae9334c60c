"""Words for people."""

import pytest

from webhooks_app.web.words import browser, schedule


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_said_in_words(user_agent: str, said: str) -> None:
    assert browser(user_agent) == said


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"frequency": "hourly", "hour": 9}, "every hour (Europe/Paris)"),
        (
            {"frequency": "every_4_hours", "hour": 9},
            "every 4 hours counted from 09:00 (Europe/Paris)",
        ),
        ({"frequency": "daily", "hour": 9, "time_zone": "UTC"}, "every day at 09:00 (UTC)"),
        (
            {"frequency": "weekly", "hour": 7, "weekday": 3},
            "every week on Thursday at 07:00 (Europe/Paris)",
        ),
    ],
)
def test_a_schedule_is_said_in_words(raw: dict[str, object], said: str) -> None:
    assert schedule(raw, "Europe/Paris") == said
