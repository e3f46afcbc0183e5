import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeReference, encodeReference } from "../../../src/domain/reference.ts";

const RECORD = {
  index: ".ds-app-000001",
  id: "a/ü 1",
  seqNo: 7,
  primaryTerm: 3,
  text: "a secret text",
};

test("what is written is what is read, with and without routing", () => {
  for (const routing of [{}, { routing: "r/1" }]) {
    const { value } = encodeReference({ ...RECORD, ...routing }, "abc");
    assert.deepEqual(decodeReference(value), {
      index: ".ds-app-000001",
      id: "a/ü 1",
      ...routing,
      seq_no: 7,
      text_hash: "abc",
    });
  }
});

test("the text stays where it is", () => {
  const { key, value } = encodeReference(RECORD, "abc");
  assert.equal(`${String(key)} ${String(value)}`.includes("secret"), false);
});

test("references to one record share a key, and so a partition", () => {
  assert.equal(String(encodeReference(RECORD, "abc").key), ".ds-app-000001/a/ü 1");
  assert.deepEqual(
    encodeReference({ ...RECORD, seqNo: 9 }, "def").key,
    encodeReference(RECORD, "abc").key,
  );
});

test("fields that a newer version adds do no harm", () => {
  const reference = { index: "a", id: "1", seq_no: 1, text_hash: "x" };
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
  [`{"index":"","id":"1","seq_no":1,"text_hash":"x"}`, /^index: /],
  [`{"index":"a","id":1,"seq_no":1,"text_hash":"x"}`, /^id: /],
  [`{"index":"a","id":"1","seq_no":1.5,"text_hash":"x"}`, /^seq_no: /],
  [`{"index":"a","id":"1","seq_no":1,"text_hash":"x","routing":2}`, /^routing: /],
];
for (const [bytes, wanted] of FOREIGN) {
  test(`${JSON.stringify(String(bytes))} is no reference`, () => {
    const read = decodeReference(Buffer.from(bytes));
    assert.ok("problem" in read, JSON.stringify(read));
    assert.match(read.problem, wanted);
  });
}
