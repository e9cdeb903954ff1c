"""Tag patterns of lifecycle policies, for very many tags (ECR user guide, "Lifecycle policy properties").

For a single tag, `mutability.matches` says the same without the price of an expression.
"""

from __future__ import annotations

import re


def compile_tag_pattern(pattern: str) -> re.Pattern[str]:
    """An expression whose `match` tells whether a whole tag is like the pattern, in which `*` stands for any text.

    Each text between two `*` is looked for from the left, and where it was found first is never given up: that loses
    nothing, since the next `*` can take more. So no pattern takes longer than its length times that of the tag.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return re.compile(re.escape(first) + r"\Z")
    *middle, last = rest
    end = f".*{re.escape(last)}\\Z" if last else ""
    return re.compile(re.escape(first) + "".join(map(_first, filter(None, middle))) + end, re.DOTALL)


def _first(text: str) -> str:
    """What takes everything to the end of the first such text, and gives nothing of it back."""
    head, tail = re.escape(text[0]), re.escape(text[1:])
    others = f"[^{head}]*+"
    if not tail:
        return others + head
    return f"{others}(?:{head}(?!{tail}){others})*+{head}{tail}"
