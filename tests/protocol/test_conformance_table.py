"""Every case of the official OCI conformance suites, and the test of ours that covers it.

The list of their names is a file beside the checkout; where it is not, the table is only checked against our tests.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from test_conformance_images import SHAPES

CASES = Path(__file__).parents[3] / "shared" / "data" / "conformance-cases.txt"

UPLOADS, IMAGES = "test_conformance_uploads", "test_conformance_images"
MANAGEMENT, DISCOVERY = "test_conformance_management", "test_conformance_discovery"
MOUNTS, RANGES = "test_conformance_mounts", "test_conformance_ranges"

# Suite v1.1.1: what the name contains, in order of precedence, and where it is tested.
FIRST_SUITE = (
    ("Error codes 400 response body", MANAGEMENT, "test_malformed_digest_of_manifest"),
    ("Teardown Delete manifest", IMAGES, "test_delete"),
    ("Teardown Delete created manifest", IMAGES, "test_delete"),
    ("Teardown References teardown", IMAGES, "test_delete"),
    ("Teardown Delete config", IMAGES, "test_delete"),
    ("Teardown Delete layer", IMAGES, "test_delete"),
    ("Setup Get tag name from environment", IMAGES, "test_tag_list"),
    ("Setup Check how many tags", IMAGES, "test_tag_list"),
    ("Setup References setup", DISCOVERY, "test_referrers"),
    ("Setup Populate registry with test", IMAGES, "test_push"),
    ("nonexistent blob should result in 404", UPLOADS, "test_missing_blob"),
    ("Pull blobs HEAD request to existing", IMAGES, "test_head"),
    ("Pull blobs GET request to existing", IMAGES, "test_pull"),
    ("nonexistent manifest should return 404", MANAGEMENT, "test_missing_manifest"),
    ("Pull manifests HEAD request to manifest", IMAGES, "test_head"),
    ("Pull manifests GET request to manifest", IMAGES, "test_pull"),
    ("Blob Upload Streamed", UPLOADS, "test_stream"),
    ("Blob Upload Monolithic POST request with digest", UPLOADS, "test_post_only"),
    ("Blob Upload Monolithic GET request to blob URL", UPLOADS, "test_post_only"),
    ("Blob Upload Monolithic", UPLOADS, "test_post_then_put"),
    ("Blob Upload Chunked Out-of-order", UPLOADS, "test_chunks_out_of_order"),
    ("Blob Upload Chunked Retry previous", UPLOADS, "test_repeated_chunk"),
    ("Blob Upload Chunked Get on stale", UPLOADS, "test_repeated_chunk"),
    ("Blob Upload Chunked", UPLOADS, "test_chunks"),
    ("Mount POST request to mount", MOUNTS, "test_mount"),
    ("Mount GET request to test digest", MOUNTS, "test_mount"),
    ("Cross-mounting of nonexistent blob", MOUNTS, "test_mount_of_missing_blob"),
    ("without from", MOUNTS, "test_mount_without_source"),
    ("without the from argument", MOUNTS, "test_mount_without_source"),
    ("Manifest Upload PUT should accept", IMAGES, "test_push"),
    ("Manifest Upload Registry should accept a manifest upload with no layers", IMAGES, "test_push[no-layers]"),
    ("Manifest Upload GET request to manifest URL", IMAGES, "test_pull"),
    ("GET request to list tags", DISCOVERY, "test_tag_list"),
    ("GET number of tags should be limitable", DISCOVERY, "test_tag_list_is_limited_by_n"),
    ("GET start of tag is set by `last`", DISCOVERY, "test_tag_list_starts_after_last"),
    ("(listing references) GET request to nonexistent blob", DISCOVERY, "test_referrers_of_nothing"),
    ("(listing references)", DISCOVERY, "test_referrers"),
    ("DELETE request to manifest tag", MANAGEMENT, "test_deleting_a_tag_leaves_the_others"),
    ("Manifest delete", MANAGEMENT, "test_deleting_a_manifest_deletes_its_tags"),
    ("Blob delete", MANAGEMENT, "test_deleting_a_blob"),
)

# The suite of 2026, cases of blobs: the name after the algorithm (a pattern), and where it is tested.
BLOBS = (
    ("get-missing", UPLOADS, "test_missing_blob"),
    ("post only/.*", UPLOADS, "test_post_only"),
    ("post[+]put/.*", UPLOADS, "test_post_then_put"),
    ("chunked single/.*", UPLOADS, "test_single_chunk"),
    ("stream/.*", UPLOADS, "test_stream"),
    ("mount/blob-delete", MOUNTS, "test_mounted_blob_outlives_its_source"),
    ("mount/.*", MOUNTS, "test_mount"),
    ("mount anonymous/.*", MOUNTS, "test_mount_without_source"),
    ("mount missing/.*", MOUNTS, "test_mount_of_missing_blob"),
    ("post cancel/.*", UPLOADS, "test_cancel"),
    ("chunked multi/.*", UPLOADS, "test_chunks"),
    ("chunked multi and put chunk/.*", UPLOADS, "test_chunks"),
    ("chunked out-of-order/.*", UPLOADS, "test_chunks_out_of_order"),
    ("chunked out-of-order and put chunk/.*", UPLOADS, "test_chunks_out_of_order"),
    ("range requests/blob-.*", UPLOADS, "test_post_then_put"),
    ("range requests/range (500-1499|500-|-500|2000-5000)", RANGES, "test_range"),
    ("range requests/range (500-0|5000-10000)", RANGES, "test_range_that_cannot_be_satisfied"),
    ("(empty|emptyJSON)/.*", UPLOADS, "test_well_known_content"),
    ("bad digest post only/.*", UPLOADS, "test_wrong_digest_post_only"),
    ("bad digest post[+]put/.*", UPLOADS, "test_wrong_digest_post_then_put"),
    ("bad digest chunked/.*", UPLOADS, "test_wrong_digest_chunks"),
    ("bad digest chunked and put chunk/.*", UPLOADS, "test_wrong_digest_chunks"),
    ("bad digest stream/.*", UPLOADS, "test_wrong_digest_stream"),
)

# The suite of 2026, cases of content: the step of a shape, and where it is tested for every shape.
STEPS = {"push": "test_push", "tag-list": "test_tag_list", "head": "test_head", "pull": "test_pull"}
STEPS |= {"delete": "test_delete"}

OTHERS = (
    ("ping", DISCOVERY, "test_base"),
    ("empty/tag list", DISCOVERY, "test_empty_tag_list"),
    ("empty/referrers", DISCOVERY, "test_referrers_in_a_repository_that_does_not_exist"),
    ("sparse/.*", IMAGES, "test_sparse"),
    ("tag-param-sha(256|512)/.*", IMAGES, "test_tag_parameters"),
    ("bad-digest-image/.*", MANAGEMENT, "test_manifest_of_another_digest"),
    ("missing-manifest/.*", MANAGEMENT, "test_missing_manifest"),
    ("invalid-digest-format/manifest-.*", MANAGEMENT, "test_malformed_digest_of_manifest"),
    ("invalid-digest-format/.*", MANAGEMENT, "test_malformed_digest_of_blob"),
    (".*/referrers", DISCOVERY, "test_referrers"),
)


def covering_test(name: str) -> tuple[str, str] | None:
    """The module and test that cover a case of either suite."""
    if ": " in name:
        return next(((module, test) for part, module, test in FIRST_SUITE if part in name), None)
    algorithm, _, rest = name.partition(" blobs/")
    table = BLOBS if rest and algorithm in {"sha256", "sha512"} else OTHERS
    for pattern, module, test in table:
        if re.fullmatch(pattern, rest if table is BLOBS else name):
            return module, test
    shape, _, step = name.partition("/")
    test = STEPS.get(step.partition("/")[0])
    return (IMAGES, f"{test}[{shape}]") if test and shape in SHAPES else None


def names_of_cases() -> list[str]:
    names = []
    for line in CASES.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        names.append(re.sub(r"^\d+\t\d+\t", "", line))
    return names


def test_every_official_case_is_covered() -> None:
    if not CASES.exists():
        pytest.skip("the list of official cases is not beside this checkout")
    names = names_of_cases()
    assert len(names) > 400
    assert [name for name in names if covering_test(name) is None] == []


def test_the_table_names_tests_that_exist() -> None:
    named = {(module, test) for _, module, test in (*FIRST_SUITE, *BLOBS, *OTHERS)}
    named |= {(IMAGES, test) for test in STEPS.values()}
    for module, test in sorted(named):
        name, _, shape = test.rstrip("]").partition("[")
        assert callable(getattr(importlib.import_module(module), name))
        assert not shape or shape in SHAPES


def test_unknown_cases_are_not_covered() -> None:
    assert covering_test("image/unheard-of") is None
    assert covering_test("Pull: something new") is None
    assert covering_test("sha256 blobs/unheard-of") is None
