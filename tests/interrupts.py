"""Ctrl-C for programs that tests start, whatever started the tests."""

import signal


def heed() -> None:
    """Let the program that is about to begin be interrupted: for ``preexec_fn``.

    A shell starts what runs behind it deaf to Ctrl-C, and every program inherits that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
