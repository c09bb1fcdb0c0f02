"""`make ctl ARGS='import orders.csv'`: orderctl with the running local cloud's addresses."""

from __future__ import annotations

import os
import sys

import known
from demo import ORDERCTL

if __name__ == "__main__":
    if not ORDERCTL.is_file():
        sys.exit("orderctl isn't built. Build it: make build")
    os.execve(ORDERCTL, [str(ORDERCTL), *sys.argv[1:]], known.environment())
