"""Classify pictures from within an asyncio application."""

import asyncio
import os
import sys

from client import AsyncClient, ClientError

URL = os.environ.get("MNIST_URL", "http://localhost:8080")
MODEL = os.environ.get("MNIST_MODEL", "mnist")


async def main() -> None:
    """Wait for the service, then classify one picture."""
    async with AsyncClient(URL, api_key=os.environ.get("MNIST_API_KEY")) as client:
        await client.wait_until_ready(timeout=30)  # raises client.TimedOut
        answer = await client.classify("seven.png", model=MODEL, include=["input"])
        print(answer.label, answer.status, answer.input.steps if answer.input else ())


try:
    asyncio.run(main())
except ClientError as error:
    sys.exit(f"{error.code}: {error.detail}")
