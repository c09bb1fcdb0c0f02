#!/bin/sh
# What `make cov` has cargo call instead of rustc for the crates of this workspace: they count which of their lines run. Functions too, for what they await of
# shared/ is compiled with them. What all of them depend on is compiled as ever, so it is not built once more.
exec "$@" -C instrument-coverage
