import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import { readCurrent } from "../../../../src/adapters/opensearch/read-current.ts";
import { recordAndVector } from "../../../../src/adapters/opensearch/queries.ts";
import type { LogRecord } from "../../../../src/domain/log-record.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createFakeApi } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { index } = SHAPE;
const RECORD: LogRecord = { index, id: "1", version: asVersion("1:1"), text: "old" };

test("of a document that changed only what a record is made of is asked for, and its vector", async () => {
  const vector = [1, 0];
  const source = { message: "new", log_vector: vector };
  const { api, sent } = createFakeApi(() => ({
    docs: [
      { found: true, _index: index, _id: "1", _seq_no: 2, _primary_term: 1, _source: source },
      { found: true, _index: "unknown", _id: "1", _seq_no: 2, _primary_term: 1 },
    ],
  }));
  const known = { shapes: new Map([[index, SHAPE]]), fields: FIELDS };
  const records = [RECORD, { ...RECORD, index: "unknown" }];

  const looks = await readCurrent(api, records, known, new AbortController().signal);

  assert.deepEqual(
    looks.map((look) => look.state === "current" && [look.record.text, [...(look.vector ?? [])]]),
    [["new", vector], false],
  );
  const asked = (one: unknown, other: unknown) => ({
    docs: [
      { _index: index, _id: "1", _source: one },
      { _index: "unknown", _id: "1", _source: other },
    ],
  });
  assert.deepEqual(
    sent.map(({ body }) => body),
    [asked(false, false), asked(recordAndVector(SHAPE, FIELDS), false)],
  );
});

test("documents of an index that does not answer cannot be read, and those of others are", async () => {
  const hung = new Fault("outage", "no answer within 30 s", { timedOut: true });
  const { api } = createFakeApi(
    ({ path, body }) => {
      if (path !== "/_mget") return {};
      if (JSON.stringify(body).includes('"_index":"bad"')) throw hung;
      return { docs: [{ found: true, _index: index, _id: "1", _seq_no: 1, _primary_term: 1 }] };
    },
    [index, "other", "bad"],
  );
  const known = { shapes: new Map([[index, SHAPE]]), fields: FIELDS };
  const records = [{ ...RECORD, index: "bad" }, RECORD];

  const looks = await readCurrent(api, records, known, new AbortController().signal);

  assert.deepEqual(
    looks.map((look) => [look.state, look.state === "unreadable" && look.fault.kind]),
    [
      ["unreadable", "index"],
      ["unchanged", false],
    ],
  );
});
