"""Count the memory that clesperanto takes on its device, since OpenCL itself keeps no count.

Every array of clesperanto's prototype asks an *allocator* for its memory. Inside
``with count_buffers() as used:`` that allocator is ours: it takes the same memory, and
notes when each piece is taken and when it is given back. pyclesperanto, which computes elsewhere
in the course, takes memory in C++, where nobody can listen.
"""

import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

from gpu_course.devices import clesperanto
from gpu_course.errors import CourseError


@dataclass
class Buffers:
    """What was taken and given back since counting began.

    Attributes
    ----------
    now : int
        Bytes in use at the moment.
    peak : int
        The most bytes in use at any moment.
    count : int
        Pieces in use at the moment.
    taken : int
        Pieces taken in all.
    history : list of int
        Bytes in use after every event, beginning with 0.
    """

    now: int = 0
    peak: int = 0
    count: int = 0
    taken: int = 0
    history: list[int] = field(default_factory=lambda: [0])

    def take(self, nbytes: int) -> None:
        """Note that a piece of memory was taken."""
        self.now += nbytes
        self.count += 1
        self.taken += 1
        self.peak = max(self.peak, self.now)
        self.history.append(self.now)

    def give_back(self, nbytes: int) -> None:
        """Note that a piece of memory was given back."""
        self.now -= nbytes
        self.count -= 1
        self.history.append(self.now)


@cache
def _array_class() -> Any:
    """Return the class of the prototype's arrays, from an array, as it has no public name."""
    return type(clesperanto.module().create((1, 1)))


@contextmanager
def count_buffers() -> Iterator[Buffers]:
    """Count the device memory of clesperanto's arrays made inside the block.

    Arrays made before the block are not counted, nor are OpenCL *images*, which clesperanto uses
    to rotate and scale. An array made inside counts until it is released, even after the block.

    Yields
    ------
    Buffers
        The count, which goes on changing.

    Raises
    ------
    CourseError
        If the course does not compute with the prototype, or with another version of it.

    Examples
    --------
    With ``GPU_COURSE_CLESPERANTO=prototype``:

    >>> from gpu_course import cle
    >>> from gpu_course.classical import count_buffers
    >>> with count_buffers() as used:  # doctest: +SKIP
    ...     image = cle.push(np.ones((256, 256), np.float32))
    >>> used.peak  # doctest: +SKIP
    262144
    """
    import pyopencl as cl

    if not clesperanto.is_prototype():
        raise CourseError(
            "pyclesperanto does not tell what memory it takes, its prototype does. Set "
            f"{clesperanto.VARIABLE}=prototype before the notebook's first cell."
        )
    OCLArray = _array_class()
    if "allocator" not in inspect.signature(OCLArray.__init__).parameters:
        raise CourseError(
            "The arrays of this pyclesperanto_prototype do not take their memory from an "
            'allocator. Run `pip install --no-deps "pyclesperanto-prototype==0.24.*"`.'
        )

    class Counted(cl.Buffer):  # a plain Buffer cannot tell anyone that it is being released
        pass

    used, counting = Buffers(), [True]
    original = OCLArray.__dict__.get("__init__")
    initialise = OCLArray.__init__

    @wraps(initialise)  # with its parameters, for a block inside this one
    def counted_init(self: Any, queue: Any, *arguments: Any, **options: Any) -> None:
        # An array that is given its memory (`data`) is a view of another and takes none.
        if options.get("data") is None and isinstance(queue, cl.CommandQueue):
            options["allocator"] = noting(queue.context, options.get("allocator"))
        initialise(self, queue, *arguments, **options)

    def noting(context: Any, take: Callable[[int], Any] | None) -> Callable[[int], Any]:
        def allocate(nbytes: int) -> Any:
            # Another block's allocator goes first, so that blocks inside blocks both count.
            buffer = take(nbytes) if take else Counted(context, cl.mem_flags.READ_WRITE, nbytes)
            if counting[0]:  # copies inherit their array's allocator, even after the block
                used.take(nbytes)
                weakref.finalize(buffer, used.give_back, nbytes)
            return buffer

        return allocate

    OCLArray.__init__ = counted_init
    try:
        yield used
    finally:
        counting[0] = False
        if original is None:
            del OCLArray.__init__
        else:
            OCLArray.__init__ = original
