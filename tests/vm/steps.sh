# The steps of the scenarios; runs in the test machine, under set -eu.

step() { echo "== $(cut -d' ' -f1 /proc/uptime) $*"; }

fail() {
    echo "FAILED: $*"
    exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    tries=$(($1 * 10))
    shift
    while [ "$tries" -gt 0 ]; do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
        tries=$((tries - 1))
    done
    fail "waited for: $*"
}

# bluez_conf [LINE...]: main.conf as the bridge wants it (ble-link.md 2.2), and further lines.
bluez_conf() {
    {
        printf '%s\n' '[General]' 'ControllerMode = le' "Privacy = ${privacy:-device}" \
            'JustWorksRepairing = confirm' '[LE]' 'MinAdvertisementInterval = 50' 'MaxAdvertisementInterval = 60' \
            '[Policy]' 'AutoEnable = true'
        printf '%s\n' "$@"
    } >/etc/bluetooth/main.conf
}

# controllers [NUMBER]: hci0 for the bridge, the others are kept for the pump and for strangers.
controllers() {
    number=${1:-2}
    for module in sha512_generic ctr drbg ecdh_generic cmac ecb algif_hash algif_skcipher bluetooth hci_vhci; do
        modprobe "$module"
    done
    air-pump record /out/capture.btsnoop >/out/record.log 2>&1 &
    btvirt "-l$number" >/out/btvirt.log 2>&1 &
    wait_for 10 test -e "/sys/class/bluetooth/hci$((number - 1))"
    reserved=
    for index in $(seq 1 $((number - 1))); do reserved="$reserved --controller $index"; done
    # shellcheck disable=SC2086
    air-pump reserve $reserved >/out/reserve.log 2>&1 &
    wait_for 10 grep -q reserved /out/reserve.log
    # bluetoothd 5.66 loses its first identity key when this directory is missing (bluez-lab.md).
    address=$(sed -n 's/.*: \(..:..:..:..:..:..\).*/\1/p' /out/btvirt.log | head -n 1)
    mkdir -p "/var/lib/bluetooth/${address:-00:AA:01:00:00:00}"
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

# bridge_start [OPTION...]: the production service.
bridge_start() {
    pump-bridge --config /etc/pump-bridge/pump-bridge.toml run "$@" >>/out/bridge.log 2>&1 &
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
# pump_visit [OPTION...]: the pump comes, stays until the bridge has all of its history, and leaves.
pump_visit() {
    visits=$((visits + 1))
    synced=$(log_count 'session: following')
    step "pump visit $visits: $*"
    air-pump visit --keydb /etc/pump-bridge/pump.keydb --served /out/served.hex "$@" >"/out/pump$visits.log" 2>&1 &
    pump_pid=$!
    wait_for 120 synced_or_pump_gone
    kill "$pump_pid" 2>/dev/null || true
    status=0
    wait "$pump_pid" || status=$?
    tail -n 2 "/out/pump$visits.log"
    return $status
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

# How often the kernel and bluetoothd swallowed a subscription that they knew already (ble-link.md 4.3).
no_cccd_trap() { bridge_logged 'not subscribed within' && fail "a subscription was swallowed" || true; }

# same_history: the store holds exactly what the pump had at its last visit.
same_history() {
    pump-bridge --config /etc/pump-bridge/pump-bridge.toml history --hex | sort >/out/stored.hex
    # A record of data corruption has no number of its own, and is not stored.
    grep -v '^a603ffffffff' /out/served.hex | sort >/tmp/served.hex
    cmp /tmp/served.hex /out/stored.hex || fail "stored $(wc -l </out/stored.hex), served $(wc -l </tmp/served.hex)"
    echo "stored $(wc -l </out/stored.hex) records, as served"
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
    bridge_start
}
