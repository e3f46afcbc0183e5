import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { loadEntries } from "../../../scripts/sample-logs/load-entries.ts";
import { sharedOpenSearch, testedVersions } from "../../support/servers/local-servers.ts";

for (const version of await testedVersions()) {
  test(`entries arrive whole and are searchable at once on OpenSearch ${version}`, async (t) => {
    const { url } = await sharedOpenSearch(version);
    const index = `load_${randomUUID()}`;
    t.after(() => fetch(`${url}/${index}`, { method: "DELETE" }));
    const entries = Array.from({ length: 1001 }, (_, at) => ({
      timestamp: "2026-01-02T03:04:05.678Z",
      level: at % 2 === 0 ? "ERROR" : "INFO",
      message: `line ${at}\nmore`,
      service: "shop",
    }));
    const perLevel = await loadEntries({ url, index }, [...entries, { message: "bare" }]);
    assert.deepEqual(
      perLevel,
      new Map([
        ["ERROR", 501],
        ["INFO", 500],
        ["none", 1],
      ]),
    );
    const query = `${url}/${index}/_count?q=level:ERROR%20AND%20service.name:shop`;
    assert.equal(JSON.parse(await (await fetch(query)).text()).count, 501);
  });
}

test("a refused record stops the load with its reason", async (t) => {
  const [version = "2.19.1.0"] = await testedVersions();
  const { url } = await sharedOpenSearch(version);
  const index = `load_${randomUUID()}`;
  t.after(() => fetch(`${url}/${index}`, { method: "DELETE" }));
  const load = loadEntries({ url, index }, [{ message: "m", timestamp: "yesterday" }]);
  await assert.rejects(load, /refused.*failed to parse field \[@timestamp\]/s);
});
