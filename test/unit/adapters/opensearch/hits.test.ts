import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import { documentShape, toRecord } from "../../../../src/adapters/opensearch/hits.ts";
import { SHAPE } from "./index-facts.ts";

function record(source: Record<string, unknown>, rest = {}, shape = SHAPE) {
  const hit = { _index: "app_logs", _id: "1", _seq_no: 5, _primary_term: 2, _source: source };
  return toRecord(documentShape.parse({ ...hit, ...rest }), shape, {
    metaField: "log_vector_meta",
  });
}

test("a hit becomes a record", () => {
  const source = {
    "@timestamp": "2026-01-02T03:04:05Z",
    level: "ERROR",
    message: "disk full",
    trace: { id: "abc" },
    log_vector_meta: { skipped: "empty" },
  };
  assert.deepEqual(record(source, { _routing: "tenant-7" }), {
    index: "app_logs",
    id: "1",
    shardKey: "tenant-7",
    version: asVersion("5:2"),
    text: "disk full",
    textFields: ["message"],
    timestamp: "2026-01-02T03:04:05Z",
    level: "ERROR",
    traceId: "abc",
    stamp: { skipped: "empty" },
  });
});

test("a field that the document does not have is absent from its record", () => {
  assert.deepEqual(record({}), {
    index: "app_logs",
    id: "1",
    version: asVersion("5:2"),
    text: "",
    textFields: ["message"],
  });
});

test("a hit without a source is a record without a text", () => {
  const hit = { _index: "a", _id: "1", _seq_no: 0, _primary_term: 1 };
  assert.equal(toRecord(documentShape.parse(hit), SHAPE, { metaField: "m" }).text, "");
});

test("the level is that of the first field which has one", () => {
  const shape = { ...SHAPE, levelFields: ["level", "log.level"] };
  assert.equal(record({ log: { level: "error" } }, {}, shape).level, "error");
  assert.equal(record({ level: "ERROR", "log.level": "x" }, {}, shape).level, "ERROR");
});

test("a trace id is read under either name, a number as a timestamp too", () => {
  assert.equal(record({ "trace.id": "a" }).traceId, "a");
  assert.equal(record({ trace_id: "b" }).traceId, "b");
  assert.equal(record({ "@timestamp": 1_767_323_045_000 }).timestamp, "1767323045000");
});

test("several messages are lines of one text", () => {
  assert.equal(record({ message: ["one", "two"] }).text, "one\ntwo");
});

test("a stamp that is no object is no stamp", () => {
  assert.equal(record({ log_vector_meta: "x" }).stamp, undefined);
});
