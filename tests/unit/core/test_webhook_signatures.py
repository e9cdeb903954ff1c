"""The signature of a delivery is what other programs compute of the same parts."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.webhook_signatures import sign


def test_a_signature_that_was_computed_by_another_program() -> None:
    # printf '1600000000.{"a":1}' | openssl dgst -sha256 -hmac 'whsec_test'
    expected = "4a1bb01e2b46a4d387d8cfee4dd1f727b6b5a6f14bd121b641c6abcef404b351"
    header = sign("whsec_test", 1_600_000_000.9, b'{"a":1}')
    assert header == f"t=1600000000,v1={expected}"


@given(st.text(), st.floats(0, 4e9), st.binary(), st.binary())
def test_it_is_of_this_secret_this_moment_and_this_body(secret: str, moment: float, body: bytes, other: bytes) -> None:
    header = sign(secret, moment, body)
    text = f"{int(moment)}.".encode() + body
    assert header == f"t={int(moment)},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"
    assert (sign(secret, moment, other) == header) == (other == body)
    assert sign(f"{secret}!", moment, body) != header
