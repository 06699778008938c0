# shellcheck shell=dash
# The steps of the scenarios; runs in the test machine, under set -eu.

step() { echo "== $(cut -d' ' -f1 /proc/uptime) $*"; }

fail() {
    echo "FAILED: $*"
    exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds. Looks the less often the longer it takes, for looking is work.
wait_for() {
    tries=$(($1 + 12))
    shift
    pause=0.25
    while [ "$tries" -gt 0 ]; do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep $pause
        tries=$((tries - 1))
        if [ $((tries % 12)) = 0 ]; then pause=1; fi
    done
    fail "waited for: $*"
}

# bluez_conf [LINE...]: main.conf as the bridge wants it (docs/protocol/link.md 2.2), and further lines.
bluez_conf() {
    {
        printf '%s\n' '[General]' 'ControllerMode = le' "Privacy = ${privacy:-device}" \
            'JustWorksRepairing = confirm' '[LE]' 'MinAdvertisementInterval = 50' 'MaxAdvertisementInterval = 60' \
            '[Policy]' 'AutoEnable = true'
        printf '%s\n' "$@"
    } >/etc/bluetooth/main.conf
}

# btvirt's first two controllers.
# shellcheck disable=SC2034 # scenarios use them
bridge_address=00:AA:01:00:00:00
# shellcheck disable=SC2034
pump_address=00:AA:01:01:00:01

# controllers [NUMBER]: hci0 for the bridge, the others are kept for the pump and for strangers.
controllers() {
    number=${1:-2}
    air-pump record --controller 0 /out/capture.btsnoop >/out/record.log 2>&1 &
    btvirt "-l$number" >/out/btvirt.log 2>&1 &
    wait_for 10 test -e "/sys/class/bluetooth/hci$((number - 1))"
    reserved=
    for index in $(seq 1 $((number - 1))); do reserved="$reserved --controller $index"; done
    # shellcheck disable=SC2086
    air-pump reserve $reserved >/out/reserve.log 2>&1 &
    wait_for 10 grep -q reserved /out/reserve.log
    # bluetoothd 5.66 loses its first identity key when this directory is missing (docs/protocol/bluez-lab.md).
    mkdir -p "/var/lib/bluetooth/$bridge_address"
}

bus() {
    dbus-daemon --config-file=/usr/share/dbus-1/system.conf --nofork --nopidfile >/out/dbus.log 2>&1 &
    wait_for 10 test -S /run/dbus/system_bus_socket
}

adapter_property() { busctl --system get-property org.bluez /org/bluez/hci0 org.bluez.Adapter1 "$1"; }

adapter_is_powered() { adapter_property Powered | grep -q true; }

# Debian's daemon with the preload library; without it for preload=none. The patched one for bluetoothd=patched.
bluetoothd_start() {
    library=/usr/lib/bluez_att_limits.so
    program=/usr/libexec/bluetooth/bluetoothd
    if [ "${preload:-}" = none ]; then library=; fi
    if [ "${bluetoothd:-}" = patched ]; then program=$program-patched library=; fi
    LD_PRELOAD=$library "$program" -n -d >>/out/bluetoothd.log 2>&1 &
    bluetoothd_pid=$!
    wait_for 10 adapter_is_powered
}

bluetoothd_stop() {
    kill "$bluetoothd_pid"
    wait "$bluetoothd_pid" || true
}

keys() {
    pump-bridge keydb generate --server /etc/pump-bridge/bridge.keydb --client /etc/pump-bridge/pump.keydb
    cp /etc/pump-bridge/bridge.keydb /out # opens the capture of this run
}

# shellcheck disable=SC2120 # some scenarios pass options
# bridge_start [OPTION...]: the production service, with all of root's rights unless bridge_user is set.
bridge_start() {
    chown -R "${bridge_user:-root}" /var/lib/pump-bridge /etc/pump-bridge/bridge.keydb
    su -s /bin/sh "${bridge_user:-root}" \
        -c "exec pump-bridge --config /etc/pump-bridge/pump-bridge.toml run $*" >>/out/bridge.log 2>&1 &
    bridge_pid=$!
}

bridge_stop() {
    kill "$bridge_pid"
    wait "$bridge_pid" || fail "the bridge ended with $?"
}

# log_count TEXT: how often the bridge has logged it.
log_count() { grep -c -- "$1" /out/bridge.log || true; }

# bridge_logs TEXT [TIMES]
bridge_logged() { [ "$(log_count "$1")" -ge "${2:-1}" ]; }
bridge_logs() { wait_for 30 bridge_logged "$@"; }

visits=0
# pump_comes [OPTION...]: and stays until the bridge has all of its history, or longer.
pump_comes() {
    visits=$((visits + 1))
    synced=$(log_count 'session: following')
    step "pump visit $visits: $*"
    air-pump visit --keydb /etc/pump-bridge/pump.keydb --served /out/served.hex "$@" >"/out/pump$visits.log" 2>&1 &
    pump_pid=$!
    wait_for "${visit_limit:-120}" synced_or_pump_gone
}

pump_leaves() {
    kill "$pump_pid" 2>/dev/null || true
    status=0
    wait "$pump_pid" || status=$?
    tail -n 2 "/out/pump$visits.log"
    return $status
}

# pump_visit [OPTION...]: both.
pump_visit() {
    pump_comes "$@"
    pump_leaves
}

synced_or_pump_gone() { bridge_logged 'session: following' $((synced + 1)) || ! kill -0 "$pump_pid"; }

pump_said() { grep -q -- "$1" "/out/pump$visits.log" || fail "the pump did not say: $1"; }

# pump_fails TEXT [OPTION...]: the visit comes to nothing, in this way.
pump_fails() {
    expected=$1
    shift
    if pump_visit "$@"; then fail "the pump got through"; fi
    pump_said "failed: $expected"
}

# pump_returns [OPTION...]: a visit with the bond.
pump_returns() { pump_visit --bonded "$@"; }

# Advertising again after the last visit.
bridge_waits() { wait_for 30 last_state 'ble: advertising mode=reconnect'; }
last_state() { grep 'ble: \(advertising\|connected\|disconnected\)' /out/bridge.log | tail -n 1 | grep -q -- "$1"; }

# advertises MODE [TIMES]: it has begun to, so often.
advertises() { bridge_logs "ble: advertising mode=$1" "${2:-1}"; }

# How often the kernel and bluetoothd swallowed a subscription that they knew already (docs/protocol/link.md 4.3).
no_cccd_trap() { if bridge_logged 'not subscribed in time'; then fail "a subscription was swallowed"; fi; }

# same_history: the store holds exactly what the pump had at its last visit.
same_history() {
    pump-bridge --config /etc/pump-bridge/pump-bridge.toml history --hex | sort >/out/stored.hex
    # A record of data corruption has no number of its own, and is not stored.
    grep -v '^a603ffffffff' /out/served.hex | sort >/tmp/served.hex
    cmp /tmp/served.hex /out/stored.hex || fail "stored $(wc -l </out/stored.hex), served $(wc -l </tmp/served.hex)"
    echo "stored $(wc -l </out/stored.hex) records, as served"
}

# checked: what 'pump-bridge check' finds here, for check_says.
checked() { pump-bridge --config /etc/pump-bridge/pump-bridge.toml check >/out/check.log 2>&1 || true; }

# check_says GRADE CHECK TEXT
check_says() { grep -q "^$1 *$2 .*$3" /out/check.log || fail "check does not say: $*"; }

# same_capture: the capture, decoded offline with the keys, gives exactly the records that the bridge has stored.
same_capture() {
    pump-bridge decode --json --history --keydb /etc/pump-bridge/bridge.keydb /out/capture.btsnoop >/tmp/captured
    sed -n 's/.*"raw":"\([0-9a-f]*\)".*/\1/p' /tmp/captured | grep -v '^a603ffffffff' | sort -u >/out/captured.hex
    cmp /out/captured.hex /out/stored.hex ||
        fail "captured $(wc -l </out/captured.hex), stored $(wc -l </out/stored.hex)"
    echo "captured the same records"
}

# captured TEXT: of a decoded packet.
captured() {
    pump-bridge decode --json /out/capture.btsnoop | grep -q -- "$1" || fail "not captured: $1"
}

# advertised OCTETS...: these were on the air, in this order and nothing else, every 31.25 to 37.5 ms and without a
# scan response (docs/protocol/link.md 3).
advertised() {
    pump-bridge decode --json /out/capture.btsnoop >/tmp/decoded
    awk '
        function field(name) {
            if (!match($0, "\"" name "\":\"[^\"]*\"")) return ""
            return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
        }
        /"what":"advertising data set"/ { data = field("raw") }
        /"what":"scan response set"/ { answer = field("raw") }
        /"what":"advertising interval set"/ { interval = field("minimum_ms") " to " field("maximum_ms") " ms" }
        /"what":"advertising on"/ {
            now = data " " interval (answer == "" ? "" : " scan response " answer)
            if (now != before) print now
            before = now
        }' /tmp/decoded >/out/advertised
    printf '%s 31.25 to 37.5 ms\n' "$@" | cmp - /out/advertised || fail "advertised $(tr '\n' ',' </out/advertised)"
    echo "advertised as expected"
}

# machine [NUMBER]: everything up to a running bridge.
machine() {
    step controllers
    controllers "$@"
    bus
    keys
    step bluetoothd
    bluetoothd_start
    step bridge
    # shellcheck disable=SC2119
    bridge_start
}
