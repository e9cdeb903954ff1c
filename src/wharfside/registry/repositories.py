"""Repositories: the use cases behind ECR's operations on them."""

from __future__ import annotations

from collections.abc import Sequence

from wharfside.core.encryption import Encryption, domain_of
from wharfside.core.errors import (
    invalid_parameter,
    repository_already_exists,
    repository_not_empty,
    repository_not_found,
    too_many_repositories,
)
from wharfside.core.mutability import TagMutability
from wharfside.core.names import parse_repository_arn
from wharfside.core.tagging import require_room
from wharfside.registry.context import Unit
from wharfside.registry.events import ImageAction, emit
from wharfside.store import images as stored_images
from wharfside.store import repositories as stored
from wharfside.store.repositories import Repository

MAXIMUM_REPOSITORIES = 100_000
"""Repositories per account and region (ECR quota)."""


def get_repository(unit: Unit, name: str, *, lock: bool = False) -> Repository:
    """The repository. Raises RepositoryNotFoundException. `lock` keeps other writers of it away."""
    found = stored.find_repository(unit.connection, unit.account, unit.region, name, lock=lock)
    if found is None:
        raise repository_not_found(name, unit.account)
    return found


def create_repository(
    unit: Unit, name: str, mutability: TagMutability, tags: dict[str, str], encryption: Encryption | None = None
) -> Repository:
    """CreateRepository. Raises RepositoryAlreadyExistsException, LimitExceededException.

    `encryption`: None stores what is pushed as it comes.
    """
    if stored.find_repository(unit.connection, unit.account, unit.region, name) is not None:
        raise repository_already_exists(name, unit.account)
    if stored.count_repositories(unit.connection, unit.account, unit.region) >= MAXIMUM_REPOSITORIES:
        raise too_many_repositories(unit.account, MAXIMUM_REPOSITORIES)
    domain = domain_of(encryption)
    made = stored.insert_repository(unit.connection, unit.account, unit.region, name, mutability, unit.now, domain)
    stored.put_resource_tags(unit.connection, made.id, tags)
    return made


def describe_repositories(unit: Unit, names: Sequence[str]) -> list[Repository]:
    """DescribeRepositories by name: every one of them, or RepositoryNotFoundException."""
    return [get_repository(unit, name) for name in dict.fromkeys(names)]


def list_repositories(unit: Unit, after: str, limit: int) -> list[Repository]:
    """DescribeRepositories without names, and the catalog: by name, those greater than `after`."""
    return stored.list_repositories(unit.connection, unit.account, unit.region, after, limit)


def delete_repository(unit: Unit, name: str, *, force: bool) -> Repository:
    """DeleteRepository; the repository as it was. Raises RepositoryNotEmptyException."""
    found = get_repository(unit, name, lock=True)
    if not force and stored.has_images(unit.connection, found.id):
        raise repository_not_empty(name, unit.account)
    images = stored_images.digests_and_tags_of(unit.connection, found.id)
    stored.delete_repository(unit.connection, found.id)
    stored_images.delete_unused_manifests(unit.connection, list(dict.fromkeys(digest for digest, _ in images)))
    emit(unit, *(ImageAction("DELETE", name, digest, tag) for digest, tag in images))
    return found


def put_image_tag_mutability(unit: Unit, name: str, mutability: TagMutability) -> Repository:
    """PutImageTagMutability: counts for later pushes."""
    found = get_repository(unit, name, lock=True)
    stored.update_mutability(unit.connection, found.id, mutability)
    return found


def _by_arn(unit: Unit, arn: str, *, lock: bool = False) -> Repository:
    parts = parse_repository_arn(arn)
    if parts is None or (parts.account, parts.region) != (unit.account, unit.region):
        raise invalid_parameter("resourceArn", "Invalid ARN")
    return get_repository(unit, parts.repository, lock=lock)


def tag_resource(unit: Unit, arn: str, tags: dict[str, str]) -> None:
    """TagResource: merges by key. Raises TooManyTagsException."""
    found = _by_arn(unit, arn, lock=True)
    require_room(stored.resource_tags(unit.connection, found.id), tags)
    stored.put_resource_tags(unit.connection, found.id, tags)


def untag_resource(unit: Unit, arn: str, keys: Sequence[str]) -> None:
    """UntagResource: unknown keys are ignored."""
    found = _by_arn(unit, arn, lock=True)
    present = stored.resource_tags(unit.connection, found.id)
    # A request may name more keys than a statement has room for.
    stored.delete_resource_tags(unit.connection, found.id, present.keys() & set(keys))


def list_tags_for_resource(unit: Unit, arn: str) -> dict[str, str]:
    """ListTagsForResource."""
    return stored.resource_tags(unit.connection, _by_arn(unit, arn).id)
