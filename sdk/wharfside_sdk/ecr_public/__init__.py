# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""Types of Amazon ECR Public."""
