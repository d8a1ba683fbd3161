"""What a bucket holds, as boto3 reads it: one JSON object of keys to length, SHA-256 and type."""

import hashlib
import json
import sys

import boto3

endpoint, bucket, ca, key_id, secret, region = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    verify=ca,
    region_name=region,
    aws_access_key_id=key_id,
    aws_secret_access_key=secret,
)
held = {}
for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
    found = s3.get_object(Bucket=bucket, Key=entry["Key"], ChecksumMode="ENABLED")
    body = found["Body"].read()
    held[entry["Key"]] = {
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "type": found["ContentType"],
        "checksum": found.get("ChecksumSHA256"),
    }
print(json.dumps(held))
