"""Who is believed about where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.api.forwarding import Origin, ProxyHeaders, TrustedProxies

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
PROXY, CLIENT = "10.0.0.1", "203.0.113.7"
by_x = TrustedProxies(TRUSTED)
by_rfc = TrustedProxies(TRUSTED, ProxyHeaders.FORWARDED)


def told(sender: str = "", scheme: str = "", host: str = "") -> dict[str, str]:
    every = {"X-Forwarded-For": sender, "X-Forwarded-Proto": scheme, "X-Forwarded-Host": host}
    return {name: value for name, value in every.items() if value}


def test_a_trusted_proxy_is_believed() -> None:
    assert by_x.origin(PROXY, told(CLIENT, "https", "r.example.com")) == Origin(CLIENT, "https", "r.example.com")
    assert by_x.origin(f"::ffff:{PROXY}", told(CLIENT)) == Origin(CLIENT)
    forwarded = {"Forwarded": f"for={CLIENT};proto=https;host=r.example.com"}
    assert by_rfc.origin(PROXY, forwarded) == Origin(CLIENT, "https", "r.example.com")


def test_nobody_else_is_believed() -> None:
    headers = told("127.0.0.1", "https", "r.example.com") | {"Forwarded": "for=127.0.0.1;proto=https;host=a"}
    for proxies in (by_x, by_rfc, TrustedProxies([])):
        assert proxies.origin(CLIENT, headers) == Origin(CLIENT)
    assert by_x.origin("", headers) == Origin("")


def test_headers_that_the_proxies_do_not_set_never_count() -> None:
    assert by_x.origin(PROXY, {"Forwarded": "for=127.0.0.1;proto=https;host=a"}) == Origin(PROXY)
    assert by_rfc.origin(PROXY, told("127.0.0.1", "https", "a")) == Origin(PROXY)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("127.0.0.1, 203.0.113.7", CLIENT),  # what the client itself sent stands to the left
        ("203.0.113.7, 10.9.9.9", CLIENT),  # two trusted proxies
        ("10.1.1.1, 203.0.113.7, 10.9.9.9", CLIENT),
        ("10.2.2.2", "10.2.2.2"),  # a client within the trusted networks
        ("203.0.113.7:4711", CLIENT),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", CLIENT),
        ("203.0.113.7, unknown", PROXY),  # who stands before a stranger is not known
        ("203.0.113.7, ", PROXY),
        ("<script>", PROXY),
        (",", PROXY),
        ("127.0.0.1" + ", 127.0.0.1" * 100_000 + ", 203.0.113.7", CLIENT),
        (", ".join(["10.0.0.9"] * 100_000), "10.0.0.9"),
    ],
)
def test_the_list_is_read_from_the_right(header: str, client: str) -> None:
    assert by_x.origin(PROXY, told(header)).client == client


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        ('for="[2001:db8::1]:4711"; Proto=HTTPS ;host="r.example.com:8443"',
         Origin("2001:db8::1", "https", "r.example.com:8443")),
        ("for=127.0.0.1;proto=http;host=spoofed, for=203.0.113.7;proto=https;host=r.example.com",
         Origin(CLIENT, "https", "r.example.com")),
        ("for=203.0.113.7;proto=https;host=r.example.com, for=10.3.3.3;proto=http;host=inner",
         Origin(CLIENT, "https", "r.example.com")),
        ("for=_hidden;proto=https", Origin(PROXY, "https")),
        ('for="127.0.0.1, for=10.0.0.1', Origin("10.0.0.1")),
        ("by=10.0.0.1", Origin(PROXY)),
        ("", Origin(PROXY)),
    ],
)  # fmt: skip
def test_the_standard_header(header: str, origin: Origin) -> None:
    assert by_rfc.origin(PROXY, {"Forwarded": header}) == origin


def test_scheme_and_host_are_those_of_the_first_trusted_proxy() -> None:
    chain = "203.0.113.7, 10.9.9.9"
    assert by_x.origin(PROXY, told(chain, "https, http", "outer, inner")) == Origin(CLIENT, "https", "outer")
    assert by_x.origin(PROXY, told(chain, "spoofed, https, http", "spoofed, outer, inner")).host == "outer"
    assert by_x.origin(PROXY, told(chain, "https", "only")) == Origin(CLIENT, "https", "only")
    assert by_x.origin(PROXY, told("", "https", "r.example.com")) == Origin(PROXY, "https", "r.example.com")
    assert by_x.origin(PROXY, told(CLIENT, "javascript")).scheme is None


@given(
    spoofed=st.lists(st.one_of(st.ip_addresses().map(str), st.text(max_size=20)), max_size=40),
    client=st.ip_addresses().filter(lambda each: not any(each in network for network in TRUSTED)),
    passed=st.lists(st.integers(1, 254).map(lambda each: f"10.0.0.{each}"), max_size=5),
)
def test_whatever_a_client_sends_it_is_known(spoofed: list[str], client: object, passed: list[str]) -> None:
    """Each proxy adds whom it was spoken to by; nothing that the client wrote before that counts."""
    expected = getattr(client, "ipv4_mapped", None) or client
    if any(expected in network for network in TRUSTED):
        return
    header = ", ".join([*spoofed, str(client), *passed])
    assert ip_address(by_x.origin(PROXY, told(header)).client) == expected
