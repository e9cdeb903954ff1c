"""Reads of blobs whose rows change between the look at them and the opening of their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from multidict import CIMultiDict

from running_node import Clock, in_a_node
from wharfside.api.bodies import NO_BODY
from wharfside.api.messages import Request
from wharfside.api.node import Node
from wharfside.api.oci import blobs
from wharfside.core.digests import sha256_of
from wharfside.core.errors import RegistryError
from wharfside.store.layers import Blob


def test_a_layer_that_was_deleted_a_moment_ago_is_unknown(tmp_path: Path) -> None:
    digest = sha256_of(b"deleted")
    blob = Blob(1, digest, 7, f"sha256/{digest[7:9]}/{digest[7:]}.00000000", "plain")
    request = Request("GET", f"/v2/app/blobs/{digest}", "", CIMultiDict(), NO_BODY, "http", "localhost", "127.0.0.1")

    async def read(node: Node, _: Clock) -> None:
        with pytest.raises(RegistryError) as refusal:
            await node.on_disk(lambda: blobs.serve(node, blob, request))
        assert refusal.value.code == "BlobUnknown"

    in_a_node(tmp_path / "data", read)
