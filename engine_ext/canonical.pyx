"""Canonical bytes: the one JSON encoding of an entry that is hashed, stored, exported and verified."""

include "stamp.pxi"

import types
import unicodedata

import msgspec

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_GetItem, PyDict_Next
from cpython.list cimport PyList_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_SIZE
from libc.string cimport memcpy


cdef extern from "Python.h":
    ctypedef struct PyMemberDef:
        int type
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    unsigned int PyUnicode_READ(int kind, void *data, Py_ssize_t index)
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1


cdef extern from "structmember.h":
    int T_OBJECT_EX


cdef enum:
    DEPTH = 32
    ROOM_FIRST = 4096
    SLACK = 32  # the longest single write that is not measured beforehand: an escape, a code point or an integer
    STRIDE = 32  # a short piece is copied as this many bytes, whatever its length: a call of memcpy costs more
    FIRST_COMBINING = 0x300  # every code point below is NFC whatever its neighbours are

ENTRY_BYTES_MAX = 65_535
DEPTH_MAX = DEPTH
INTEGER_MAX = 9_007_199_254_740_991  # 2^53 - 1
LIMIT_MAX = 1_073_741_824

cdef long long _INTEGER_MAX = 9_007_199_254_740_991
cdef object _is_normalized = unicodedata.is_normalized
cdef object _member_descriptor = types.MemberDescriptorType
cdef const char *HEX = b"0123456789abcdef"
cdef bytes _pairs = "".join([f"{number:02d}" for number in range(100)]).encode()
cdef const char *PAIRS = _pairs  # two digits at a time: a division costs more than a look
cdef const char *WORDS = b"nulltruefalse[]                                "  # and room to be read STRIDE bytes far


class CanonicalError(ValueError):
    """A value that has no canonical bytes: ``code`` is stable, ``path`` says where (``$.lines[2].label``).

    Codes, each after ``canonical.``: ``float``, ``type``, ``key``, ``integer_range``, ``surrogate``, ``not_nfc``,
    ``depth``, ``unset``, ``too_large``.
    """

    def __init__(self, code, path, message):
        super().__init__(code, path, message)
        self.code = code
        self.path = path
        self.message = message

    def __str__(self):
        return f"{self.code} at {self.path}: {self.message}"


cdef struct Step:
    PyObject *container  # borrowed: the call that walks it holds it
    PyObject *key  # of a dict, borrowed from it
    Py_ssize_t position


cdef struct Sink:
    unsigned char *data
    Py_ssize_t size
    Py_ssize_t room
    Py_ssize_t limit
    int depth
    Step steps[DEPTH]


@cython.final
@cython.auto_pickle(False)
cdef class _Plan:
    # How a struct type is written: before each field its fixed bytes, `,"name":` (the first with `{` and the tag), and
    # the place of the field's pointer inside the object. Built once per type.

    cdef tuple names
    cdef bytes fixed
    cdef Py_ssize_t fields
    cdef Py_ssize_t *ends  # of each field's fixed bytes; one more for the closing brace
    cdef Py_ssize_t *places

    def __cinit__(self):
        self.ends = self.places = NULL

    def __dealloc__(self):
        PyMem_Free(self.ends)
        PyMem_Free(self.places)

    cdef int fill(self, tuple names, list fixed, list places) except -1:
        cdef Py_ssize_t i, end = 0
        self.names = names
        self.fields = len(names)
        self.fixed = b"".join(fixed) + bytes(STRIDE)
        self.ends = <Py_ssize_t *>PyMem_Malloc((self.fields + 1) * sizeof(Py_ssize_t))
        self.places = <Py_ssize_t *>PyMem_Malloc((self.fields + 1) * sizeof(Py_ssize_t))
        if self.ends is NULL or self.places is NULL:
            raise MemoryError()
        for i in range(self.fields + 1):
            end += len(fixed[i])
            self.ends[i] = end
        for i in range(self.fields):
            self.places[i] = places[i]
        return 0


cdef dict _plans = {}


cdef Py_ssize_t _place(object cls, object name) except -1:
    # A struct keeps each field as a pointer at a fixed place, which its slot descriptor knows.
    for base in cls.__mro__:
        descriptor = base.__dict__.get(name)
        if descriptor is None:
            continue
        if type(descriptor) is not _member_descriptor:
            break
        if (<PyMemberDescrObject *>descriptor).d_member.type != T_OBJECT_EX:
            break
        return (<PyMemberDescrObject *>descriptor).d_member.offset
    raise TypeError(f"field {name} of {cls.__name__} is not a slot: this msgspec lays structs out differently")


