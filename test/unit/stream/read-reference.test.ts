import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import { encodeReference } from "../../../src/domain/reference.ts";
import { readReference } from "../../../src/stream/read-reference.ts";

const RECORD = { index: "app_logs", id: "1", version: asVersion("5:1"), text: "it failed" };

test("a reference names its document, with the shard key where there is one", () => {
  assert.deepEqual(readReference(encodeReference(RECORD).value), {
    passedOver: 0,
    targets: [{ index: "app_logs", id: "1" }],
    problems: [],
  });
  const routed = encodeReference({ ...RECORD, shardKey: "r" }).value;
  assert.deepEqual(readReference(routed).targets, [{ index: "app_logs", id: "1", shardKey: "r" }]);
});

test("a value that is not a reference becomes a dead letter that says why", () => {
  assert.deepEqual(
    readReference(null).problems.map(({ code }) => code),
    ["null_value"],
  );
  const [problem] = readReference(Buffer.from(`{"index":"a"}`)).problems;
  assert.equal(problem?.code, "not_a_reference");
  assert.match(problem.reason, /^id: /);
});
