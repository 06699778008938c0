#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Shows each glucose value that comes new to a Nightscout site: nightscout_live.js URL ZONE [MINUTES]
// Until killed, or for so many minutes. Exit code 0 when a value came, else 1.
'use strict';

const [url, zone, minutes] = process.argv.slice(2);
if (!url || !zone) {
    console.error('usage: nightscout_live.js URL ZONE [MINUTES]');
    process.exit(2);
}
const kFirstValueWithin = 120e3;
const kArrows = {
    DoubleUp: '\u21c8', SingleUp: '\u2191', FortyFiveUp: '\u2197', Flat: '\u2192', FortyFiveDown: '\u2198',
    SingleDown: '\u2193', DoubleDown: '\u21ca'
};

async function get(path) {
    const response = await fetch(url + path, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`GET ${path}: HTTP ${response.status}`);
    return response.json();
}

function line(entry, status) {
    const time = new Date(entry.date).toLocaleString('sv-SE', { timeZone: zone }).slice(0, 16);
    const iob = status && status.pump && status.pump.iob ? `${status.pump.iob.iob.toFixed(1)} U` : '-';
    const arrow = kArrows[entry.direction] || entry.direction;
    return `${time}  ${String(entry.sgv).padStart(3)} mg/dL ${arrow}   IOB ${iob.padStart(6)}   ${url}`;
}

async function main() {
    const began = Date.now();
    let newest = null; // date of the newest entry that has been seen
    let settled = false; // the history has come, what comes now is new
    let shown = 0;
    for (;;) {
        const entries = await get('/api/v1/entries/sgv.json?count=12');
        const fresh = entries.filter(entry => newest === null || entry.date > newest).sort((a, b) => a.date - b.date);
        if (fresh.length) {
            const [status] = await get('/api/v1/devicestatus.json?count=1');
            for (const entry of settled ? fresh : fresh.slice(-1)) console.log(line(entry, status));
            if (settled) shown += fresh.length;
            settled = true;
            newest = fresh[fresh.length - 1].date;
        }
        const passed = Date.now() - began;
        if (minutes ? passed >= minutes * 60e3 : passed >= kFirstValueWithin && newest === null) break;
        await new Promise(resolve => setTimeout(resolve, 500));
    }
    console.log(`${shown} new values`);
    return shown > 0 ? 0 : 1;
}

main().then(code => process.exit(code), error => {
    console.error(`${url}: ${error.message}`);
    process.exit(1);
});
