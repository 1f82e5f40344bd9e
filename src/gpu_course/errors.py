"""The exceptions a user of the course is meant to read."""


class CourseError(Exception):
    """Something the user can mend.

    The message is one plain sentence (or two): what went wrong, and what to do about it. The
    command line prints it without a traceback and exits with status 1.
    """


class MachineError(CourseError):
    """What this machine lacks: a driver, a device, a package, a file, the network.

    A check of an exercise tells it from a mistake of the student by this class.
    """
