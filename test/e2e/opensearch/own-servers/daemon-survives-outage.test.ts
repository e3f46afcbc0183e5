import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../../support/asserts/eventually.ts";
import {
  errorLogs,
  fixtureAt,
  type OpenSearchFixture,
} from "../../../support/servers/open-search-fixture.ts";
import { startOwnOpenSearch } from "../../../support/servers/own-open-search.ts";
import { startVectorizer } from "../../../support/commands/run-command.ts";

test(
  "OpenSearch stops and comes back: the daemon tells of it and goes on by itself",
  { timeout: 600_000 },
  async (t) => {
    const server = await startOwnOpenSearch(t);
    const fixture = fixtureAt(server.url, server.version);
    const fill = async (index: string) => {
      await fixture.create(index);
      await fixture.fill(index, errorLogs(3));
    };
    await fill(fixture.name("before"));
    const env = { ...fixture.env, BACKFILL_SCHEDULE: "*/2 * * * * *" };
    const daemon = await startVectorizer(t, [], { env });
    await daemon.says(/Cycle #\d+ summary: .* vectors 3 \(total 3\)/);

    await server.kill();
    await daemon.says(/ERROR Cycle #\d+ failed: OpenSearch at .* connection refused.* · next run /);
    await server.start();
    await fill(fixture.name("after"));

    // A cycle may find the new index while it is being filled.
    await daemon.says(/Cycle #\d+ summary: .*\(total 6\)/);
    await eventually(async () => (await withVector(fixture)) === 6, t);
    daemon.kill("SIGTERM");
    const ended = await daemon.ended;
    assert.equal(ended.code, 0, ended.stdout);
    assert.doesNotMatch(ended.stdout, /\n {4}at /, "a stack trace for an outage");
  },
);

async function withVector({ documents, pattern }: OpenSearchFixture): Promise<number> {
  const all = [...(await documents(pattern)).values()];
  return all.filter(({ source }) => source["log_vector"] !== undefined).length;
}
