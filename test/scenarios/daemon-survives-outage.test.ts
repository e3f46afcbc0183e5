import assert from "node:assert/strict";
import { test } from "node:test";
import { startOpenSearch } from "../../scripts/local-servers/opensearch.ts";
import { eventually } from "../support/eventually.ts";
import { testedVersions } from "../support/local-servers.ts";
import { errorLogs, fixtureAt } from "../support/open-search-fixture.ts";
import { startVectorizer } from "../support/run-command.ts";

const [version = "2.19.1.0"] = await testedVersions();

test(
  "OpenSearch stops and comes back: the daemon tells of it and goes on by itself",
  { timeout: 300_000 },
  async (t) => {
    const first = await startOpenSearch({ version });
    t.after(() => first.stop());
    const fixture = fixtureAt(first.url, version);
    const index = fixture.name("logs");
    const fill = async () => {
      await fixture.create(index);
      await fixture.fill(index, errorLogs(3));
    };
    await fill();
    const env = { ...fixture.env, BACKFILL_SCHEDULE: "*/2 * * * * *" };
    const daemon = await startVectorizer(t, [], { env });
    await daemon.says(/Cycle #\d+ summary: .* vectors 3 \(total 3\)/);

    await first.stop();
    await daemon.says(/ERROR Cycle #\d+ failed: OpenSearch at .* connection refused.* · next run /);
    const second = await startOpenSearch({ version, port: Number(new URL(first.url).port) });
    t.after(() => second.stop());
    await fill();

    await daemon.says(/Cycle #\d+ summary: .* vectors 3 \(total 6\)/);
    await eventually(async () => (await withVector(fixture, index)) === 3, t);
    daemon.kill("SIGTERM");
    const ended = await daemon.ended;
    assert.equal(ended.code, 0, ended.stdout);
    assert.doesNotMatch(ended.stdout, /\n {4}at /, "a stack trace for an outage");
  },
);

async function withVector(fixture: ReturnType<typeof fixtureAt>, index: string): Promise<number> {
  const documents = [...(await fixture.documents(index)).values()];
  return documents.filter(({ source }) => source["log_vector"] !== undefined).length;
}
