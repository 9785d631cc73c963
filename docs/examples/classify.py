"""Classify pictures with the client library."""

import os
import sys

from client import Client, ClientError, Failure

url = os.environ.get("MNIST_URL", "http://localhost:8080")
model = os.environ.get("MNIST_MODEL", "mnist")
files = sys.argv[1:] or ["seven.png", "no-picture.txt"]

try:
    with Client(url, api_key=os.environ.get("MNIST_API_KEY")) as client:
        for result in client.classify_many(files, model=model):
            if isinstance(result, Failure):
                print(f"{result.name}: {result.error.code}: {result.error.detail}")
            else:
                print(f"{result.name}: {result.label} ({result.status})")
except ClientError as error:
    sys.exit(f"{error.code}: {error.detail}")
