# shellcheck shell=dash
# The steps of the scenarios; runs in the machine, under set -eu. Each scenario begins with `fresh`.

unit=pump-bridge.service

step() { echo "== $(cut -d' ' -f1 /proc/uptime) $*"; }

fail() {
    echo "FAILED: $*"
    exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds. Idle time costs nothing here, looking does.
wait_for() {
    most=$1
    until=$(($(now) + most * 100))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now)" -lt "$until" ] || fail "waited $most s for: $*"
        sleep 0.5
    done
}

# In hundredths of a second, by the machine's clock.
now() { cut -d' ' -f1 /proc/uptime | tr -d .; }

# --- the service ---

property() { systemctl show -P "$1" "$unit"; }
is() { [ "$(property "$1")" = "$2" ]; } # is PROPERTY VALUE
expect() { is "$1" "$2" || fail "$1 is $(property "$1"), not $2"; }
main_pid() { property MainPID; }
another_runs() { is ActiveState active && ! is MainPID "$1"; } # another_runs PID: than this one

# log [UNIT]: what it has logged since the scenario began.
log() { journalctl -b -u "${1:-$unit}" --after-cursor "$(cat /run/cursor)" -o cat --no-pager; }
logged() { log | grep -q -- "$1"; }
log_count() { log | grep -c -- "$1" || true; }
logs() { wait_for "${2:-60}" logged "$1"; } # logs TEXT [SECONDS]
following() { [ "$(log_count 'session: following')" -ge "${1:-1}" ]; }

# configure [FROM TO]...: the configuration, with lines of it replaced.
# shellcheck disable=SC2120 # some scenarios pass arguments
configure() {
    cp /opt/test/pump-bridge.toml /etc/pump-bridge/pump-bridge.toml
    while [ $# -gt 0 ]; do
        grep -q "^$1" /etc/pump-bridge/pump-bridge.toml || fail "not in the configuration: $1"
        sed -i "s|^$1|$2|" /etc/pump-bridge/pump-bridge.toml
        shift 2
    done
    chgrp pump-bridge /etc/pump-bridge/pump-bridge.toml
    chmod 640 /etc/pump-bridge/pump-bridge.toml
}

# drop_in LINE...: for this scenario, in [Service].
drop_in() {
    mkdir -p "/run/systemd/system/$unit.d"
    printf '%s\n' '[Service]' "$@" >"/run/systemd/system/$unit.d/test.conf"
    systemctl daemon-reload
}

# As after the installation: files where README.md says, nothing stored, nothing running.
fresh() {
    systemctl stop "$unit" bluetooth.service
    date -s '2026-03-10 11:04:00' # the pump's, within a minute
    rm -rf /var/lib/pump-bridge /run/site.log /run/site.dateless
    rm -rf "/run/systemd/system/$unit.d" /run/systemd/system/bluetooth.service
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null || true
    mkdir -p /etc/pump-bridge
    if [ ! -e /opt/test/pump.keydb ]; then
        pump-bridge keydb generate --server /opt/test/bridge.keydb --client /opt/test/pump.keydb
        install -m 600 -o pump-bridge /opt/test/bridge.keydb /etc/pump-bridge/sake.keydb
        printf a-secret-of-this-machine >/opt/test/secret
    fi
    install -m 600 -o pump-bridge /opt/test/secret /etc/pump-bridge/api-secret
    # shellcheck disable=SC2119
    configure
    journalctl -b -n 1 --show-cursor -q --no-pager | sed -n 's/^-- cursor: //p' >/run/cursor
}

# --- the pump ---

# pump [OPTION...]: one with a day of history, always the same, in the place of bluetoothd.
pump() {
    echo "ARGUMENTS=--seed 7 --days 1 --zone Europe/Berlin --first-sequence 1 --end 2026-03-10T12:05:00 $*" \
        >/run/virtual-pump.env
    systemctl restart bluetooth.service
}

# How many records it has, as it said when it was ready. One of them is of data corruption: it has no number of its own,
# and is not stored.
pump_records() {
    records=$(log bluetooth.service | sed -n 's/.*"event":"ready".*"records":\([0-9]*\).*/\1/p' | tail -n 1)
    echo $((records - 1))
}

# --- the store ---

stored() { runuser -u pump-bridge -- pump-bridge history --hex | sort; }
stored_count() { stored | wc -l; }

# same_history: the store has every record of the pump, once, and they are those of the first time.
same_history() {
    stored >/opt/test/out/stored.hex
    count=$(wc -l </opt/test/out/stored.hex)
    [ "$count" = "$(pump_records)" ] || fail "stored $count of $(pump_records) records"
    [ "$(sort -u /opt/test/out/stored.hex | wc -l)" = "$count" ] || fail "a record is stored twice"
    [ -e /opt/test/reference.hex ] || cp /opt/test/out/stored.hex /opt/test/reference.hex
    cmp /opt/test/reference.hex /opt/test/out/stored.hex || fail "other records than the first time"
    echo "stored $count records, all that the pump has with a number"
}

# --- the site ---

# sent [SECRET_HEADER]: how many requests brought documents.
sent() { grep -c "^POST .*${1:-}" /run/site.log 2>/dev/null || true; }
was_sent() { [ "$(sent "$@")" -gt 0 ]; }

# The machine starts anew, and the scenario goes on with after_restart.
restart_machine() { touch /run/restart-machine; }
