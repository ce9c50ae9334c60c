"""Which URLs can be saved. Refused addresses are in test_ssrf."""

import pytest

from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.urls import InvalidUrl, check_endpoint_url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com", "https://example.com"),
        ("https://Example.COM/Path?q=A%20b", "https://example.com/Path?q=A%20b"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/ü"),
        ("https://1.1.1.1/hook", "https://1.1.1.1/hook"),
        ("https://[2606:4700::1111]:444/", "https://[2606:4700::1111]:444/"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
        ("https://_dmarc.bücher.example/", "https://_dmarc.xn--bcher-kva.example/"),
        ("https://my_service:5678/x", "https://my_service:5678/x"),
        ("https://a_é.example/", None),
        ("https://-a_b.example/", None),
        ("https://example.com?", "https://example.com?"),
        ("https://example.com/p?#", "https://example.com/p?"),
        (
            "https://example.com/a/../%2e%2E/%zz?q=%3A;",
            "https://example.com/a/../%2e%2E/%zz?q=%3A;",
        ),
        (f"https://{'a' * 63}.{'b_' * 30}.{'c' * 63}.{'d' * 60}.example/", None),
        ("https://example.com./", "https://example.com/"),
    ],
)
def test_what_can_be_sent_to_is_kept(url: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(InvalidUrl):
            check_endpoint_url(url, Guard(), https_only=True)
    else:
        assert check_endpoint_url(url, Guard(), https_only=True) == kept


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "Enter"),
        ("https://" + "a" * 2000, "2000"),
        ("https://exa mple.com/", "spaces"),
        ("https://example.com/\n", "spaces"),
        ("example.com/hook", "https://"),
        ("javascript:alert(1)", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https:///nowhere", "host"),
        ("https://", "host"),
        ("https://example.com:0/", "port"),
        ("https://example.com:99999/", "URL"),
        ("https://user@example.com/", "password"),
        ("https://user:secret@example.com/", "password"),
        ("https://example.com/#part", "#"),
        ("https://-bad-.example/", "host name"),
        ("https://8.8.2056/", "8.8.8.8"),
        ("https://0x8.8.8.8/", "8.8.8.8"),
        ("https://134744072/", "8.8.8.8"),
        ("https://8.8.8.8./", "in full"),
        ("https://8.8.8.8.8/", "in full"),
        ("https://a.example.8/", "in full"),
        ("https://[::1/", "URL"),
        ("http://example.com/", "https"),
    ],
)
def test_what_cannot_says_what_to_change(url: str, word: str) -> None:
    with pytest.raises(InvalidUrl) as raised:
        check_endpoint_url(url, Guard(), https_only=True)
    assert word in str(raised.value)


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1"])
def test_an_address_that_is_not_written_in_full_cannot_be_called(host: str) -> None:
    """Even if its network is allowed: requests use the URL as it was configured."""
    guard = Guard.parse(["127.0.0.0/8"])
    with pytest.raises(InvalidUrl, match=r"in full, such as 127\.0\.0\.1"):
        check_endpoint_url(f"http://{host}:8121/", guard, https_only=False)


def test_plain_http_is_for_test_mode_and_for_networks_that_the_operator_allows() -> None:
    guard = Guard.parse(["10.0.0.0/8"])
    assert check_endpoint_url("http://example.com/", Guard(), https_only=False)
    assert check_endpoint_url("http://10.1.2.3:8000/", guard, https_only=True)
    with pytest.raises(InvalidUrl):
        check_endpoint_url("http://1.1.1.1/", guard, https_only=True)
