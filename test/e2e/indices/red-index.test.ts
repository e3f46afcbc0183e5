import assert from "node:assert/strict";
import { test } from "node:test";
import {
  errorLog,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";

await onEachOpenSearch((version) => {
  test("an index none of whose shards answers keeps nobody else from a vector", async (t) => {
    const fixture = await openFixture(t, version);
    await fixture.create(fixture.name("logs"));
    await fixture.fill(fixture.name("logs"), [errorLog("Disk full")]);
    // Of another shape, it is searched apart from the others.
    const red = fixture.name("red");
    await fixture.send("PUT", `/${red}?wait_for_active_shards=0`, {
      settings: {
        index: { number_of_replicas: 0, knn: true, "routing.allocation.require._name": "none" },
      },
      mappings: { properties: { severity: { type: "keyword" }, message: { type: "text" } } },
    });
    const env = { ...fixture.env, STATE_DIR: await temporaryFolder(t) };
    const run = (...args: string[]) => runVectorizer(t, args, { env });

    const once = await run("--once", "--json");

    assert.deepEqual(outcomesOf(printedSummary(once)), { updated: 1 }, once.stderr);
    assert.match(
      once.stderr,
      new RegExp(`WARN .*answered the counting of records in part \\(${red}: .*shard`),
    );
    const status = await run("status");
    assert.match(status.stdout, /_logs +1 +1 +0 .* 100\.0 %/);
    assert.match(status.stdout, /_red +unknown +unknown/);
    assert.match(status.stdout, /^total +unknown +unknown/m);
    assert.match(status.stdout, new RegExp(`Index ${red} cannot be seen in whole\n`));
    assert.equal(status.code, 1);
    const drained = await run("--drain");
    assert.equal(drained.code, 1, "as if nothing were left");
    assert.match(drained.stdout, /ended early: some records could not be seen/);

    await fixture.send("DELETE", `/${fixture.name("logs")}`);
    const alone = await run("--once");
    assert.equal(alone.code, 3, "nothing answers, and it says that all is well");
  });
});
