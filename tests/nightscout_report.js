#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Compares what a Nightscout site holds with what the virtual pump held: nightscout_report.js URL INVENTORY.json
// Exit code 0 when all counts and sums are equal, else 1.
'use strict';
const fs = require('fs');

const [url, inventoryFile] = process.argv.slice(2);
if (!url || !inventoryFile) {
    console.error('usage: nightscout_report.js URL INVENTORY.json');
    process.exit(2);
}

async function get(path) {
    const response = await fetch(url + path, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`GET ${path}: HTTP ${response.status}`);
    return response.json();
}

async function main() {
    const pump = JSON.parse(fs.readFileSync(inventoryFile, 'utf8'));
    const entries = await get('/api/v1/entries.json?find[date][$gte]=1&count=1000000');
    const treatments = await get('/api/v1/treatments.json?find[created_at][$gte]=1970-01-02T00:00:00.000Z&count=1000000');
    const glucose = entries.filter(entry => entry.type === 'sgv').sort((a, b) => a.date - b.date);
    const count = type => treatments.filter(treatment => treatment.eventType === type).length;
    const sum = field => treatments.reduce((total, treatment) => total + (treatment[field] || 0), 0);
    const rounded = value => Math.round(value * 1000) / 1000;
    const newest = glucose.length ? glucose[glucose.length - 1] : null;

    const rows = [
        ['glucose entries', pump.glucose, glucose.length],
        ['meal boluses', pump.mealBoluses, count('Meal Bolus')],
        ['correction boluses', pump.correctionBoluses, count('Correction Bolus')],
        ['automatic corrections', pump.automaticCorrections, count('SMB')],
        ['square and dual boluses', pump.comboBoluses, count('Combo Bolus')],
        ['carb corrections', pump.carbCorrections, count('Carb Correction')],
        ['finger sticks', pump.fingerSticks, count('BG Check')],
        ['insulin of boluses, U', rounded(pump.insulin), rounded(sum('insulin'))],
        ['carbohydrates, g', rounded(pump.carbs), rounded(sum('carbs'))],
        ['last glucose, mg/dL', pump.lastGlucose, newest && newest.sgv]
    ];

    console.log('                               pump   Nightscout');
    let equal = true;
    for (const [label, held, shown] of rows) {
        const same = held === shown;
        equal = equal && same;
        console.log(`${label.padEnd(26)} ${String(held).padStart(8)} ${String(shown).padStart(12)}${same ? '' : '   DIFFERENT'}`);
    }
    if (newest) console.log(`newest glucose entry: ${newest.sgv} mg/dL ${newest.direction} at ${newest.dateString}`);
    console.log(equal ? 'Nightscout holds exactly what the pump held.' : 'Nightscout and the pump differ.');
    return equal ? 0 : 1;
}

main().then(code => process.exit(code), error => {
    console.error(`${url}: ${error.message}`);
    process.exit(1);
});
