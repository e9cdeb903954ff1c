"""Layers through boto3 (ECR operations BatchCheckLayerAvailability, InitiateLayerUpload, … CompleteLayerUpload)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import socket
from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError

from administration import administration
from api_client import answer_of, call, refused, upload_layer
from image_content import CONFIG, LAYER_GZIP, Content
from oci_client import OciClient, digest_of
from registry_process import RegistryProcess
from wharfside.store import tables

MIB = 1024 * 1024
ABSENT = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


class Session:
    """An upload session in which parts go one after the other unless told otherwise."""

    def __init__(self, ecr: Any, repository: str) -> None:
        self.ecr, self.repository, self.size, self.hash = ecr, repository, 0, hashlib.sha256()
        answer = ecr.initiate_layer_upload(repositoryName=repository)
        self.id, self.part_size = answer["uploadId"], answer["partSize"]

    def part(self, content: bytes, first: int | None = None, last: int | None = None) -> dict[str, Any]:
        first = self.size if first is None else first
        answer = self.ecr.upload_layer_part(
            repositoryName=self.repository,
            uploadId=self.id,
            partFirstByte=first,
            partLastByte=first + len(content) - 1 if last is None else last,
            layerPartBlob=content,
        )
        self.size += len(content)
        self.hash.update(content)
        return answer

    def refused_part(self, content: bytes, first: int, last: int) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            self.part(content, first, last)
        return answer_of(caught.value)

    def complete(self, *digests: str) -> dict[str, Any]:
        wanted = list(digests) or [f"sha256:{self.hash.hexdigest()}"]
        return self.ecr.complete_layer_upload(repositoryName=self.repository, uploadId=self.id, layerDigests=wanted)

    def refused_complete(self, *digests: str) -> tuple[str, str]:
        wanted = list(digests) or [f"sha256:{self.hash.hexdigest()}"]
        return refused(
            self.ecr.complete_layer_upload, repositoryName=self.repository, uploadId=self.id, layerDigests=wanted
        )

    def unknown(self) -> tuple[str, str]:
        message = (
            f"The upload with id '{self.id}' in the repository with name '{self.repository}' in registry with id"
            " '000000000000' does not exist"
        )
        return "UploadNotFoundException", message


@pytest.fixture
def session(ecr: Any, repository: str) -> Session:
    return Session(ecr, repository)


def test_upload_in_parts(ecr: Any, oci: OciClient, session: Session) -> None:
    name = session.repository
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", session.id)
    assert session.part_size == 10_485_760
    content = secrets.token_bytes(10 * MIB + 5 * MIB + 7)
    for start, end in ((0, 10 * MIB), (10 * MIB, 15 * MIB), (15 * MIB, len(content))):
        answer = session.part(content[start:end])
        del answer["ResponseMetadata"]
        assert answer == {
            "registryId": "000000000000",
            "repositoryName": name,
            "uploadId": session.id,
            "lastByteReceived": end - 1,
        }
    digest = digest_of(content)
    answer = session.complete(ABSENT, digest)
    del answer["ResponseMetadata"]
    expected = {"registryId": "000000000000", "repositoryName": name, "uploadId": session.id, "layerDigest": digest}
    assert answer == expected
    assert oci.get_blob(name, digest).body == content
    (layer,) = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest])["layers"]
    assert layer == {"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": len(content)}


def test_largest_part(session: Session) -> None:
    session.part(b"\0" * (20 * MIB))
    session.complete()


def test_larger_part(registry: RegistryProcess, session: Session) -> None:
    part = base64.b64encode(b"\0" * (20 * MIB + 1)).decode()
    members = {"repositoryName": session.repository, "uploadId": session.id, "layerPartBlob": part}
    answer = call(registry, "UploadLayerPart", members | {"partFirstByte": 0, "partLastByte": 20 * MIB})
    assert answer.status == 400
    assert answer.message == (
        "Invalid parameter at 'layerPartBlob' failed to satisfy constraint: 'Member must have length less than or"
        " equal to 20971520'"
    )


@pytest.mark.parametrize(("first", "got"), [(10, 10), (4, 4), (0, 0)], ids=["gap", "overlap", "repeated"])
def test_parts_out_of_order(session: Session, first: int, got: int) -> None:
    session.part(b"12345")
    answer = session.refused_part(b"12345", first, first + 4)
    assert answer["Error"]["Code"] == "InvalidLayerPartException"
    assert answer["Error"]["Message"] == f"First byte of the layer part is {got} instead of 5"
    assert (answer["registryId"], answer["repositoryName"]) == ("000000000000", session.repository)
    assert (answer["uploadId"], answer["lastValidByteReceived"]) == (session.id, 4)
    assert session.complete()["layerDigest"] == digest_of(b"12345")


def test_first_part_must_begin_at_zero(session: Session) -> None:
    answer = session.refused_part(b"12345", 1, 5)
    assert answer["Error"]["Message"] == "First byte of the layer part is 1 instead of 0"
    assert "lastValidByteReceived" not in answer


@pytest.mark.parametrize("last", [0, 3, 5, 2**40])
def test_range_and_content_must_agree(session: Session, last: int) -> None:
    answer = session.refused_part(b"12345", 0, last)
    assert answer["Error"]["Code"] == "InvalidLayerPartException"
    assert answer["Error"]["Message"] == f"Length of the layer part is 5 instead of {last + 1}"
    session.part(b"12345")
    for part, last in ((b"67", 4), (b"", 4), (b"", 0)):
        answer = session.refused_part(part, 5, last)
        assert answer["Error"]["Code"] == "InvalidLayerPartException"
        message = f"Last byte of the layer part is {last}, which is before its first byte 5"
        assert (answer["Error"]["Message"], answer["lastValidByteReceived"]) == (message, 4)
    assert session.complete()["layerDigest"] == digest_of(b"12345")


def test_inner_part_too_small(session: Session) -> None:
    session.part(b"\0" * (5 * MIB - 1))
    session.part(b"last")
    expected = ("LayerPartTooSmallException", "All layer parts except the last part should be at least 5MB")
    assert session.refused_complete() == expected


def test_smallest_inner_part(session: Session) -> None:
    session.part(b"\1" * (5 * MIB))
    session.part(b"last")
    session.complete()


def test_most_parts_and_most_bytes(registry: RegistryProcess, session: Session) -> None:
    """Of the former 4200, of the latter 52,000 MiB: the session is told in the database that it has as many almost."""
    with administration(registry.data) as admin:

        def tell(**columns: int) -> None:
            mine = sa.update(tables.upload).where(tables.upload.c.id == session.id)
            admin.run(lambda connection: connection.execute(mine.values(columns)))

        session.part(b"first")
        tell(parts=4199)
        session.part(b"last")
        answer = session.refused_part(b"more", 9, 12)
        assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (
            "LimitExceededException",
            f"The upload with id '{session.id}' in the repository with name '{session.repository}' in registry with id"
            " '000000000000' already has the maximum allowed number of layer parts which is '4200'",
        )
        most = 52_000 * MIB
        tell(parts=2, size=most - 4)
        answer = session.refused_part(b"12345", most - 4, most)
        assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (
            "LimitExceededException",
            "The layer exceeds the maximum allowed layer size which is '52000' MiB",
        )
        tell(size=9, smallest_inner_part=5 * MIB)
    assert session.complete()["layerDigest"] == digest_of(b"firstlast")


def test_empty_upload(session: Session) -> None:
    message = (
        f"The upload with id '{session.id}' in the repository with name '{session.repository}' in registry with id"
        " '000000000000' cannot be completed because it does not have any parts"
    )
    assert session.refused_complete(ABSENT) == ("EmptyUploadException", message)


@pytest.mark.parametrize("digests", [[ABSENT], [ABSENT, "md5:abc"], ["md5:abc"], ["sha512:" + "0" * 128]])
def test_digest_of_other_content(ecr: Any, session: Session, digests: list[str]) -> None:
    session.part(b"content of this layer")
    expected = ("InvalidLayerException", "None of the provided layer digests match the calculated layer digest")
    assert session.refused_complete(*digests) == expected
    checked = ecr.batch_check_layer_availability(
        repositoryName=session.repository, layerDigests=[digest_of(b"content of this layer")]
    )
    assert checked["layers"][0]["layerAvailability"] == "UNAVAILABLE"
    session.complete()


def test_sha512(session: Session, oci: OciClient) -> None:
    content = secrets.token_bytes(100)
    session.part(content)
    digest = digest_of(content, "sha512")
    assert session.complete(digest)["layerDigest"] == digest
    assert oci.get_blob(session.repository, digest).body == content


def test_completed_twice(session: Session) -> None:
    session.part(b"once")
    session.complete()
    assert session.refused_complete() == session.unknown()
    answer = session.refused_part(b"more", 4, 7)
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == session.unknown()


def test_layer_already_exists(ecr: Any, session: Session) -> None:
    content = secrets.token_bytes(64)
    digest = upload_layer(ecr, session.repository, content)
    session.part(content)
    message = (
        f"The layer with digest '{digest}' already exists in the repository with name '{session.repository}' in"
        " registry with id '000000000000'"
    )
    assert session.refused_complete(digest) == ("LayerAlreadyExistsException", message)
    assert session.refused_complete(digest) == session.unknown()


def test_layers_are_of_their_repository(ecr: Any, repository: str, other_repository: str) -> None:
    content = secrets.token_bytes(64)
    digest = upload_layer(ecr, repository, content)
    checked = ecr.batch_check_layer_availability(repositoryName=other_repository, layerDigests=[digest])
    assert checked["layers"] == [{"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}]
    assert upload_layer(ecr, other_repository, content) == digest


def test_upload_id_of_another_repository(ecr: Any, session: Session, other_repository: str) -> None:
    stranger = Session(ecr, other_repository)
    stranger.id = session.id
    answer = stranger.refused_part(b"x", 0, 0)
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == stranger.unknown()
    session.part(b"mine")
    assert stranger.refused_complete(digest_of(b"mine")) == stranger.unknown()
    session.complete()


def test_upload_id_that_was_never_given_out(ecr: Any, session: Session) -> None:
    for forged in ("00000000-0000-4000-8000-000000000000", session.id[:-1] + ("0" if session.id[-1] != "0" else "1")):
        session.id = forged
        answer = session.refused_part(b"x", 0, 0)
        assert (answer["Error"]["Code"], answer["Error"]["Message"]) == session.unknown()


def test_upload_id_in_capitals_is_the_same(session: Session) -> None:
    session.part(b"abc")
    session.id = session.id.upper()
    assert session.refused_part(b"def", 0, 2)["lastValidByteReceived"] == 2
    assert session.complete()["layerDigest"] == digest_of(b"abc")


def test_upload_ids_die_with_their_repository(ecr: Any, session: Session) -> None:
    session.part(b"lost")
    ecr.delete_repository(repositoryName=session.repository)
    ecr.create_repository(repositoryName=session.repository)
    assert session.refused_complete() == session.unknown()


def test_unknown_repository(ecr: Any, session: Session) -> None:
    message = "The repository with name 'not/there' does not exist in the registry with id '000000000000'"
    expected = ("RepositoryNotFoundException", message)
    assert refused(ecr.initiate_layer_upload, repositoryName="not/there") == expected
    availability = ecr.batch_check_layer_availability
    assert refused(availability, repositoryName="not/there", layerDigests=[ABSENT]) == expected
    session.repository = "not/there"
    assert session.refused_complete(ABSENT) == expected


def test_sessions_may_change_between_both_ways_in(oci: OciClient, session: Session) -> None:
    session.part(b"by the API, ")
    path = f"/v2/{session.repository}/blobs/uploads/{session.id}"
    assert oci.request("GET", path).headers["Range"] == "0-11"
    assert oci.patch_upload(path, b"by /v2/", 12).status == 202
    assert session.complete(digest_of(b"by the API, by /v2/"))


def test_two_requests_do_not_write_at_once(registry: RegistryProcess, password: str, session: Session) -> None:
    session.part(b"12345")
    rest = secrets.token_bytes(MIB)
    token = base64.b64encode(f"AWS:{password}".encode()).decode()
    with socket.create_connection((registry.address, registry.port), timeout=30) as other:
        other.sendall(
            f"PATCH /v2/{session.repository}/blobs/uploads/{session.id} HTTP/1.1\r\nHost: {registry.host}\r\n"
            f"Authorization: Basic {token}\r\nContent-Length: {len(rest)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        # The server asks for a large body once it has taken the session.
        assert other.recv(1024).startswith(b"HTTP/1.1 100")
        answer = session.refused_part(b"67", 5, 6)
        assert answer["Error"]["Code"] == "InvalidLayerPartException"
        assert answer["Error"]["Message"] == "Another request is writing to this upload"
        assert answer["lastValidByteReceived"] == 4
        other.sendall(rest)
        assert other.recv(1024).startswith(b"HTTP/1.1 202")
    assert session.complete(digest_of(b"12345" + rest))


def test_availability(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    content.image("latest", layers=1)
    content.push(oci, repository)
    config, layer = sorted(content.blobs, key=lambda digest: content.blobs[digest][:1] != b"{")
    loose = upload_layer(ecr, repository, secrets.token_bytes(10))
    long = "sha256:" + "0" * 600
    wanted = [config, "", loose, layer, ABSENT, "sha256:abc", "nonsense", long, layer, "sha256:" + "A" * 64]
    answer = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=wanted)
    size = {digest: len(stored) for digest, stored in content.blobs.items()}
    assert answer["layers"] == [
        {"layerDigest": config, "layerAvailability": "AVAILABLE", "layerSize": size[config], "mediaType": CONFIG},
        {"layerDigest": loose, "layerAvailability": "AVAILABLE", "layerSize": 10},
        {"layerDigest": layer, "layerAvailability": "AVAILABLE", "layerSize": size[layer], "mediaType": LAYER_GZIP},
        {"layerDigest": ABSENT, "layerAvailability": "UNAVAILABLE"},
    ]
    failures = {each["layerDigest"]: each["failureCode"] for each in answer["failures"]}
    malformed = ["sha256:abc", "nonsense", long, "sha256:" + "A" * 64]
    assert failures == {"": "MissingLayerDigest"} | dict.fromkeys(malformed, "InvalidLayerDigest")
    assert all(each["failureReason"].startswith("Invalid request parameters: ") for each in answer["failures"])


@pytest.mark.parametrize(
    ("digests", "reason"),
    [
        ([], "Member must have length greater than or equal to 1"),
        ([ABSENT] * 101, "Member must have length less than or equal to 100"),
    ],
)
def test_number_of_digests(registry: RegistryProcess, repository: str, digests: list[str], reason: str) -> None:
    members = {"repositoryName": repository, "layerDigests": digests}
    answer = call(registry, "BatchCheckLayerAvailability", members)
    assert answer.message == f"Invalid parameter at 'layerDigests' failed to satisfy constraint: '{reason}'"
