"""The limit: an aiohttp loop on uvloop that posts the same bodies and does nothing else."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp
import uvloop


def bare_rate(urls: Sequence[str], body: bytes, count: int, in_flight: int) -> float:
    """Requests a second."""
    return uvloop.run(_post_all(urls, body, count, in_flight))


async def _post_all(urls: Sequence[str], body: bytes, count: int, in_flight: int) -> float:
    numbers = iter(range(count))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "bare",
        "webhook-id": "msg_06gvpml7cj579nme4baogimovo",
        "webhook-timestamp": "1795243550",
        "webhook-signature": "v1,1aMmfASKobLQ7SLLXdC1hPuSnkhAR5Q1+qawvnCNUis=",
    }

    async def post() -> None:
        for n in numbers:
            async with session.post(urls[n % len(urls)], data=body, headers=headers) as response:
                await response.read()

    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        start = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(in_flight)))
        return count / (time.perf_counter() - start)
