"""How the program says no: one line that says what was found, where, and what to do."""

import errno

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Refused(ValueError):
    """The input was refused; the message is one line for the user, never shown with a traceback."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def is_disk_full(error: Exception) -> bool:
    """Whether an operation failed for want of room, whatever it worked on: a library may say so in words alone."""
    said = str(error)
    return getattr(error, "errno", None) in _DISK_FULL or "No space left" in said or "File too large" in said
