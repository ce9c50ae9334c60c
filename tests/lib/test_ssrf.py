"""Where requests may not go, in any spelling."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from tests.support.receiver import Answer, Receiver
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.resolver import AsyncResolver, Resolver
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.urls import InvalidUrl, check_endpoint_url
from webhooks_app.vocabulary import Failure

# An address, and a word of the reason. Addresses are written as in a URL's host, IPv6 in brackets.
REFUSED = [
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("127.1", "loopback"),
    ("127.0.1", "loopback"),
    ("2130706433", "loopback"),
    ("0x7f000001", "loopback"),
    ("0x7f.0x0.0x0.0x1", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("0177.0x0.0.1", "loopback"),
    ("017700000001", "loopback"),
    ("127.0.0.0x1", "loopback"),
    ("localhost", "loopback"),
    ("LOCALHOST", "loopback"),
    ("localhost.", "loopback"),
    ("a.localhost", "name in the local network"),
    ("printer.local", "name in the local network"),
    ("metadata.google.internal", "name in the local network"),
    ("router.home.arpa", "name in the local network"),
    ("0.0.0.0", "this network"),
    ("0", "this network"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private"),
    ("167772161", "private"),
    ("012.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.0.1", "private"),
    ("192.168.1", "private"),
    ("3232235777", "private"),
    ("100.64.0.1", "carrier-grade"),
    ("100.127.255.255", "carrier-grade"),
    ("169.254.0.1", "link-local"),
    ("169.254.169.254", "metadata"),
    ("2852039166", "metadata"),
    ("0xa9fea9fe", "metadata"),
    ("168.63.129.16", "metadata"),
    ("100.100.100.200", "metadata"),
    ("192.0.0.1", "reserved"),
    ("192.0.0.170", "reserved"),
    ("192.0.2.1", "documentation"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("192.88.99.1", "6to4"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("[::1]", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "loopback"),
    ("[::]", "unspecified"),
    ("[::127.0.0.1]", "IPv4-compatible"),
    ("[::ffff:127.0.0.1]", "loopback"),
    ("[::ffff:7f00:1]", "loopback"),
    ("[::ffff:10.0.0.1]", "private"),
    ("[::ffff:169.254.169.254]", "metadata"),
    ("[::ffff:100.64.0.1]", "carrier-grade"),
    ("[::ffff:0:127.0.0.1]", "global"),
    ("[64:ff9b::7f00:1]", "loopback"),
    ("[64:ff9b::10.0.0.1]", "private"),
    ("[64:ff9b::a9fe:a9fe]", "metadata"),
    ("[64:ff9b:1::1]", "NAT64"),
    ("[2002:7f00:1::]", "6to4"),
    ("[2002:a00:1::1]", "6to4"),
    ("[2001::1]", "Teredo"),
    ("[2001:0:7f00:1::]", "Teredo"),
    ("[2001:2::1]", "reserved"),
    ("[2001:20::1]", "reserved"),
    ("[2001:db8::1]", "documentation"),
    ("[3fff::1]", "documentation"),
    ("[100::1]", "discard"),
    ("[fc00::1]", "private"),
    ("[fd12:3456::1]", "private"),
    ("[fd00:ec2::254]", "metadata"),
    ("[fe80::1]", "link-local"),
    ("[fe80::1%25eth0]", "link-local"),
    ("[fec0::1]", "site-local"),
    ("[ff02::1]", "multicast"),
    ("[ff0e::1]", "multicast"),
    ("[4000::1]", "global"),
    ("[5f00::1]", "global"),
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
]


def test_the_table_is_as_long_as_was_asked_for() -> None:
    assert len({host for host, _ in REFUSED}) >= 60


@pytest.mark.parametrize(("host", "reason"), REFUSED)
def test_it_is_refused_when_a_webhook_is_saved(host: str, reason: str) -> None:
    with pytest.raises(InvalidUrl, match=reason):
        check_endpoint_url(f"https://{host}/hook", Guard(), https_only=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert Guard().refusal(address) is None


@pytest.mark.parametrize("host", ["example.com", "local.example.com", "1.1.1.1", "[2606:4700::1]"])
def test_a_webhook_is_saved_for_any_public_host(host: str) -> None:
    assert Guard().refusal_of_host(host) is None


def test_what_the_operator_allows_is_reached_and_nothing_beside_it() -> None:
    guard = Guard.parse(["10.1.0.0/16", "fd00::/8"])
    assert guard.refusal("10.1.2.3") is None
    assert guard.refusal("::ffff:10.1.2.3") is None
    assert guard.refusal("fd12::1") is None
    assert guard.refusal("10.2.0.1")
    assert guard.refusal("127.0.0.1")


def test_an_address_may_be_allowed_on_one_port_only() -> None:
    guard = Guard.parse(["127.0.0.1:8000", "[::1]:8000", "10.0.0.0/8:80"])
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert guard.refusal(address, 8000) is None
        assert guard.refusal(address, 8001)
        assert guard.refusal(address)
    assert guard.refusal("10.1.2.3", 80) is None
    assert check_endpoint_url("http://127.0.0.1:8000/x", guard, https_only=True)
    assert check_endpoint_url("http://10.1.2.3/x", guard, https_only=True)
    with pytest.raises(InvalidUrl):
        check_endpoint_url("http://127.0.0.1/x", guard, https_only=True)


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.1\.0\.1/16"):
        Guard.parse(["10.1.0.1/16"])


class Fixed:
    """Answers each question with its next answer, and repeats the last one."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def addresses(self, name: str, within: float) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def close(self) -> None:
        pass


