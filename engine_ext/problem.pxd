"""C declarations of a search's problem: units by class, rules, columns (possible uses) and what was chosen of them."""

cimport cython
from libc.stdint cimport int32_t, int64_t

from engine_ext.patterns cimport MOST_GROUPS, MOST_SLOTS

cdef enum:
    FREE = -1
    CLASSES = 64
    COLUMNS = 8192
    PARTS = 65_536
    STEPS = 32_768


cdef struct Rule:
    int place
    int slots
    int kind
    int scope
    bint dearest
    bint overlapping  # some class fills two of its slots, so two uses may consume the same
    int group
    int64_t value
    int64_t pick
    int64_t size
    int64_t need[MOST_SLOTS]
    bint alike[MOST_SLOTS]  # whether the slot takes and gives exactly what the one before it does
    bint is_possible  # some use of it fits
    int64_t nearest  # the largest saving of any possible use, which may be negative
    Py_ssize_t first  # its columns are first .. last - 1
    Py_ssize_t last


cdef struct Part:
    int32_t slot
    int32_t cls
    int64_t count


cdef struct Column:
    int rule
    int part_count
    int take_count
    Py_ssize_t parts  # where its parts begin: slot by slot, classes in order
    Py_ssize_t takes  # where its takes begin: what it consumes of each class, all slots together
    int64_t saving


@cython.final
cdef class Problem:
    cdef Py_ssize_t classes
    cdef int rules
    cdef Rule *rule
    cdef int64_t *worth  # of a unit of each class
    cdef int64_t *left  # units of each class that nothing has consumed yet
    cdef int64_t *used  # units of each class in the use that is being built
    cdef unsigned char *masks  # [rule * classes + class]: the slots that the class may fill
    cdef unsigned char *narrow  # the same, less what a narrowed enumeration leaves out
    cdef unsigned char *taken  # scratch: a mark per part of a use
    cdef int64_t *extra  # [(rule * MOST_SLOTS + slot) * classes + class]: supplements; NULL without any
    cdef int owner[MOST_GROUPS]  # the rule that holds the group or FREE
    cdef Column *column
    cdef Py_ssize_t columns
    cdef Py_ssize_t column_room
    cdef Part *part
    cdef Py_ssize_t parts
    cdef Py_ssize_t part_room
    cdef Part *draft  # the use that is being built
    cdef Py_ssize_t drafted
    cdef dict seen  # consumption -> column, for the overlapping rule whose uses are being listed
    cdef Py_ssize_t steps
    cdef bint overflown
    cdef bint is_narrow


cdef Problem open_problem(list patterns, list groups, Py_ssize_t classes)
cdef Py_ssize_t list_uses(Problem problem, Py_ssize_t widest) except -1
cdef int64_t saving_of(Problem problem, Rule *rule, const Part *parts, Py_ssize_t count) except? -1
