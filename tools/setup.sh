#!/usr/bin/env bash
# Sets up what the Makefile needs and says what it does: `tools/setup.sh system|venv|dev [VENV] [need...]`.
#   system  the compiler and system packages: installed through apt as root or with sudo, otherwise named
#   venv    .venv with requirements.txt      dev  the same with requirements-dev.txt
# PYTHON chooses the interpreter (3.10 or newer); ORACLE=0 leaves PyTorch, the tests' oracle, out.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  fail "no Python 3.10 or newer found; name one with PYTHON=/path/to/python3"
}

# The packages missing on this system, by Debian's and Ubuntu's names.
missing_packages() {
  local python=$1 package_python version
  shift
  local packages=()
  command -v "${CXX:-c++}" >/dev/null 2>&1 || packages+=(g++)
  command -v strip >/dev/null 2>&1 || packages+=(binutils)
  # /usr/bin/python3 is the distribution's own; another version of it carries its number in the package's name.
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  package_python=python$version
  if [ -x /usr/bin/python3 ] && [ "$(readlink -f "$python")" = "$(readlink -f /usr/bin/python3)" ]; then
    package_python=python3
  fi
  "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || packages+=("$package_python-venv")
  "$python" -c 'import os, sysconfig, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' || packages+=("$package_python-dev")
  has_header hwy/highway.h || packages+=(libhwy-dev)
  local need
  for need in "$@"; do
    case $need in
      tests) has_header gtest/gtest.h || packages+=(libgtest-dev) ;;
      data) [ -d "${DATA:-/usr/share/datasets/fashion-mnist}" ] || packages+=(dataset-fashion-mnist) ;;
      *) fail "unknown need: $need" ;;
    esac
  done
  printf '%s\n' "${packages[@]+"${packages[@]}"}"
}

# Asks the compiler, which knows its own search path, and the usual folders when there is none yet.
has_header() {
  if command -v "${CXX:-c++}" >/dev/null 2>&1; then
    printf '#include <%s>\n' "$1" | "${CXX:-c++}" -std=c++17 -fsyntax-only -x c++ - >/dev/null 2>&1
  else
    [ -f "/usr/include/$1" ] || [ -f "/usr/local/include/$1" ]
  fi
}

setup_system() {
  local python missing as_root=()
  python=$(find_python)
  mapfile -t missing < <(missing_packages "$python" "$@")
  missing=($(printf '%s\n' "${missing[@]}" | sed '/^$/d'))
  [ ${#missing[@]} -eq 0 ] && return
  if ! command -v apt-get >/dev/null 2>&1; then
    fail "missing on this system (Debian's package names): ${missing[*]}. Install them with the system's package manager."
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      fail "missing system packages. Please run: apt-get install ${missing[*]}   (as root), then repeat."
    fi
  fi
  say "Installing system packages: ${missing[*]}"
  local install=("${as_root[@]+"${as_root[@]}"}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q
                 --no-install-recommends "${missing[@]}")
  if ! "${install[@]}" >/dev/null 2>&1; then
    "${as_root[@]+"${as_root[@]}"}" apt-get update -q >&2 || fail "apt-get update failed"
    "${install[@]}" >&2 || fail "could not install: ${missing[*]}"
  fi
  # A package may depend on the interpreter's version, so look again instead of trusting the exit status.
  mapfile -t missing < <(missing_packages "$python" "$@" | sed '/^$/d')
  [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation: ${missing[*]}"
}

setup_venv() {
  local venv=$1 requirements=$2 python
  if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python)
    say "Creating $venv with $python"
    "$python" -m venv "$venv"
  fi
  local pip=("$venv/bin/python" -m pip install -q --disable-pip-version-check)
  if [ "$requirements" = requirements-dev.txt ]; then
    grep -v '^torch' requirements-dev.txt | sed "s|^-r |-r $PWD/|" >"$venv/requirements-dev.txt"
    say "Installing requirements-dev.txt into $venv"
    "${pip[@]}" -r "$venv/requirements-dev.txt"
    [ "${ORACLE:-1}" = 0 ] || "${pip[@]}" "$(grep '^torch' requirements-dev.txt)" ||
      say "warning: PyTorch, the tests' oracle, could not be installed; the tests that need it will be skipped"
  else
    say "Installing $requirements into $venv"
    "${pip[@]}" -r "$requirements"
  fi
}

case ${1:-} in
  system) shift; setup_system "$@" ;;
  venv) setup_venv "${2:-.venv}" requirements.txt ;;
  dev) setup_venv "${2:-.venv}" requirements-dev.txt ;;
  *) fail "usage: tools/setup.sh system [tests] [data] | venv [DIR] | dev [DIR]" ;;
esac
