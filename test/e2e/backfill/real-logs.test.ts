import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SAMPLE_LOGS_FOLDER } from "../../../scripts/bench/sample-logs.ts";
import { loadEntries } from "../../../scripts/sample-logs/load-entries.ts";
import { parseLogFile } from "../../../scripts/sample-logs/parse-log-file.ts";
import { onEachOpenSearch, openFixture } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

/** Counted in the files themselves, by their level column. */
const FILES = [
  { name: "Hadoop", levels: { ERROR: 150, FATAL: 2, WARN: 808, INFO: 1040 } },
  { name: "Zookeeper", levels: { ERROR: 13, WARN: 1318, INFO: 669 } },
  { name: "Apache", levels: { error: 595, notice: 1405 } },
] as const;
const WANTED = ["ERROR", "FATAL", "WARN"];

const missing = FILES.find(({ name }) => !existsSync(pathOf(name)));
const skip = missing
  ? `no ${pathOf(missing.name)}; set LOG_VECTORIZER_LOGS to their folder`
  : false;

await onEachOpenSearch((version) => {
  test("real logs are drained to the last record, with exact tallies", { skip }, async (t) => {
    const fixture = await openFixture(t, version);
    const texts = new Set<string>();
    let wanted = 0;
    for (const { name, levels } of FILES) {
      const entries = await Array.fromAsync(parseLogFile(pathOf(name)));
      const index = fixture.name(name.toLowerCase());
      const loaded = await loadEntries({ url: fixture.url, index }, entries);
      assert.deepEqual(Object.fromEntries(loaded), levels);
      for (const { level = "", message } of entries) {
        if (!WANTED.includes(level.toUpperCase())) continue;
        wanted += 1;
        texts.add(message);
      }
    }
    assert.equal(wanted, 150 + 2 + 808 + 13 + 1318 + 595);

    const env = { ...fixture.env, ENRICHMENT_LEVELS: WANTED.join(","), CACHE_MAX_ENTRIES: "5000" };
    const ended = await runVectorizer(t, ["--drain", "--json"], { env });

    const summary = printedSummary(ended);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(
      { found: summary.found, taken: summary.taken, backlog: summary.backlog },
      { found: wanted, taken: wanted, backlog: 0 },
    );
    assert.deepEqual(outcomesOf(summary), { updated: texts.size, reused: wanted - texts.size });
    assert.equal(summary.embedding.texts, texts.size);
    assert.deepEqual(summary.indices, { fit: FILES.length, unfit: 0 });
    const table = await runVectorizer(t, ["status"], { env });
    assert.match(
      table.stdout,
      new RegExp(`^total +${wanted} +${wanted} +0 +0 +0 +0 +100\\.0 %$`, "m"),
    );
  });
});

function pathOf(name: string): string {
  return join(SAMPLE_LOGS_FOLDER, `${name}_2k.log`);
}
