"""The one exception a user of the course is meant to read."""


class CourseError(Exception):
    """Something the user can mend.

    The message is one plain sentence (or two): what went wrong, and what to do about it. The
    command line prints it without a traceback and exits with status 1.
    """
