from wharfside_sdk.ecr import ECRClient

for repository in ECRClient().describe_repositories()["repositories"]:
    print(repository["repositoryName"])
