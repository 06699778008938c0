# shellcheck shell=bash
# Sourced by tests/run, tests/long/run and tests/demo: what a fresh Debian 12 machine lacks, installed; and the Nightscout server.

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_root=$project_root/build

# shellcheck disable=SC2034 # used by those
packages=(
    cmake ninja-build g++ pkg-config git
    libboost1.81-dev libsdbus-c++-dev libsystemd-dev libssl-dev zlib1g-dev
    nlohmann-json3-dev libsqlite3-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev
    libhowardhinnant-date-dev tzdata
    libgtest-dev libgmock-dev
    dbus dbus-daemon ca-certificates
)
# shellcheck disable=SC2034
test_packages=(
    clang-format shellcheck python3 libbenchmark-dev
    clang libclang-rt-14-dev                           # fuzz targets
    mold ccache                                        # make the builds faster
    qemu-system-x86 cpio kmod busybox-static           # tests/vm
    mmdebstrap fakeroot e2fsprogs                      # tests/vm/systemd
)
# shellcheck disable=SC2034
tidy_packages=(clang clang-tidy)
# shellcheck disable=SC2034
long_packages=("${tidy_packages[@]}" gcovr time)

say() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named packages that are not there.
install_packages() {
    local lacking=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || lacking+=("$package")
    done
    # Any Node will do; Debian's npm pulls in Debian's Node.
    command -v node >/dev/null || lacking+=(nodejs)
    command -v npm >/dev/null || lacking+=(npm)
    [ ${#lacking[@]} = 0 ] && return
    say "installing ${lacking[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${lacking[@]}" >"$build_root/apt.log" 2>&1 || {
        tail -n 20 "$build_root/apt.log"
        echo "the packages could not be installed; the whole log is $build_root/apt.log" >&2
        return 1
    }
}

# The real server, without a database, in the build directory.
install_nightscout() {
    PUMP_BRIDGE_NIGHTSCOUT_DIR=$build_root/nightscout_server
    export PUMP_BRIDGE_NIGHTSCOUT_DIR
    mkdir -p "$PUMP_BRIDGE_NIGHTSCOUT_DIR"
    cp "$project_root"/tests/nightscout_server/{memory-mongo.js,package.json,package-lock.json,.npmrc} "$PUMP_BRIDGE_NIGHTSCOUT_DIR"
    [ "$PUMP_BRIDGE_NIGHTSCOUT_DIR/node_modules/.package-lock.json" -nt "$project_root/tests/nightscout_server/package-lock.json" ] && return
    say "installing Nightscout for the tests"
    (cd "$PUMP_BRIDGE_NIGHTSCOUT_DIR" && npm ci --loglevel=error)
}

# Runs a command with its output in a log; shows the end of it when the command fails: logged NAME COMMAND...
logged() {
    local log=$build_root/$1.log
    shift
    "$@" >"$log" 2>&1 && return
    grep -A12 -E 'error|FAILED' "$log" | head -n 60
    echo "failed; the whole output is in $log" >&2
    return 1
}

# Configures and builds a preset: build_preset NAME [TARGET...]
build_preset() {
    local preset=$1
    shift
    say "building $preset"
    (cd "$project_root" && logged "configure-$preset" cmake --preset "$preset") &&
        logged "build-$preset" cmake --build "$build_root/$preset" ${1:+--target "$@"}
}

mkdir -p "$build_root"
