"""Which tags may be moved: image tag mutability with exclusion filters (ECR operation PutImageTagMutability)."""

from __future__ import annotations

from dataclasses import dataclass

from wharfside.core.errors import RegistryError, invalid_parameter

MUTABLE = "MUTABLE"
IMMUTABLE = "IMMUTABLE"
_WITH_EXCLUSION = "_WITH_EXCLUSION"


@dataclass(frozen=True, slots=True)
class TagMutability:
    """A repository's mode, and the wildcard filters whose tags are the exception to it."""

    mode: str = MUTABLE
    exclusions: tuple[str, ...] = ()

    def allows_overwriting(self, tag: str) -> bool:
        """Whether an existing tag may be pointed at another image."""
        excepted = any(matches(tag, pattern) for pattern in self.exclusions)
        return excepted != self.mode.startswith(MUTABLE)


def matches(tag: str, pattern: str) -> bool:
    """Whether the whole tag matches the pattern, in which `*` stands for any run of characters; case counts."""
    first, *rest = pattern.split("*")
    if not rest:
        return tag == first
    if not tag.startswith(first):
        return False
    position = len(first)
    *middle, last = rest
    for part in middle:
        found = tag.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return len(tag) - len(last) >= position and tag.endswith(last)


def check_mutability(mode: str, exclusions: tuple[str, ...] | None) -> TagMutability:
    """The setting, if mode and filters go together. Raises InvalidParameterException."""
    needs_filters = mode.endswith(_WITH_EXCLUSION)
    if needs_filters and not exclusions:
        raise _refusal(f"ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set to {mode}")
    if not needs_filters and exclusions:
        raise _refusal(f"ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set to {mode}")
    return TagMutability(mode, exclusions or ())


def _refusal(reason: str) -> RegistryError:
    return invalid_parameter("imageTagMutabilityExclusionFilters", reason)
