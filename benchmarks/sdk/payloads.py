"""What is sent and answered in the measurements, the same for every contender."""

from __future__ import annotations

import hashlib
import json
from typing import Any

REPOSITORY = "team/application"
CREATE_REPOSITORY: dict[str, Any] = {
    "repositoryName": REPOSITORY,
    "tags": [{"Key": "team", "Value": "core"}],
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "AES256"},
}
HOSTILE = (
    "ecr",
    "PutRegistryScanningConfiguration",
    {
        "scanType": "BASIC",
        "rules": [
            {
                "scanFrequency": "SCAN_ON_PUSH",
                "repositoryFilters": [{"filter": f"{'a' * 18}!", "filterType": "WILDCARD"}],
            }
        ],
    },
)
"""With Python's `re`, every further character of the filter doubles the time for its pattern. 255 are allowed."""
IMAGES = 1000
ANSWERS = {
    "CreateRepository": json.dumps(
        {
            "repository": {
                "repositoryArn": f"arn:aws:ecr:us-east-1:123456789012:repository/{REPOSITORY}",
                "registryId": "123456789012",
                "repositoryName": REPOSITORY,
                "repositoryUri": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}",
                "createdAt": 1767225600.123,
                "imageTagMutability": "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": True},
                "encryptionConfiguration": {"encryptionType": "AES256"},
            }
        }
    ).encode()
}


def _image(number: int) -> dict[str, Any]:
    severities = {"CRITICAL": number % 3, "HIGH": number % 7, "MEDIUM": number % 11, "LOW": number % 13}
    return {
        "registryId": "123456789012",
        "repositoryName": REPOSITORY,
        "imageDigest": f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}",
        "imageTags": [f"v1.{number}", f"build-{number:05}", f"branch-main-{number}"],
        "imageSizeInBytes": 50_000_000 + number,
        "imagePushedAt": 1767225600.5 + number,
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindingsSummary": {
            "imageScanCompletedAt": 1767225700.25 + number,
            "vulnerabilitySourceUpdatedAt": 1767225000.0,
            "findingSeverityCounts": severities,
        },
        "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactMediaType": "application/vnd.oci.image.config.v1+json",
        "lastRecordedPullTime": 1767311999.0 + number,
        "imageStatus": "ACTIVE",
    }


ANSWERS["DescribeImages"] = json.dumps({"imageDetails": [_image(number) for number in range(IMAGES)]}).encode()
