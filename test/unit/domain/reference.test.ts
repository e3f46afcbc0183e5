import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import { decodeReference, encodeReference } from "../../../src/domain/reference.ts";

const RECORD = {
  index: ".ds-app-000001",
  id: "a/ü 1",
  version: asVersion("7:3"),
  text: "a secret text",
};

test("a decoded reference equals the encoded one, with and without a shard key", () => {
  for (const key of [{}, { shardKey: "r/1" }]) {
    const { value } = encodeReference({ ...RECORD, ...key });
    assert.deepEqual(decodeReference(value), {
      index: ".ds-app-000001",
      id: "a/ü 1",
      ...key,
    });
  }
});

test("a reference of an earlier version names the shard key `routing`", () => {
  const value = Buffer.from(JSON.stringify({ index: "a", id: "1", routing: "r" }));
  assert.deepEqual(decodeReference(value), { index: "a", id: "1", shardKey: "r" });
});

test("the text stays where it is", () => {
  const { key, value } = encodeReference(RECORD);
  assert.equal(`${String(key)} ${String(value)}`.includes("secret"), false);
});

test("references to one record share a key, and so a partition", () => {
  const moved = { ...RECORD, version: asVersion("9:3") };
  assert.equal(String(encodeReference(RECORD).key), ".ds-app-000001/a/ü 1");
  assert.deepEqual(encodeReference(moved).key, encodeReference(RECORD).key);
});

test("fields that a newer version adds do no harm", () => {
  const reference = { index: "a", id: "1" };
  assert.deepEqual(
    decodeReference(Buffer.from(JSON.stringify({ ...reference, more: 1 }))),
    reference,
  );
});

const FOREIGN: [bytes: string | Buffer, problem: RegExp][] = [
  ["", /JSON/],
  ["hello", /JSON/],
  [Buffer.from([0xff, 0x00]), /JSON/],
  ["null", /^: /],
  ["[]", /^: /],
  [`{"index":"a"}`, /^id: /],
  [`{"index":"","id":"1"}`, /^index: /],
  [`{"index":"a","id":1}`, /^id: /],
  [`{"index":"a","id":"1","shard_key":2}`, /^shard_key: /],
  [`{"index":"a","id":"1","routing":2}`, /^routing: /],
];
for (const [bytes, wanted] of FOREIGN) {
  test(`${JSON.stringify(String(bytes))} is no reference`, () => {
    const read = decodeReference(Buffer.from(bytes));
    assert.ok("problem" in read, JSON.stringify(read));
    assert.match(read.problem, wanted);
  });
}
