#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Gives a Nightscout site the profile that its owner would have made: without one its page shows the profile editor
// instead of the curve. nightscout_profile.js URL SECRET_FILE
'use strict';
const crypto = require('crypto');
const fs = require('fs');

const [url, secretFile] = process.argv.slice(2);
const allDay = value => [{ time: '00:00', timeAsSeconds: 0, value }];
const profile = {
    defaultProfile: 'Demo',
    startDate: '2020-01-01T00:00:00.000Z',
    units: 'mg/dl',
    store: {
        Demo: {
            dia: '4', carbs_hr: '20', delay: '20', timezone: 'Europe/Berlin', units: 'mg/dl',
            startDate: '1970-01-01T00:00:00.000Z',
            basal: allDay(0.85), carbratio: allDay(9), sens: allDay(45), target_low: allDay(100), target_high: allDay(120)
        }
    }
};

fetch(url + '/api/v1/profile.json', {
    method: 'POST',
    headers: {
        'content-type': 'application/json',
        'api-secret': crypto.createHash('sha1').update(fs.readFileSync(secretFile, 'utf8').trim()).digest('hex')
    },
    body: JSON.stringify(profile)
}).then(response => {
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
}).catch(error => {
    console.error(`${url}: the profile was not stored: ${error.message}`);
    process.exit(1);
});
