"""Lists on the data plane: tags, the catalog, referrers (OCI distribution specification, "Content Discovery")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from wharfside.api.messages import Response
from wharfside.api.oci.errors import API_VERSION
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.references import require_digest
from wharfside.core.errors import RegistryError, invalid_parameter
from wharfside.core.manifests import OCI_INDEX
from wharfside.registry import images, repositories
from wharfside.registry.context import Unit
from wharfside.registry.images import Referrers
from wharfside.registry.tokens import open_page, seal_page

DEFAULT_PAGE = 1_000
MAXIMUM_PAGE = 10_000
REFERRERS_PAGE = 500
"""Referrers per answer; fewer where their annotations are large."""


def _page_size(query: dict[str, str]) -> int:
    text = query.get("n")
    if text is None:
        return DEFAULT_PAGE
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RegistryError("InvalidParameterException", "The parameter n must be a number of entries")
    return min(int(text), MAXIMUM_PAGE)


def _last(query: dict[str, str]) -> str:
    """After which name to go on. No name has a NUL, and PostgreSQL takes none: whatever stands behind it is nothing."""
    return query.get("last", "").partition("\0")[0]


def _next(path: str, parameters: Mapping[str, str | list[str]]) -> dict[str, str]:
    return {"Link": f'<{path}?{urlencode(parameters, doseq=True)}>; rel="next"'}


def _json(value: object, headers: dict[str, str], media_type: str = "application/json") -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(200, {"Content-Type": media_type, **headers, **API_VERSION}, body)


def list_tags(exchange: Exchange, unit: Unit) -> Response:
    """GET of the tag list: in the order of their bytes, `n` at a time, those after `last`."""
    query = exchange.request.query()
    size = _page_size(query)
    tags = images.list_tags(unit, exchange.name, _last(query), size + 1)
    headers: dict[str, str] = {}
    if len(tags) > size:
        tags = tags[:size]
        if tags:
            headers = _next(f"/v2/{exchange.name}/tags/list", {"n": str(size), "last": tags[-1]})
    return _json({"name": exchange.name, "tags": tags}, headers)


def catalog(exchange: Exchange, unit: Unit) -> Response:
    """GET of the catalog: the repositories of the registry."""
    query = exchange.request.query()
    size = _page_size(query)
    names = [each.name for each in repositories.list_repositories(unit, _last(query), size + 1)]
    headers: dict[str, str] = {}
    if len(names) > size:
        names = names[:size]
        if names:
            headers = _next("/v2/_catalog", {"n": str(size), "last": names[-1]})
    return _json({"repositories": names}, headers)


def _referrers(exchange: Exchange, unit: Unit, after: int, types: list[str]) -> Referrers:
    """A page; none in a repository that does not exist, as no such request is answered 404."""
    try:
        return images.list_referrers(unit, exchange.name, exchange.reference, after, REFERRERS_PAGE, types)
    except RegistryError as error:
        if error.code != "RepositoryNotFoundException":
            raise
        return Referrers([], {}, more=False)


def list_referrers(exchange: Exchange, unit: Unit) -> Response:
    """GET of the referrers of a digest, as an index; neither the subject nor the repository need be here.

    With several `artifactType` parameters, those of any of these types: containerd sends one for each that it wants.
    """
    require_digest(exchange.reference)
    types = [value for name, value in exchange.request.parameters() if name == "artifactType"]
    if any("\0" in each for each in types):
        raise invalid_parameter("artifactType", "must be a media type")
    call = ["referrers", unit.account, unit.region, exchange.name, exchange.reference, types]
    query = exchange.request.query()
    after = int(open_page(exchange.node.sealer, call, query["after"])) if "after" in query else 0
    found = _referrers(exchange, unit, after, types)
    headers = {"OCI-Filters-Applied": "artifactType"} if types else {}
    if found.more:
        position = seal_page(exchange.node.sealer, call, found.images[-1].id)
        path = f"/v2/{exchange.name}/referrers/{quote(exchange.reference, safe=':')}"
        headers |= _next(path, {"after": position, "artifactType": types})
    manifests: list[dict[str, object]] = []
    for image in found.images:
        entry: dict[str, object] = {
            "mediaType": image.media_type,
            "digest": image.digest,
            "size": image.manifest_size,
        }
        if image.artifact_type:
            entry["artifactType"] = image.artifact_type
        if annotations := found.annotations.get(image.id):
            entry["annotations"] = annotations
        manifests.append(entry)
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
    return _json(index, headers, OCI_INDEX)
