// SPDX-License-Identifier: MIT
'use strict';
// node --require ./memory-mongo.js node_modules/nightscout/server.js
//
// Lets the npm package nightscout@0.12.8 run without a database server and on a current Node: its MongoDB driver is
// replaced, when it is loaded, by a store in this process's memory. Only what that server calls is implemented, with
// the results and errors that MongoDB gives. Everything is lost when the process ends.
const Module = require('module');
const load = Module._load;
let driver;

Module._load = function (request, parent) {
  const from = parent && parent.filename;
  if (request === 'mongodb') return driver || (driver = makeDriver(from));
  if (request === 'semver' && /[\\/]nightscout[\\/]lib[\\/]server[\\/]bootevent\.js$/.test(from)) {
    return { satisfies: () => true, eq: () => false }; // the server's boot check refuses any Node after 12
  }
  return load.apply(this, arguments);
};

function makeDriver (from) {
  const BSON = Module.createRequire(Module.createRequire(from).resolve('mongodb'))('bson');
  const { ObjectID } = BSON;
  const codec = new BSON();
  // what would come back from the server: undefined has become null, and nothing is shared with the caller
  const copy = doc => {
    const bytes = codec.serialize(doc, { ignoreUndefined: false });
    if (bytes.length > 16777216) fail(10334, `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and 16793600(16MB)`);
    return codec.deserialize(bytes);
  };
  const fail = (code, message) => { throw Object.assign(new Error(message), { name: 'MongoError', code }); };

  // BSON's order of types, so that values of different types are never equal and range operators never mix them
  const rank = v => v === null || v === undefined ? 1 : typeof v === 'number' ? 2 : typeof v === 'string' ? 3
    : Array.isArray(v) ? 5 : v instanceof ObjectID ? 7 : typeof v === 'boolean' ? 8 : v instanceof Date ? 9
      : v instanceof RegExp ? 11 : 4;
  const flat = v => v === undefined || v === null ? 0 : v instanceof ObjectID ? v.toHexString()
    : v instanceof Date ? v.getTime() : typeof v === 'object' ? JSON.stringify(v) : v;
  const compare = (a, b) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    a = flat(a); b = flat(b);
    return a < b ? -1 : a > b ? 1 : Object.is(a, b) || a === b ? 0 : Number.isNaN(a) ? -1 : 1;
  };
  const range = accept => (v, x) => rank(v) === rank(x) && accept(compare(v, x));
  const operators = {
    $eq: (v, x) => is(v, x), $ne: (v, x) => !is(v, x),
    $gt: range(c => c > 0), $gte: range(c => c >= 0), $lt: range(c => c < 0), $lte: range(c => c <= 0),
    $in: (v, x) => x.some(one => is(v, one)), $nin: (v, x) => !x.some(one => is(v, one)),
    $exists: (v, x) => (v !== undefined) === (x !== false && x !== 0 && x !== null),
    $regex: (v, x, all) => typeof v === 'string' && new RegExp(x, all.$options).test(v),
    $options: () => true
  };
  const spread = (test, v, x, all) => test(v, x, all) || (Array.isArray(v) && v.some(one => test(one, x, all)));
  const is = (v, x) => spread((one, y) => y instanceof RegExp && typeof one === 'string'
    ? y.test(one) : compare(one, y) === 0, v, x);
  const at = (doc, path) => path.split('.').reduce((v, key) => v === null || v === undefined ? undefined : v[key], doc);
  const hasOperators = x => rank(x) === 4 && Object.keys(x).some(key => key[0] === '$');
  const matches = (doc, query) => Object.keys(query).every(key => {
    const want = query[key];
    if (key === '$and') return want.every(q => matches(doc, q));
    if (key === '$or') return want.some(q => matches(doc, q));
    if (key[0] === '$') fail(2, 'unknown top level operator: ' + key);
    if (!hasOperators(want)) return is(at(doc, key), want);
    return Object.keys(want).every(op => operators[op] ? op === '$ne' || op === '$nin'
      ? operators[op](at(doc, key), want[op]) : spread(operators[op], at(doc, key), want[op], want)
      : fail(2, 'unknown operator: ' + op));
  });

  // later, as a network answer would; a promise where the caller gave no callback
  const answer = (done, work) => {
    let error = null, result;
    try { result = work(); } catch (e) { error = e; }
    if (typeof done !== 'function') return error ? Promise.reject(error) : Promise.resolve(result);
    setImmediate(done, error, result);
  };
  const outcome = (numbers, more) => {
    const result = Object.assign(numbers, { ok: 1 });
    return Object.assign({ result, toJSON: () => Object.assign({ result }, result) }, more);
  };
  const INDEXED = ['created_at', 'sysTime'];

  class Collection {
    constructor (name) {
      this.collectionName = name;
      this.docs = new Map();
      this.by = INDEXED.map(() => new Map());
    }
    candidates (query) {
      if (query._id && !hasOperators(query._id)) return [this.docs.get(String(query._id))].filter(Boolean);
      const i = INDEXED.findIndex(field => typeof query[field] === 'string');
      return i < 0 ? [...this.docs.values()] : [...this.by[i].get(query[INDEXED[i]]) || []];
    }
    select (query) { return this.candidates(query || {}).filter(doc => matches(doc, query || {})); }
    forget (doc) { INDEXED.forEach((field, i) => this.by[i].get(doc[field]).delete(doc)); }
    put (doc, old) {
      if (!old && this.docs.has(String(doc._id))) fail(11000, `E11000 duplicate key error collection: ${this.collectionName} index: _id_ dup key: { : ${doc._id} }`);
      if (old) this.forget(old);
      this.docs.set(String(doc._id), doc); // a replaced document keeps its place
      INDEXED.forEach((field, i) => {
        if (!this.by[i].has(doc[field])) this.by[i].set(doc[field], new Set());
        this.by[i].get(doc[field]).add(doc);
      });
    }
    insert (given, done) {
      return answer(done, () => {
        const ops = [].concat(given);
        if (!ops.length) fail(undefined, 'Invalid Operation, no operations specified');
        ops.forEach(doc => { if (doc._id === undefined) doc._id = new ObjectID(); this.put(copy(doc)); });
        return outcome({ n: ops.length }, { ops, insertedCount: ops.length });
      });
    }
    update (query, change, options, done) {
      if (typeof options === 'function') { done = options; options = {}; }
      return answer(done, () => {
        const old = this.select(query)[0];
        if (!old && !(options && options.upsert)) return outcome({ n: 0, nModified: 0 });
        let next;
        if (Array.isArray(change)) fail(9, 'Update argument must be an object');
        if (Object.keys(change)[0] && Object.keys(change)[0][0] === '$') {
          Object.keys(change).forEach(op => { if (op !== '$set' && op !== '$unset') fail(9, 'Unknown modifier: ' + op); });
          const base = {};
          Object.keys(query).forEach(key => { if (key[0] !== '$' && !hasOperators(query[key])) base[key] = query[key]; });
          next = Object.assign(copy(old || base), change.$set);
          Object.keys(change.$unset || {}).forEach(key => delete next[key]);
        } else {
          Object.keys(change).forEach(key => { if (key[0] === '$') fail(52, `The dollar ($) prefixed field '${key}' in '${key}' is not valid for storage.`); });
          next = Object.assign({}, change);
        }
        if (next._id === undefined) next._id = old ? old._id : query._id === undefined ? new ObjectID() : query._id;
        if (old && compare(old._id, next._id)) fail(66, `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${next._id}`);
        next = copy(Object.assign({ _id: next._id }, next));
        this.put(next, old);
        return outcome(old ? { n: 1, nModified: compare(old, next) ? 1 : 0 }
          : { n: 1, nModified: 0, upserted: [{ index: 0, _id: next._id }] });
      });
    }
    save (doc, done) { return doc._id ? this.update({ _id: doc._id }, doc, { upsert: true }, done) : this.insert(doc, done); }
    remove (query, done) {
      return answer(done, () => { const gone = this.select(query); gone.forEach(doc => { this.docs.delete(String(doc._id)); this.forget(doc); }); return outcome({ n: gone.length }); });
    }
    findOne (query, done) { return answer(done, () => { const doc = this.select(query)[0]; return doc ? copy(doc) : null; }); }
    find (query) {
      let order = [], count = 0;
      return {
        sort (spec) { order = Object.keys(spec).map(key => [key, spec[key]]); return this; },
        limit (n) { count = Math.abs(n) || 0; return this; },
        toArray: done => answer(done, () => {
          order.forEach(([key, way]) => { if (way !== 1 && way !== -1) fail(15974, `Illegal key in $sort specification: ${key}: ${JSON.stringify(way)}`); });
          const found = this.select(query).sort((a, b) => order.reduce((c, [key, way]) => c || way * compare(at(a, key), at(b, key)), 0));
          return (count ? found.slice(0, count) : found).map(copy);
        })
      };
    }
    aggregate (pipeline, done) { // the server only ever counts: $match, then $group of everything
      return answer(done, () => { const count = this.select(pipeline[0].$match).length; return count ? [{ _id: null, count }] : []; });
    }
    ensureIndex (field, done) { return answer(done, () => field + '_1'); }
  }

  const collections = new Map();
  const db = { collection: name => collections.get(name) || collections.set(name, new Collection(name)).get(name) };
  const client = { db: () => db, isConnected: () => true, close: done => answer(done, () => null) };
  return { ObjectID, ObjectId: ObjectID, MongoClient: { connect: (uri, options, done) => answer(done, () => client) } };
}
