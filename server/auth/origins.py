"""Whether a request that a cookie speaks for was made by a page of ours, or by another site's in the same browser."""

from collections.abc import Mapping, Set

from server.api.problems import Problem

SAFE_METHODS = frozenset({"GET", "HEAD"})
OWN_PAGE = (b"x-till", b"1")
"""A header that no form can send, and no foreign script without being let to (no CORS is granted here)."""


class Origins:
    """The origins of our own pages: ``hosts`` are the names that the server answers to.

    Behind a proxy the pages have the proxy's address, so that a name of ours with the port of its scheme is one too.
    """

    def __init__(self, hosts: Set[bytes], *, tls: bool = False, behind_proxy: bool = False) -> None:
        self._scheme = b"https://" if tls or behind_proxy else b"http://"
        self._fixed = frozenset(self._scheme + host for host in hosts) if behind_proxy else frozenset()

    def require_own_page(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuses what does not show ``Origin`` of the very server that it is sent to (its Host is known to be ours)
        and ``X-Till: 1``, and what the browser itself calls cross-site."""
        if headers.get(b"sec-fetch-site", b"").lower() == b"cross-site":
            raise Problem("auth.cross_site")
        origin = headers.get(b"origin", b"").lower()
        if origin != self._scheme + headers.get(b"host", b"").lower() and origin not in self._fixed:
            raise Problem("auth.origin", at="Origin")
        if headers.get(OWN_PAGE[0]) != OWN_PAGE[1]:
            raise Problem("auth.own_page", at="X-Till")
