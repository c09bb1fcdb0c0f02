"""`within.py COMMAND...`: any program, with the running local cloud's addresses and credentials."""

from __future__ import annotations

import os
import sys

import known

if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], known.environment())
