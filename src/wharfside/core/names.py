"""Names and addresses of ECR: repositories, tags, accounts, regions and ARNs (ECR API reference, member patterns)."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Separators and alphanumerics never overlap, so these match in linear time.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[0-9a-z-]{2,25}")
_ARN = re.compile(r"arn:(aws[a-z-]*):ecr:([0-9a-z-]{2,25}):([0-9]{12}):repository/(.{2,256})", re.DOTALL)

ROOT = "ROOT"
"""In place of a prefix: every repository."""
TAG_PATTERN = "[a-zA-Z0-9-_.]+"
"""What ECR names as the form of a tag."""
TAG_RULE = f"must satisfy regular expression '{TAG_PATTERN}'"
"""What ECR says of a tag that it refuses."""
DIGEST_PATTERN = "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+"
"""What ECR names as the form of a digest."""
DIGEST_RULE = f"must satisfy regular expression '{DIGEST_PATTERN}'"
"""What ECR says of an image digest that it refuses."""


def is_repository_name(text: str) -> bool:
    """Whether this is a private repository name: 2 to 256 characters, lower-case components separated by `/`."""
    return 2 <= len(text) <= 256 and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Whether this is a tag by the OCI distribution specification (section "Pulling manifests")."""
    return _TAG.fullmatch(text) is not None


def is_account(text: str) -> bool:
    """Whether this is an account id: 12 digits."""
    return _ACCOUNT.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Whether this has the form of a region."""
    return _REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """The ARN partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def repository_arn(account: str, region: str, repository: str) -> str:
    """The ARN of a private repository."""
    return f"arn:{partition_of(region)}:ecr:{region}:{account}:repository/{repository}"


def namespace_of(prefix: str) -> str:
    """What the names of repositories begin with that a prefix stands for: with its implied `/`, and empty for ROOT."""
    return "" if prefix == ROOT else prefix.removesuffix("/") + "/"


def namespaces_of(repository: str) -> list[str]:
    """The namespaces that a repository is in, the longest first and that of ROOT last."""
    found = [""]
    for part in repository.split("/")[:-1]:
        found.append(f"{found[-1]}{part}/")
    return found[::-1]


@dataclass(frozen=True, slots=True)
class RepositoryArn:
    """The parts of a repository's ARN."""

    region: str
    account: str
    repository: str


def parse_repository_arn(text: str) -> RepositoryArn | None:
    """The parts of a repository's ARN; None when the text is no such ARN."""
    match = _ARN.fullmatch(text)
    if match is None or not is_repository_name(match[4]) or match[1] != partition_of(match[2]):
        return None
    return RepositoryArn(region=match[2], account=match[3], repository=match[4])
