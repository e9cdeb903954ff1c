"""Vendors the AWS service models as facts, and tells when a newer botocore knows more."""
