import assert from "node:assert/strict";
import { test } from "node:test";

import { readChoice } from "../../../../scripts/local-servers/main.ts";

test("a version may be given short", () => {
  const choice = { server: "opensearch", version: "2.19.1.0" };
  assert.deepEqual(readChoice(["opensearch", "--version", "2.19.1.0"]), choice);
  assert.deepEqual(readChoice(["opensearch", "--version", "2.19"]), choice);
});

test("without a version the newest is meant, without a port the server chooses", () => {
  assert.deepEqual(readChoice(["opensearch"]), { server: "opensearch", version: "3.2.0.0" });
  assert.deepEqual(readChoice(["kafka", "--port", "9092"]), {
    server: "kafka",
    version: "3.2.0.0",
    port: 9092,
  });
});

for (const args of [
  [],
  ["mysql"],
  ["kafka", "opensearch"],
  ["opensearch", "--version", "1.0"],
  ["opensearch", "--version", ""],
  ["opensearch", "--port", "http"],
  ["opensearch", "--port", "70000"],
]) {
  test(`"${args.join(" ")}" is refused`, () => {
    assert.equal(readChoice(args), undefined);
  });
}
