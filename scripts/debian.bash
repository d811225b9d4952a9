# Sourced by the scripts beside it: what a bare Debian lacks is installed, or named.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

# Install Debian packages; if that is not possible, print what to install and return 1.
apt_install() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        say "Lacking: $*. Install what your system calls so, then try again."
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        # Only a person at a terminal can be asked for a password.
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            say "Lacking: $*. Run this as root, then try again: apt-get install $*"
            return 1
        fi
    fi
    say "Installing $* with apt-get"
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >&2
}
