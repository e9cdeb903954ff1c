"""Amazon ECR that anyone can run.

PYTEST_DONT_REWRITE: pytest is not to warn when it starts after the import of this, as in a notebook; no assertion here
is a test's.
"""
