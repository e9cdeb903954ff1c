import boto3
from mypy_boto3_ecr import ECRClient

client: ECRClient = boto3.client("ecr")
for repository in client.describe_repositories()["repositories"]:
    print(repository.get("repositoryName"))
