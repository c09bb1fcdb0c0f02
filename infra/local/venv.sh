#!/usr/bin/env bash
# venv.sh FOLDER REQUIREMENTS: a Python environment with exactly these packages; quick when it is there and up to date.
set -euo pipefail
folder=$1 requirements=$2
stamp="$folder/.installed"
if [[ -f $stamp ]] && cmp -s "$requirements" "$stamp"; then exit 0; fi

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed (PYTHON=/path/to/python3 make ...)" >&2; exit 1; }
if ! "$python" -c 'import ensurepip' 2>/dev/null; then # Debian ships it apart
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing python3-venv ..." >&2
    { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null
  else
    echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
  fi
fi
echo "setting up $folder (once; about a minute) ..." >&2
[[ -x $folder/bin/python ]] || "$python" -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$requirements" # one command: later ones could break earlier pins
cp "$requirements" "$stamp"