cdef _Plan _plan_of(object cls):
    config = cls.__struct_config__
    if config.array_like:
        return None
    cdef list fixed = []
    cdef bytes before = b"{"
    if config.tag is not None:
        before += encode(config.tag_field) + b":" + encode(config.tag) + b","
    for name in cls.__struct_encode_fields__:
        fixed.append(before + encode(name) + b":")
        before = b","
    # What is left over belongs to a struct without fields.
    fixed.append(b"}" if fixed else before.rstrip(b",") + b"}")
    cdef _Plan plan = _Plan.__new__(_Plan)
    plan.fill(tuple(cls.__struct_encode_fields__), fixed, [_place(cls, name) for name in cls.__struct_fields__])
    return plan


cdef int _fail(Sink *sink, str code, str message) except -1:
    cdef int i
    cdef Step *step
    cdef str path = "$"
    for i in range(sink.depth):
        step = &sink.steps[i]
        container = <object>step.container
        if type(container) is dict:
            path += "." + (<object>step.key if type(<object>step.key) is str else "?")
        elif type(container) is list or type(container) is tuple:
            path += f"[{step.position}]"
        else:
            path += "." + (<_Plan>_plans[type(container)]).names[step.position]
    raise CanonicalError("canonical." + code, path.encode("utf-8", "backslashreplace").decode("utf-8"), message)


cdef int _too_large(Py_ssize_t limit) except -1:
    raise CanonicalError("canonical.too_large", "$", f"more than {limit} bytes")


cdef int _widen(Sink *sink, Py_ssize_t more) except -1:
    cdef Py_ssize_t room = sink.size + more
    cdef unsigned char *wider
    if room > sink.limit + SLACK:
        _too_large(sink.limit)
    room = min(max(room, 2 * sink.room), sink.limit + SLACK)
    wider = <unsigned char *>PyMem_Realloc(sink.data, room)
    if wider is NULL:
        raise MemoryError()
    sink.data = wider
    sink.room = room
    return 0


cdef inline int _reserve(Sink *sink, Py_ssize_t more) except -1:
    if more > sink.room - sink.size:
        _widen(sink, more)
    return 0


cdef inline int _put(Sink *sink, const void *data, Py_ssize_t size) except -1:
    _reserve(sink, size)
    memcpy(sink.data + sink.size, data, size)
    sink.size += size
    return 0


cdef inline int _put_short(Sink *sink, const void *data, Py_ssize_t size) except -1:
    # For at most STRIDE bytes of a source that may be read STRIDE bytes far; what is written beyond is written over.
    _reserve(sink, STRIDE)
    memcpy(sink.data + sink.size, data, STRIDE)
    sink.size += size
    return 0


cdef inline int _put_char(Sink *sink, unsigned char char) except -1:
    _reserve(sink, 1)
    sink.data[sink.size] = char
    sink.size += 1
    return 0


cdef inline bint _is_plain(const unsigned char *text, Py_ssize_t size) noexcept:
    # No early exit, so that the compiler can look at sixteen bytes at a time.
    cdef Py_ssize_t i
    cdef unsigned char special = 0
    for i in range(size):
        special |= (text[i] < 0x20) | (text[i] == c'"') | (text[i] == c"\\")
    return special == 0


cdef inline int _put_escape(Sink *sink, unsigned char char) except -1:
    cdef char escape[6]
    cdef int size = 2
    escape[0] = c"\\"
    if char == c'"' or char == c"\\":
        escape[1] = char
    elif char == 0x08:
        escape[1] = c"b"
    elif char == 0x09:
        escape[1] = c"t"
    elif char == 0x0A:
        escape[1] = c"n"
    elif char == 0x0C:
        escape[1] = c"f"
    elif char == 0x0D:
        escape[1] = c"r"
    else:
        memcpy(escape + 1, b"u00", 3)
        escape[4] = HEX[char >> 4]
        escape[5] = HEX[char & 15]
        size = 6
    return _put(sink, escape, size)


