"""`python -m openprotect.demo.bound PID COMMAND...`: the command, which ends when process PID does.

A supervisor that is killed with SIGKILL cannot stop what it started. Linux sends SIGTERM for it;
elsewhere this is the command and nothing more. A process of its own, because what is done
between fork and exec of a process with threads may hang it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; it outlives exec


def main(parent: int, command: list[str]) -> None:
    """Becomes the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we had asked
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
