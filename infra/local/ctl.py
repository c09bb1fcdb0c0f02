"""`make ctl ARGS='import orders.csv'`: orderctl with the running local cloud's addresses."""

from __future__ import annotations

import os
import sys

import known
from demo import ORDERCTL

if __name__ == "__main__":
    if not ORDERCTL.is_file():
        sys.exit("orderctl isn't built. Build it: make build")
    cloud = known.load()
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env["ORDERFLOW_API_KEY"] = cloud["keys"].get("api_key", "")
    os.execve(ORDERCTL, [str(ORDERCTL), *sys.argv[1:]], {**env, **cloud["env"]})
