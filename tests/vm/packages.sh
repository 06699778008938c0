# shellcheck shell=sh
# Sourced by what puts a machine together: Debian packages, unpacked, and the kernel among them.

fetch() { # fetch DIR PACKAGE...: downloads and unpacks, once
    dir=$1
    shift
    [ -e "$dir/complete" ] && return
    rm -rf "$dir"
    mkdir -p "$dir/deb"
    (cd "$dir/deb" && apt-get download -qq "$@" 2>../apt.log) || { cat "$dir/apt.log" >&2; exit 1; }
    for package in "$dir"/deb/*.deb; do dpkg-deb -x "$package" "$dir"; done
    rm -r "$dir/deb"
    touch "$dir/complete"
}

# fetch_kernel DIR: sets `version`.
fetch_kernel() {
    fetch "$1" "$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ {print $2; exit}')"
    version=$(basename "$1"/lib/modules/*)
    [ -e "$1/lib/modules/$version/modules.dep" ] || depmod -b "$1" "$version"
}

# install_modules KERNEL ROOT MODULE...: with all that they need.
install_modules() {
    from=$1
    to=$2
    shift 2
    for module; do
        modprobe -d "$from" -S "$version" --show-depends "$module" | awk '/^insmod/ {print $2}'
    done | sort -u | while read -r file; do
        install -D -m 644 "$file" "$to/lib/${file#*/kernel/lib/}"
    done
    cp "$from/lib/modules/$version"/modules.order "$from/lib/modules/$version"/modules.builtin \
        "$to/lib/modules/$version"
    depmod -b "$to" "$version" 2>/dev/null
}