cdef inline int _put_point(Sink *sink, unsigned int point) except -1:
    cdef unsigned char out[4]
    cdef int size
    if point < 0x80:
        if point < 0x20 or point == c'"' or point == c"\\":
            return _put_escape(sink, <unsigned char>point)
        return _put_char(sink, <unsigned char>point)
    if point < 0x800:
        out[0] = 0xC0 | (point >> 6)
        size = 2
    elif point < 0x10000:
        out[0] = 0xE0 | (point >> 12)
        out[1] = 0x80 | ((point >> 6) & 0x3F)
        size = 3
    else:
        out[0] = 0xF0 | (point >> 18)
        out[1] = 0x80 | ((point >> 12) & 0x3F)
        out[2] = 0x80 | ((point >> 6) & 0x3F)
        size = 4
    out[size - 1] = 0x80 | (point & 0x3F)
    return _put(sink, out, size)


cdef int _check_text(Sink *sink, object text) except -1:
    # Only for text outside ASCII and Latin-1, whose code points are all below the first combining one.
    cdef Py_ssize_t i
    cdef unsigned int point
    cdef bint ask = False
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    for i in range(PyUnicode_GET_LENGTH(text)):
        point = PyUnicode_READ(kind, data, i)
        if 0xD800 <= point <= 0xDFFF:
            _fail(sink, "surrogate", "text holds half of a surrogate pair")
        ask |= point >= FIRST_COMBINING
    if ask and not _is_normalized("NFC", text):
        _fail(sink, "not_nfc", "text is not in Unicode normal form C")
    return 0


cdef int _put_text(Sink *sink, object text) except -1:
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    if PyUnicode_IS_ASCII(text) and _is_plain(<const unsigned char *>data, size):
        _reserve(sink, size + 2)
        sink.data[sink.size] = c'"'
        memcpy(sink.data + sink.size + 1, data, size)
        sink.data[sink.size + 1 + size] = c'"'
        sink.size += size + 2
        return 0
    if kind != 1:
        _check_text(sink, text)
    _put_char(sink, c'"')
    for i in range(size):
        _put_point(sink, PyUnicode_READ(kind, data, i))
    return _put_char(sink, c'"')


