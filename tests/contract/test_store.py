"""What the store promises, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_use_cases import ACCOUNT, NOW, REGION, Registry
from wharfside.blobs.base import StoredBlob
from wharfside.core.digests import sha256_of
from wharfside.core.errors import RegistryError
from wharfside.core.manifests import OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.registry import image_batches, image_deletion, images, layers, repositories
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.images import Push
from wharfside.store import images as stored_images
from wharfside.store import layers as stored_layers
from wharfside.store import repositories as stored_repositories
from wharfside.store import uploads
from wharfside.store.db import Db
from wharfside.store.images import Chosen
from wharfside.store.layers import GRACE_SECONDS
from wharfside.store.uploads import Upload


@pytest.fixture
def registry(db: Db) -> Registry:
    return Registry(db)


def test_repositories_are_apart_by_account_and_region(db: Db) -> None:
    for account, region in ((ACCOUNT, REGION), (ACCOUNT, "eu-west-1"), ("1" * 12, REGION)):
        unit = (account, region)
        db.write(lambda c, u=unit: repositories.create_repository(Unit(c, *u, NOW), "app", TagMutability(), {})).result(
            30
        )
    found = db.read(lambda c: repositories.list_repositories(Unit(c, ACCOUNT, REGION, NOW), "", 10))
    assert [(each.account, each.region, each.name) for each in found] == [(ACCOUNT, REGION, "app")]


def test_a_blob_is_stored_once_and_seen_only_through_links(registry: Registry) -> None:
    first, second = registry.repository("one"), registry.repository("two")
    digest = registry.blob(first.id, b"x", "sha256/a")
    assert registry.read(lambda unit: layers.find_layer(unit, "two", digest)) is None
    stored = StoredBlob(digest, 1, "sha256/b")
    done = registry.write(lambda unit: layers.complete_upload(unit, second.id, None, stored))
    assert (done.spare, done.was_there, done.blob.location) == ("sha256/b", False, "sha256/a")
    assert registry.read(lambda unit: layers.find_layer(unit, "two", digest)).location == "sha256/a"


def test_a_blob_that_no_image_needs_goes_after_its_grace_period(registry: Registry) -> None:
    repository = registry.repository()
    loose = registry.blob(repository.id, b"loose")
    registry.image(repository, b"kept", "v1")
    registry.now = NOW + GRACE_SECONDS / 2 + 1
    assert registry.read(lambda unit: layers.find_layer(unit, "app", loose)) is None
    assert registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 10)) == 0
    registry.now = NOW + GRACE_SECONDS + 1
    assert registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 10)) == 1
    assert delete(registry, unlinked(registry)) == [f"sha256/{loose}"]
    assert registry.read(lambda unit: layers.find_layer(unit, "app", sha256_of(b"kept"))) is not None


def unlinked(registry: Registry) -> list[int]:
    return registry.read(lambda unit: stored_layers.unlinked_blobs(unit.connection, 0, 10))


def delete(registry: Registry, ids: list[int]) -> list[str]:
    return registry.write(lambda unit: stored_layers.delete_unlinked_blobs(unit.connection, ids))


def test_a_blob_that_is_linked_again_before_it_is_deleted_stays(registry: Registry) -> None:
    one, two = registry.repository("one"), registry.repository("two")
    digests = [registry.blob(one.id, b"%d" % number) for number in range(3)]
    registry.now = NOW + GRACE_SECONDS + 1
    registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 10))
    found = unlinked(registry)
    assert len(found) == 3
    registry.blob(two.id, b"1", "sha256/again")
    assert delete(registry, found) == [f"sha256/{digests[0]}", f"sha256/{digests[2]}"]
    assert registry.read(lambda unit: layers.find_layer(unit, "two", digests[1])) is not None


def test_unlinked_blobs_are_found_in_pages(registry: Registry) -> None:
    repository = registry.repository()
    for number in range(5):
        registry.blob(repository.id, b"%d" % number)
    registry.write(lambda unit: repositories.delete_repository(unit, "app", force=True))
    found, last = list[int](), 0
    while page := registry.read(lambda unit, a=last: stored_layers.unlinked_blobs(unit.connection, a, 2)):
        found += page
        last = page[-1]
    assert found == unlinked(registry)
    assert len(found) == 5


def test_deleting_the_last_image_that_needs_a_blob_starts_its_grace_period(registry: Registry) -> None:
    repository = registry.repository()
    shared = sha256_of(b"shared")
    image = registry.image(repository, b"shared", "v1")
    registry.now = NOW + 10 * GRACE_SECONDS
    registry.write(lambda unit: image_deletion.delete_manifest(unit, "app", image))
    assert registry.read(lambda unit: layers.find_layer(unit, "app", shared)) is not None
    assert registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 10)) == 0
    assert registry.image(repository, b"shared", "v1") == image
    registry.now += 10 * GRACE_SECONDS
    assert registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 10)) == 0


def test_a_manifest_is_stored_once_and_goes_with_its_last_image(registry: Registry) -> None:
    one, two = registry.repository("one"), registry.repository("two")
    digest = registry.image(one, b"c", "v1")
    assert registry.image(two, b"c", "v1") == digest
    registry.write(lambda unit: image_deletion.delete_manifest(unit, "one", digest))
    assert registry.read(lambda unit: stored_images.content_of(unit.connection, digest))
    registry.write(lambda unit: repositories.delete_repository(unit, "two", force=True))
    with pytest.raises(Exception, match="No row"):
        registry.read(lambda unit: stored_images.content_of(unit.connection, digest))


def test_a_repository_has_so_many_images_and_no_more(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAXIMUM_IMAGES", 3)
    full, other = registry.repository("full"), registry.repository("other")
    for number in range(3):
        registry.image(full, b"%d" % number)
    registry.image(other, b"counts elsewhere")
    with pytest.raises(RegistryError) as refusal:
        registry.image(full, b"one too many", "v1")
    assert refusal.value.code == "LimitExceededException"
    kept = registry.read(lambda unit: stored_images.digests_and_tags_of(unit.connection, full.id))
    assert len(kept) == 3
    registry.image(full, b"2", "v1")  # one that is there may be tagged


def test_a_registry_has_so_many_repositories_and_no_more(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories, "MAXIMUM_REPOSITORIES", 2)
    registry.repository("one")
    registry.repository("two")
    with pytest.raises(RegistryError) as refusal:
        registry.repository("three")
    assert refusal.value.code == "LimitExceededException"
    registry.write(lambda unit: repositories.delete_repository(unit, "one", force=False))
    registry.repository("three")


def test_tags_sort_by_their_bytes(registry: Registry) -> None:
    repository = registry.repository()
    tags = ["v1", "V1", "v10", "v2", "a-b", "a_b", "a.b", "0", "_x"]
    registry.image(repository, b"c", *tags)
    listed = registry.read(lambda unit: images.list_tags(unit, "app", "", 100))
    assert listed == sorted(tags, key=str.encode)
    for position, tag in enumerate(listed):
        later = registry.read(lambda unit, t=tag: images.list_tags(unit, "app", t, 100))
        assert later == listed[position + 1 :]


def test_image_ids_page_without_loss_or_repetition(registry: Registry) -> None:
    repository = registry.repository()
    for number in range(7):
        registry.image(repository, b"%d" % number, *(f"t{number}-{tag}" for tag in range(number % 3)))
    whole = registry.read(
        lambda unit: stored_images.list_image_ids(unit.connection, repository.id, (-1, ""), 100, Chosen())
    )
    paged, after = [], (-1, "")
    while page := registry.read(
        lambda unit, a=after: stored_images.list_image_ids(unit.connection, repository.id, a, 2, Chosen())
    ):
        paged += page
        after = (page[-1][0], page[-1][2] or "")
    assert paged == whole
    assert len(whole) == 2 * 1 + 2 * 2 + 3
    untagged = registry.read(
        lambda unit: stored_images.list_image_ids(unit.connection, repository.id, (-1, ""), 100, Chosen(tagged=False))
    )
    assert len(untagged) == 3


def test_an_immutable_tag_is_not_moved_by_either_of_two_concurrent_pushes(registry: Registry) -> None:
    repository = registry.repository(mutability=TagMutability("IMMUTABLE"))
    contents = [b"%d" % number for number in range(6)]
    for content in contents:
        registry.blob(repository.id, content)

    def push(unit: Unit, content: bytes):
        digest = sha256_of(content)
        descriptor = f'{{"mediaType":"application/x-config","digest":"{digest}","size":{len(content)}}}'
        manifest = f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{descriptor},"layers":[]}}'.encode()
        return images.put_image(unit, "app", Push(manifest, parse_manifest(manifest, None), ("v1",)))

    answers = [registry.db.write(lambda c, b=content: push(Unit(c, ACCOUNT, REGION, NOW), b)) for content in contents]
    outcomes = [answer.exception(30) for answer in answers]
    refusals = [each for each in outcomes if each is not None]
    assert len(refusals) == 5
    assert {each.code for each in refusals if isinstance(each, RegistryError)} == {"ImageTagAlreadyExistsException"}


def test_an_ended_upload_stays_ended(registry: Registry) -> None:
    repository = registry.repository()
    upload = Upload("00000000-0000-0000-0000-000000000000", repository.id, 5)
    registry.write(lambda unit: layers.record_progress(unit, upload))
    registry.write(lambda unit: layers.end_upload(unit, upload))
    with pytest.raises(RegistryError, match="does not exist"):
        registry.write(lambda unit: layers.record_progress(unit, replace(upload, size=9)))
    old = registry.write(lambda unit: uploads.delete_old_uploads(unit.connection, NOW + 1, 10))
    assert old == [upload.id]
    assert registry.read(lambda unit: uploads.find_upload(unit.connection, upload.id)) is None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["push", "untag", "delete"]), st.integers(0, 3), st.integers(0, 3))))
def test_any_history_keeps_exactly_what_images_need(registry: Registry, history: list[tuple[str, int, int]]) -> None:
    """After any pushes and deletes every image's blobs are visible, and nothing else is kept for ever."""
    registry.now = NOW
    registry.write(lambda unit: _delete_if_there(unit, "any"))
    repository = registry.repository("any")
    for action, tag, content in history:
        if action == "push":
            registry.image(repository, b"content-%d" % content, f"t{tag}")
        else:
            ids = [ImageId(None, f"t{tag}")] if action == "untag" else [_digest_id(content)]
            registry.write(lambda unit, i=ids: image_batches.batch_delete_image(unit, "any", i))
    registry.now = NOW + 2 * GRACE_SECONDS
    registry.write(lambda unit: stored_layers.delete_old_orphans(unit.connection, unit.now, 1000))
    left = registry.read(lambda unit: stored_images.list_images(unit.connection, repository.id, None, 100, Chosen()))
    needed = {
        blob.digest
        for image in left
        for blob in parse_manifest(
            registry.read(lambda unit, i=image: stored_images.content_of(unit.connection, i.digest)), None
        ).blobs
    }
    every = [sha256_of(b"content-%d" % number) for number in range(4)]
    visible = registry.read(lambda unit: stored_layers.visible_blobs(unit.connection, repository.id, every, unit.now))
    assert set(visible) == needed


def _digest_id(content: int) -> ImageId:
    config = sha256_of(b"content-%d" % content)
    size = len(b"content-%d" % content)
    descriptor = f'{{"mediaType":"application/x-config","digest":"{config}","size":{size}}}'
    manifest = f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{descriptor},"layers":[]}}'.encode()
    return ImageId(sha256_of(manifest), None)


def _delete_if_there(unit: Unit, name: str) -> None:
    if stored_repositories.find_repository(unit.connection, unit.account, unit.region, name) is not None:
        repositories.delete_repository(unit, name, force=True)
