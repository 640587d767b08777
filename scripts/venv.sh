# Sourced by the scripts beside it: makes a virtual environment with a Python of 3.11 or later.
# Usage: make_venv FOLDER; install_packages NAME...
# The variable PYTHON names the Python to take, such as python3.12.

find_python() {
  for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$name"
      return
    fi
  done
  echo "PixelLab needs Python 3.11 or later${PYTHON:+, which $PYTHON is not}; none was found." >&2
  return 1
}

# Installs Debian or Ubuntu packages where that is allowed, else says what to type.
install_packages() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
  else
    echo "Missing: $*; type: sudo apt-get install $*" >&2
    return 1
  fi
}

# Whether the environment has a working pip, and is of that Python where one was asked for.
works_with() {
  [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 || return 1
  [ -z "${PYTHON:-}" ] || [ "$(version_of "$1/bin/python")" = "$(version_of "$2")" ]
}

version_of() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

make_venv() {
  python=$(find_python) || return 1
  works_with "$1" "$python" && return
  # Debian and Ubuntu keep the venv module's pip in a package of its own.
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    install_packages "$package" || return 1
  fi
  if [ -e "$1" ] && [ ! -e "$1/made-by-pixellab" ]; then
    echo "$1 exists and has no working pip; remove it or move it away first." >&2
    return 1
  fi
  rm -rf "$1"
  "$python" -m venv "$1"
  touch "$1/made-by-pixellab"
}
