"""The generator stays small, and its output is what is committed."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[3]
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - docstrings)


def test_lines_of_code_are_counted_without_blanks_comments_and_docstrings() -> None:
    module = '"""A module."""\n\n# A comment.\ntext = """\ntwo"""\n'
    function = 'def f():\n    "What it gives."\n    return text  # a comment\n'
    assert code_lines(module + function) == 4


def test_it_has_at_most_1500_lines_without_blanks_comments_and_docstrings() -> None:
    files = list((ROOT / "tools" / "codegen").rglob("*.py"))
    assert len(files) > 10
    assert sum(code_lines(file.read_text()) for file in files) <= 1500


def test_what_it_makes_is_committed() -> None:
    command = [sys.executable, "-m", "tools.codegen", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
