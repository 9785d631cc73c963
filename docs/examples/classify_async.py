"""Classify pictures from within an asyncio application."""

import asyncio
import os

from client import AsyncClient

URL = os.environ.get("MNIST_URL", "http://localhost:8080")
MODEL = os.environ.get("MNIST_MODEL", "mnist")


async def main() -> None:
    """Wait for the service, then classify one picture."""
    async with AsyncClient(URL) as client:
        await client.wait_until_ready(timeout=30)  # raises client.TimedOut
        answer = await client.classify("seven.png", model=MODEL, include=["input"])
        print(answer.label, answer.status, answer.input.steps if answer.input else ())


asyncio.run(main())
