"""The one exception whose text is meant for the user."""

from __future__ import annotations


class PhoihopError(Exception):
    """Bad input or settings; the message is one sentence: what, where, what to do.

    The command line prints it without a traceback and exits with code 2.
    """
