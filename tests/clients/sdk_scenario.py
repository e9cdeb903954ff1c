"""One story of a repository, told through any client of ECR: what it answers to each call, made comparable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from image_content import CONFIG, LAYER
from oci_client import OCI_MANIFEST, digest_of

LAYER_CONTENT, CONFIG_CONTENT = b"a layer", b'{"architecture": "amd64", "os": "linux"}'
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "pull",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": ["ecr:BatchGetImage"],
            }
        ],
    }
)
IMAGE = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest_of(CONFIG_CONTENT), "size": len(CONFIG_CONTENT)},
        "layers": [{"mediaType": LAYER, "digest": digest_of(LAYER_CONTENT), "size": len(LAYER_CONTENT)}],
    }
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECRETS = {"authorizationToken", "uploadId"}


@dataclass
class Recorder:
    """Calls methods of a client, and keeps what came of it: a result, or the class and the response of an error."""

    call: Callable[[str, Mapping[str, Any]], Any]
    errors: type[Exception]
    repository: str
    outcomes: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, method: str, **parameters: Any) -> Any:
        try:
            result = self.call(method, parameters)
        except self.errors as error:
            response: Any = error.response  # pyright: ignore[reportAttributeAccessIssue]
            self.outcomes.append(
                (method, (type(error).__name__, self._comparable(str(error)), self._comparable(response)))
            )
            return None
        self.outcomes.append((method, self._comparable(result)))
        return result

    def _comparable(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            kept = {key: self._comparable(member, key) for key, member in value.items() if key != "RequestId"}
            if "HTTPHeaders" in kept:
                kept["HTTPHeaders"] = sorted(kept["HTTPHeaders"])
            return kept
        if isinstance(value, list):
            return [self._comparable(item, name) for item in value]
        if isinstance(value, datetime):
            return ("a time in", value.utcoffset() is not None)
        if isinstance(value, str):
            text = _UUID.sub("<id>", value.replace(self.repository, "<repository>"))
            return f"<{name}>" if name in _SECRETS else text.partition("?")[0]
        return value


def tell(record: Recorder) -> None:
    """Every operation that a repository lives by, most of them also refused once."""
    name = {"repositoryName": record.repository}
    created = record("create_repository", **name, tags=[{"Key": "team", "Value": "a"}], imageTagMutability="MUTABLE")
    arn = created["repository"]["repositoryArn"]
    record("create_repository", **name)
    record("describe_repositories", repositoryNames=[record.repository])
    record("describe_repositories", repositoryNames=[f"{record.repository}/missing"])
    record("describe_registry")
    record("get_authorization_token")
    upload_layers(record)
    _images(record)
    _tags(record, arn)
    record("put_image_tag_mutability", **name, imageTagMutability="IMMUTABLE")
    record("put_image", **name, imageManifest=IMAGE + " ", imageTag="v1")
    _policies(record)
    record("get_account_setting", name="BLOB_MOUNTING")
    record("put_account_setting", name="BLOB_MOUNTING", value="DISABLED")
    record("put_account_setting", name="BLOB_MOUNTING", value="ENABLED")
    record("delete_repository", **name)
    record("delete_repository", **name, force=True)
    record("delete_repository", **name)


def upload_layers(record: Recorder) -> None:
    """Both blobs of the image, not without mistakes on the way."""
    name = {"repositoryName": record.repository}
    for content in (LAYER_CONTENT, CONFIG_CONTENT):
        upload = {**name, "uploadId": record("initiate_layer_upload", **name)["uploadId"]}
        part = {**upload, "partFirstByte": 0, "partLastByte": len(content) - 1, "layerPartBlob": content}
        record("complete_layer_upload", **upload, layerDigests=[digest_of(content)])
        record("upload_layer_part", **{**part, "partFirstByte": 1, "partLastByte": len(content)})
        record("upload_layer_part", **part)
        record("complete_layer_upload", **upload, layerDigests=[digest_of(content)])
    record("batch_check_layer_availability", **name, layerDigests=[digest_of(LAYER_CONTENT), digest_of(b"")])
    record("get_download_url_for_layer", **name, layerDigest=digest_of(LAYER_CONTENT))
    record("get_download_url_for_layer", **name, layerDigest=digest_of(b""))


def _images(record: Recorder) -> None:
    name = {"repositoryName": record.repository}
    for tag in ("v1", "v2"):
        record("put_image", **name, imageManifest=IMAGE, imageTag=tag)
    record("put_image", **name, imageManifest=IMAGE, imageTag="v1")
    record("put_image", **name, imageManifest="{}", imageTag="v3")
    record("list_images", **name, filter={"tagStatus": "TAGGED"})
    record("describe_images", **name)
    record("describe_images", **name, imageIds=[{"imageTag": "missing"}])
    record("batch_get_image", **name, imageIds=[{"imageTag": "v1"}, {"imageTag": "missing"}])
    record("list_image_referrers", **name, subjectId={"imageDigest": digest_of(IMAGE.encode())})
    record("batch_delete_image", **name, imageIds=[{"imageTag": "v2"}, {"imageTag": "missing"}])


def _tags(record: Recorder, arn: str) -> None:
    record("tag_resource", resourceArn=arn, tags=[{"Key": "tier", "Value": "1"}])
    record("list_tags_for_resource", resourceArn=arn)
    record("untag_resource", resourceArn=arn, tagKeys=["tier"])
    record("list_tags_for_resource", resourceArn=arn + "-missing")


def _policies(record: Recorder) -> None:
    name = {"repositoryName": record.repository}
    record("get_repository_policy", **name)
    record("set_repository_policy", **name, policyText=POLICY)
    record("get_repository_policy", **name)
    record("delete_repository_policy", **name)
    record("put_registry_policy", policyText="{}")
    record("get_registry_policy")
    record("delete_registry_policy")
