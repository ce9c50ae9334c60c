import pytest

from webhooks_app.channels.retry_policy import POLICIES, timeline
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.subscriptions.presets import PRESETS, Preset


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_names_a_format_and_a_policy_that_exist(preset: Preset) -> None:
    assert preset.wire_format in FORMATS
    assert preset.retry_policy in POLICIES
    assert preset.label == FORMATS[preset.wire_format].label


@pytest.mark.parametrize(
    ("name", "within"), [("pivra", 3), ("pivot", 15), ("inqyra", 0.67), ("pivotal", 24)]
)
def test_the_spans_that_sentences_name_are_true(name: str, within: float) -> None:
    assert within * 0.6 < timeline(POLICIES[name])[-1] / 3600 <= within