cdef int _put_integer(Sink *sink, object value) except -1:
    cdef unsigned char digits[20 + STRIDE]
    cdef int overflow = 0, at = 20
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    cdef unsigned long long rest
    if overflow or number > _INTEGER_MAX or number < -_INTEGER_MAX:
        _fail(sink, "integer_range", "integer outside -(2^53-1) to 2^53-1")
    rest = <unsigned long long>(number if number >= 0 else -number)
    with cython.cdivision(True):  # The divisor is 100 or 10.
        while rest >= 100:
            at -= 2
            memcpy(digits + at, PAIRS + 2 * (rest % 100), 2)
            rest //= 100
        at -= 1
        digits[at] = 0x30 + <unsigned char>(rest % 10)
        if rest >= 10:
            at -= 1
            digits[at] = 0x30 + <unsigned char>(rest // 10)
    if number < 0:
        at -= 1
        digits[at] = c"-"
    return _put_short(sink, digits + at, 20 - at)


cdef inline Step *_enter(Sink *sink, object container) except NULL:
    if sink.depth == DEPTH:
        _fail(sink, "depth", f"more than {DEPTH} levels")
    cdef Step *step = &sink.steps[sink.depth]
    step.container = <PyObject *>container
    step.key = NULL
    step.position = 0
    sink.depth += 1
    return step


cdef inline int _put_fixed(Sink *sink, const char *data, Py_ssize_t size) except -1:
    return _put_short(sink, data, size) if size <= STRIDE else _put(sink, data, size)


cdef int _put_struct(Sink *sink, object value, _Plan plan) except -1:
    cdef Step *step = _enter(sink, value)
    cdef const char *fixed = PyBytes_AS_STRING(plan.fixed)
    cdef Py_ssize_t i, begin = 0
    cdef PyObject *field
    for i in range(plan.fields):
        step.position = i
        _put_fixed(sink, fixed + begin, plan.ends[i] - begin)
        begin = plan.ends[i]
        field = (<PyObject **>(<char *><PyObject *>value + plan.places[i]))[0]
        if field is NULL:
            _fail(sink, "unset", "field was never set")
        _put_value(sink, <object>field)
    sink.depth -= 1
    return _put_fixed(sink, fixed + begin, plan.ends[plan.fields] - begin)


cdef int _put_list(Sink *sink, list value) except -1:
    cdef Step *step = _enter(sink, value)
    cdef Py_ssize_t i = 0
    _put_char(sink, c"[")
    while i < PyList_GET_SIZE(value):
        step.position = i
        if i:
            _put_char(sink, c",")
        _put_value(sink, value[i])
        i += 1
    sink.depth -= 1
    return _put_char(sink, c"]")


cdef int _put_tuple(Sink *sink, tuple value) except -1:
    cdef Step *step = _enter(sink, value)
    cdef Py_ssize_t i
    _put_char(sink, c"[")
    for i in range(PyTuple_GET_SIZE(value)):
        step.position = i
        if i:
            _put_char(sink, c",")
        _put_value(sink, value[i])
    sink.depth -= 1
    return _put_char(sink, c"]")


cdef int _put_dict(Sink *sink, dict value) except -1:
    cdef Step *step = _enter(sink, value)
    cdef Py_ssize_t position = 0
    cdef bint begun = False
    cdef PyObject *key
    cdef PyObject *element
    _put_char(sink, c"{")
    while PyDict_Next(value, &position, &key, &element):
        step.key = key
        if begun:
            _put_char(sink, c",")
        begun = True
        if type(<object>key) is not str:
            _fail(sink, "key", f"a key must be str, not {type(<object>key).__name__}")
        _put_text(sink, <object>key)
        _put_char(sink, c":")
        _put_value(sink, <object>element)
    sink.depth -= 1
    return _put_char(sink, c"}")


cdef int _put_value(Sink *sink, object value) except -1:
    kind = type(value)
    if kind is str:
        return _put_text(sink, value)
    if kind is int:
        return _put_integer(sink, value)
    if value is None:
        return _put_short(sink, WORDS, 4)
    if value is True:
        return _put_short(sink, WORDS + 4, 4)
    if value is False:
        return _put_short(sink, WORDS + 8, 5)
    if kind is tuple:
        return _put_tuple(sink, value) if PyTuple_GET_SIZE(value) else _put_short(sink, WORDS + 13, 2)
    cdef PyObject *known = PyDict_GetItem(_plans, kind)
    if known is not NULL:
        return _put_struct(sink, value, <_Plan>known)
    if kind is list:
        return _put_list(sink, value)
    if kind is dict:
        return _put_dict(sink, value)
    return _put_other(sink, value)


cdef int _put_other(Sink *sink, object value) except -1:
    # The first struct of its type, or something that has no canonical form.
    if isinstance(value, msgspec.Struct):
        plan = _plan_of(type(value))
        if plan is not None:
            _plans[type(value)] = plan
            return _put_struct(sink, value, plan)
    if isinstance(value, float):
        return _fail(sink, "float", "floats are not sealed: amounts are integers")
    return _fail(sink, "type", f"{type(value).__name__} has no canonical form")


def encode(value, limit=ENTRY_BYTES_MAX):
    """The canonical JSON of a value, as ``docs/journal.md`` defines it.

    Takes msgspec Structs (every declared field in declared order under its encoded name, the tag first;
    ``omit_defaults`` is not followed), dicts with ``str`` keys (their own order), lists, tuples, ``str``, ``int``,
    ``bool`` and ``None``; never a subclass of the builtins. Text must be NFC already: normalising is the edge's job,
    here it would change what somebody else signed. ``limit`` is in bytes. Raises ``CanonicalError``.
    """
    cdef Sink sink
    if type(limit) is not int or not 1 <= limit <= LIMIT_MAX:
        raise ValueError(f"a limit is between 1 and {LIMIT_MAX} bytes, not {limit!r}")
    sink.size = 0
    sink.depth = 0
    sink.limit = limit
    sink.room = min(sink.limit + SLACK, ROOM_FIRST)
    sink.data = <unsigned char *>PyMem_Malloc(sink.room)
    if sink.data is NULL:
        raise MemoryError()
    try:
        _put_value(&sink, value)
        if sink.size > sink.limit:
            _too_large(sink.limit)
        return PyBytes_FromStringAndSize(<char *>sink.data, sink.size)
    finally:
        PyMem_Free(sink.data)
