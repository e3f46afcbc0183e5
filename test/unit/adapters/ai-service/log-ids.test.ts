import assert from "node:assert/strict";
import { test } from "node:test";
import { uniqueLogIds } from "../../../../src/adapters/ai-service/ai-service-embedder.ts";

const IDS: [string[], string[]][] = [
  [
    ["a", "b"],
    ["a", "b"],
  ],
  [
    ["a", "a", "a"],
    ["a", "a#2", "a#3"],
  ],
  [
    ["a", "a", "a#2"],
    ["a", "a#3", "a#2"],
  ],
  [
    ["a#2", "a", "a"],
    ["a#2", "a", "a#3"],
  ],
  [
    ["a#2", "a#2", "a"],
    ["a#2", "a#2#2", "a"],
  ],
];

for (const [given, unique] of IDS) {
  test(`${given.join()} become ${unique.join()}`, () => {
    assert.deepEqual(uniqueLogIds(given), unique);
    assert.equal(new Set(unique).size, given.length);
  });
}
