"""Layers, that is blobs, and the upload sessions they come by. One way in for the ECR API and the data plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wharfside.blobs.base import StoredBlob, is_archived
from wharfside.core import errors
from wharfside.core.digests import is_digest
from wharfside.core.names import DIGEST_PATTERN
from wharfside.registry import upload_ids
from wharfside.registry.context import Unit
from wharfside.registry.encryption import require_key
from wharfside.registry.repositories import get_repository
from wharfside.store import layers as stored
from wharfside.store import storage_classes as archived
from wharfside.store import uploads as stored_uploads
from wharfside.store.layers import Blob
from wharfside.store.storage_classes import Place
from wharfside.store.uploads import State, Upload

MAXIMUM_LAYER_BYTES = 52_000 * 1024 * 1024
"""ECR quota: size of a layer."""
MAXIMUM_PARTS = 4_200
"""ECR quota: parts of an upload through the ECR API."""
MINIMUM_PART_BYTES = 5 * 1024 * 1024
"""ECR quota: size of a part, the last one excepted."""


def start_upload(unit: Unit, key: bytes, name: str) -> Upload:
    """InitiateLayerUpload: a session with a new id. Nothing is written before the first byte comes.

    Raises KmsException, so that nobody sends what cannot be stored.
    """
    repository = get_repository(unit, name)
    require_key(unit, repository.encryption_domain)
    upload_id = upload_ids.new_upload_id(key, repository.id, unit.now)
    return Upload(upload_id, repository.id, domain=repository.encryption_domain)


def find_upload(unit: Unit, key: bytes, name: str, upload_id: str) -> Upload:
    """The session. Raises UploadNotFoundException for one that ended, expired, or is of another repository."""
    repository = get_repository(unit, name)
    missing = errors.upload_not_found(name, unit.account, upload_id)
    if not upload_ids.is_upload_id(key, upload_id, repository.id):
        raise missing
    upload = stored_uploads.find_upload(unit.connection, upload_id)
    if upload is None:
        if unit.now - upload_ids.started_at(upload_id) > upload_ids.LIFETIME_SECONDS:
            raise missing
        upload = Upload(upload_id, repository.id)
    if upload.ended:
        raise missing
    return replace(upload, domain=repository.encryption_domain)


def record_progress(unit: Unit, upload: Upload) -> None:
    """The session has come so far. Raises UploadNotFoundException if it ended or the repository went meanwhile."""
    state, repository = stored_uploads.state_of(unit.connection, upload)
    is_open = state in (State.UNRECORDED, State.RECORDED) and stored_uploads.put_upload(
        unit.connection, upload, unit.now, recorded=state is State.RECORDED
    )
    if not is_open:
        raise errors.upload_not_found(repository or "null", unit.account, upload.id)


def end_upload(unit: Unit, upload: Upload) -> None:
    """End a session; its id is never taken for a new one. Raises UploadNotFoundException if it has ended already."""
    record_progress(unit, replace(upload, ended=True))


@dataclass(frozen=True, slots=True)
class Completed:
    """A layer that the repository may see now. `spare`: the location of bytes that were stored already."""

    blob: Blob
    was_there: bool
    spare: str | None


def complete_upload(unit: Unit, repository_id: int, upload: Upload | None, stored_blob: StoredBlob) -> Completed:
    """Make a verified blob visible to the repository, and end its session."""
    if upload is not None:
        end_upload(unit, upload)
    elif not stored.repository_exists(unit.connection, repository_id):
        raise errors.upload_not_found("null", unit.account, "null")
    domain, digest, location = stored_blob.domain, stored_blob.digest, stored_blob.location
    blob, link = stored.find_blob(unit.connection, repository_id, domain, digest)
    spare: str | None = None
    if blob is None:
        blob = stored.insert_blob(unit.connection, domain, digest, stored_blob.size, location, unit.now)
    elif is_archived(blob.location) and archived.move_out_of_archive(
        unit.connection, Place(blob.id, blob.location), location
    ):
        spare = blob.location  # the archive's, instead of which the new bytes are there
    else:
        spare = location
    was_there = stored.link_blob(unit.connection, repository_id, blob.id, unit.now, link)
    return Completed(blob, was_there, spare)


def find_layer(unit: Unit, name: str, digest: str) -> Blob | None:
    """The blob, if the repository may see it. Raises RepositoryNotFoundException."""
    exists, blob = stored.find_layer(unit.connection, unit.account, unit.region, name, digest, unit.now)
    if not exists:
        raise errors.repository_not_found(name, unit.account)
    return blob


@dataclass(frozen=True, slots=True)
class Layer:
    """What BatchCheckLayerAvailability says of a digest: `blob` is None when nothing is known of it here."""

    digest: str
    blob: Blob | None
    media_type: str | None
    archived: bool = False
    """Only images that are not active need it: to push an image with it, it has to be uploaded again."""


@dataclass(frozen=True, slots=True)
class LayerFailure:
    """Why a digest could not be looked up (ECR structure LayerFailure)."""

    digest: str
    code: str
    reason: str


def check_availability(unit: Unit, name: str, digests: Sequence[str]) -> tuple[list[Layer], list[LayerFailure]]:
    """BatchCheckLayerAvailability: malformed digests fail alone, unknown ones are unavailable."""
    repository = get_repository(unit, name)
    layers: list[Layer] = []
    failures: list[LayerFailure] = []
    wanted = list(dict.fromkeys(digests))
    found = stored.visible_blobs(unit.connection, repository.id, filter(is_digest, wanted), unit.now)
    for digest in wanted:
        if not digest:
            reason = "Invalid request parameters: layer digest cannot be empty"
            failures.append(LayerFailure(digest, "MissingLayerDigest", reason))
        elif not is_digest(digest):
            reason = f"Invalid request parameters: layer digest should satisfy the regex '{DIGEST_PATTERN}'"
            failures.append(LayerFailure(digest, "InvalidLayerDigest", reason))
        else:
            layers.append(_availability(unit, repository.id, digest, found.get(digest)))
    return layers, failures


def _availability(unit: Unit, repository_id: int, digest: str, blob: Blob | None) -> Layer:
    if blob is not None:
        return Layer(digest, blob, stored.media_type_of(unit.connection, repository_id, blob.id))
    found = archived.find_archived_layer(unit.connection, repository_id, digest)
    return Layer(digest, None, None) if found is None else Layer(digest, *found, archived=True)


def downloadable_layer(unit: Unit, name: str, digest: str) -> Blob:
    """GetDownloadUrlForLayer. Raises LayersNotFoundException, LayerInaccessibleException (no active image has it)."""
    repository = get_repository(unit, name)
    blob = find_layer(unit, name, digest)
    if blob is None:
        if archived.find_archived_layer(unit.connection, repository.id, digest) is not None:
            raise errors.layer_archived(name, unit.account, digest)
        raise errors.layer_not_found(name, unit.account, digest)
    if stored.media_type_of(unit.connection, repository.id, blob.id) is None:
        raise errors.layer_inaccessible(name, unit.account, digest)
    return blob


def mount(unit: Unit, name: str, digest: str, sources: Sequence[str] | None) -> bool:
    """Link a blob that one of the source repositories may see; False when none of the same encryption domain does.

    Without sources, every repository of the registry that has the blob is one. The caller has been found to be allowed
    to read them (OCI distribution specification, "Mounting a blob from another repository").
    """
    repository = get_repository(unit, name, lock=True)
    require_key(unit, repository.encryption_domain)
    for source in sources or ():
        exists, blob = stored.find_layer(unit.connection, unit.account, unit.region, source, digest, unit.now)
        if exists and blob is not None and blob.domain == repository.encryption_domain:
            _, link = stored.find_blob(unit.connection, repository.id, blob.domain, digest)
            stored.link_blob(unit.connection, repository.id, blob.id, unit.now, link)
            return True
    return False


def repositories_with(unit: Unit, name: str, digest: str, limit: int) -> list[str]:
    """Names of repositories of this registry that may see the blob, and are encrypted as this one is."""
    domain = get_repository(unit, name).encryption_domain
    return stored.repositories_with(unit.connection, unit.account, unit.region, domain, digest, unit.now, limit)


def delete_layer(unit: Unit, name: str, digest: str) -> None:
    """DELETE of a blob on the data plane. Raises LayersNotFoundException, and a refusal while an image needs it."""
    repository = get_repository(unit, name, lock=True)
    blob = find_layer(unit, name, digest)
    if blob is None:
        raise errors.layer_not_found(name, unit.account, digest)
    if stored.media_type_of(unit.connection, repository.id, blob.id) is not None:
        raise errors.RegistryError("LayerReferencedByImage", "Requested layer is referenced by an image")
    stored.unlink_blob(unit.connection, repository.id, blob.id)
