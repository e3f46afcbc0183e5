import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { neededServers } from "../../../../scripts/run-tests/needed-servers.ts";

const BOTH = ["3.2.0.0", "2.19.1.0"] as const;
const NEWEST = ["3.2.0.0"];
const at = (file: string) => resolve(import.meta.dirname, "../../../..", file);

for (const [file, openSearch, kafka] of [
  ["test/unit/cli/print.test.ts", [], false],
  ["test/e2e/setup/commands.test.ts", NEWEST, false],
  ["test/e2e/opensearch/nearest.test.ts", BOTH, false],
  ["test/e2e/stream/kafka-contract.test.ts", [], true],
  ["test/e2e/stream/tail.test.ts", NEWEST, true],
] as const) {
  test(`${file} needs ${[...openSearch, ...(kafka ? ["Kafka"] : [])].join(", ") || "no server"}`, async () => {
    assert.deepEqual(await neededServers([at(file)], BOTH), { openSearch: [...openSearch], kafka });
  });
}

test("several files need what any of them needs", async () => {
  const files = ["setup/commands", "opensearch/nearest", "stream/kafka-contract"].map((name) =>
    at(`test/e2e/${name}.test.ts`),
  );
  assert.deepEqual(await neededServers(files, BOTH), { openSearch: [...BOTH], kafka: true });
});
