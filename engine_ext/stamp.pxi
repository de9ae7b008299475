# Included by every .pyx: the hash of the sources this module was built from, held against the sources beside it.
cdef extern from *:
    """
    #ifndef GUICHET_SOURCE_SHA256
    #error "build with setup.py: the core must carry the hash of its sources"
    #endif
    """
    const char *GUICHET_SOURCE_SHA256

from engine_ext import refuse_stale

SOURCE_SHA256 = (<bytes>GUICHET_SOURCE_SHA256).decode("ascii")
refuse_stale(__name__, SOURCE_SHA256)
