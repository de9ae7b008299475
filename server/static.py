"""Files of ours that never change under their address: the hash of what they hold stands in it, so caches keep them."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

HASH_CHARS = 16  # 64 bits: two contents of one file never share an address
KEEP = "public, max-age=31536000, immutable"


class StaticFile:
    """One file under its path; ``address`` is the path with the hash of its content as ``v``.

    Asked under another hash or none it is answered too, for whoever has an older page, and then kept by nobody.
    """

    def __init__(self, path: str, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self._hash = hashlib.sha256(content).hexdigest()[:HASH_CHARS]
        self._tag = f'"{self._hash}"'
        self.address = f"{path}?v={self._hash}"

    async def answer(self, request: Request) -> Response:
        """The file, or 304 where the client has it already (RFC 9110, 13.1.2)."""
        headers = {"etag": self._tag}
        if request.query_params.get("v") == self._hash:
            headers["cache-control"] = KEEP
        known = request.headers.get("if-none-match", "")
        if known.strip() == "*" or self._tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(self._content, headers=headers, media_type=self._media_type)
