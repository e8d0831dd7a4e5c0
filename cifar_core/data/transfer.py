"""One file over HTTP, going on where an earlier attempt ended."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 20.0
"""How long a server may stay silent."""

_RANGE_NOT_SATISFIABLE = 416


class TransferError(Exception):
    """The network or the server failed, with the reason as a phrase; what came until then is in the file."""


def download_into(
    part: BinaryIO, url: str, on_bytes: Callable[[int, int | None], None], should_stop: Callable[[], bool]
) -> bool:
    """Downloads what a file lacks of a URL's content; where the server cannot begin midway, all of it.

    Args:
        part: open for appending; what it holds is taken for the beginning of the content.
        url: of HTTP or HTTPS.
        on_bytes: told the bytes in the file, and the bytes of the whole content where the server says.
        should_stop: asked after every piece of at most 64 kB.

    Returns:
        Whether the content is whole: False where it was asked to stop.

    Raises:
        TransferError: the server was not reached, refused, fell silent or cut the connection.
        OSError: the file cannot be written.
    """
    held = part.seek(0, os.SEEK_END)
    response = _request(url, held)
    if response is None:
        return True
    with response:
        begin, total = _extent(response)
        if begin != held:
            part.truncate(0)
            if begin:  # a piece that was not asked for
                return download_into(part, url, on_bytes, should_stop)
            held = 0
        on_bytes(held, total)
        for chunk in _chunks(response):
            part.write(chunk)
            part.flush()  # told of only once a killed program would leave it
            held += len(chunk)
            on_bytes(held, total)
            if should_stop():
                return False
    if total is not None and held < total:
        raise TransferError(f"the connection was cut off after {held:,} of {total:,} bytes")
    return True


def _request(url: str, begin: int) -> HTTPResponse | None:
    """The answer from some byte on; None where the server says that the content has no such byte."""
    headers = {"User-Agent": "cifar-lab"} | ({"Range": f"bytes={begin}-"} if begin else {})
    try:
        response: HTTPResponse = urlopen(Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        if begin and error.code == _RANGE_NOT_SATISFIABLE:
            return None
        raise TransferError(f"the server answered {error.code} {error.reason}") from None
    except (OSError, HTTPException) as error:
        raise TransferError(_reason(error)) from None
    return response


def _extent(response: HTTPResponse) -> tuple[int, int | None]:
    """The first byte that an answer holds, and the bytes of the whole content where it tells."""
    part_of = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if part_of:
        return int(part_of[1]), None if part_of[2] == "*" else int(part_of[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    try:
        # read1 gives what has come; read would wait for a whole chunk, and a stop with it.
        while chunk := response.read1(CHUNK_BYTES):
            yield chunk
    except (OSError, HTTPException) as error:
        raise TransferError(_reason(error)) from None


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error  # a URLError wraps what happened
    return str(getattr(cause, "strerror", None) or cause or type(cause).__name__).rstrip(".")
