"""Resource tags of repositories (ECR operations TagResource, UntagResource, CreateRepository)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from wharfside.core.errors import invalid_tag_parameter, too_many_tags

MAXIMUM_TAGS = 50
"""Tags per repository (ECR quota)."""
RESERVED_PREFIX = "aws:"


def check_tags(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The tags by key. Raises InvalidTagParameterException for a bad, reserved or repeated key, or a bad value."""
    checked: dict[str, str] = {}
    for key, value in tags:
        if not 1 <= len(key) <= 128:
            raise invalid_tag_parameter("a tag key must have 1 to 128 characters")
        if len(value) > 256:
            raise invalid_tag_parameter("a tag value must have at most 256 characters")
        if any(unicodedata.category(letter) == "Cc" for letter in key + value):
            raise invalid_tag_parameter("tag keys and values must not have control characters")
        if key.lower().startswith(RESERVED_PREFIX):
            raise invalid_tag_parameter("tag keys that start with 'aws:' are reserved")
        if key in checked:
            raise invalid_tag_parameter("a tag key is given more than once")
        checked[key] = value
    if len(checked) > MAXIMUM_TAGS:
        raise too_many_tags(MAXIMUM_TAGS)
    return checked


def require_room(present: Iterable[str], added: Iterable[str]) -> None:
    """Raises TooManyTagsException if there would be too many keys after adding some to those that are there."""
    if len({*present, *added}) > MAXIMUM_TAGS:
        raise too_many_tags(MAXIMUM_TAGS)
