"""boto3-dataclass-ecr, which wraps what boto3 answers and checks nothing."""

from __future__ import annotations

from collections.abc import Callable

from boto3_dataclass_ecr.caster import ecr_caster

from benchmarks.sdk.contenders import boto3_client


def read() -> Callable[[bytes], object]:
    parse = boto3_client.read()
    return lambda body: [image.imageDigest for image in ecr_caster.describe_images(parse(body)).imageDetails]
