"""The SDK and what else there is for ECR in Python, measured in the same run."""