def send(
    *urls: str, guard: Guard, resolver: Resolver | None = None, pause: float = 0
) -> list[Outcome]:
    async def run() -> list[Outcome]:
        transport = Transport(
            guard,
            timeout=5,
            connect_timeout=2,
            now=lambda: datetime.now(UTC),
            resolver=(lambda: resolver) if resolver else AsyncResolver,
        )
        outcomes = []
        async with transport as sending:
            for url in urls:
                message = WebhookMessage(url, {}, b"{}")
                outcomes.append(await sending.send(message))
                await asyncio.sleep(pause)
        return outcomes

    return asyncio.run(run())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1"]
)
def test_a_name_that_resolves_to_a_refused_address_is_not_connected_to(
    receiver: Receiver, address: str
) -> None:
    [outcome] = send(
        f"http://rebind.example:{receiver.port}/", guard=Guard(), resolver=Fixed([address])
    )
    assert outcome.failure is Failure.REFUSED
    assert address in (outcome.error or "")
    assert receiver.received == []


def test_a_name_that_changes_its_mind_is_checked_each_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: first an address that is allowed, then the one the attacker wants."""
    monkeypatch.setattr("webhooks_app.channels.webhook.transport.KEEP_ALIVE", 0.01)
    resolver = Fixed(["127.0.0.1"], ["127.0.0.2"])
    url = f"http://rebind.example:{receiver.port}/"
    guard = Guard.parse(["127.0.0.1/32"])
    first, second = send(url, url, guard=guard, resolver=resolver, pause=0.3)
    assert resolver.asked == 2
    assert (first.failure, second.failure) == (None, Failure.REFUSED)
    assert len(receiver.received) == 1


def test_one_refused_address_among_allowed_ones_is_never_used(receiver: Receiver) -> None:
    resolver = Fixed(["10.0.0.1", "127.0.0.1"])
    url = f"http://two.example:{receiver.port}/"
    [outcome] = send(url, guard=Guard.parse(["127.0.0.0/8"]), resolver=resolver)
    assert outcome.failure in (None, Failure.REFUSED)
    assert all(request.path == "/" for request in receiver.received)


def test_a_redirect_to_a_refused_address_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = lambda request: Answer(307, {"Location": "http://169.254.169.254/"})
    [outcome] = send(receiver.url, guard=Guard.parse(["127.0.0.0/8"]))
    assert outcome.status_code == 307
    assert len(receiver.received) == 1
