import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { DIMENSIONS, errorLogs } from "../../support/servers/open-search-fixture.ts";
import type { StubFault } from "../../support/servers/stub-fault.ts";

const RECORDS = 12;
const PER_REQUEST = 4;

const SPOILED: StubFault[] = [
  { kind: "shuffled" },
  { kind: "short", count: 1 },
  { kind: "long", count: 1 },
  { kind: "one_index" },
  { kind: "nan" },
  { kind: "zero" },
  { kind: "wrong_dimension", dimensions: DIMENSIONS / 2 },
  { kind: "floats_for_base64" },
  { kind: "html" },
];
/** What is no harm: each answer can be told from the others. */
const HARMLESS = new Set<StubFault["kind"]>(["shuffled", "long", "floats_for_base64"]);
/** What becomes of these does not depend on who answered, and the AI service knows no base64. */
const ALIKE = new Set<StubFault["kind"]>(["nan", "zero", "html", "floats_for_base64"]);

for (const provider of ["openai", "ai-service"] as const) {
  for (const fault of SPOILED) {
    if (provider === "ai-service" && ALIKE.has(fault.kind)) continue;
    const name = `${provider} answers ${fault.kind}: no wrong vector is stored, nobody is blamed, and it is made up for`;
    test(name, async (t) => {
      const story = await openBackfillStory(t, {
        logs: { logs: errorLogs(RECORDS) },
        env: { EMBEDDING_MAX_TEXTS_PER_REQUEST: String(PER_REQUEST) },
      });
      const env =
        provider === "openai" ? {} : { OPENAI_BASE_URL: undefined, AI_SERVICE_URL: story.stub.url };
      story.stub.setFault(fault, {
        texts: (texts) => texts.includes("Request 5 failed on node 5"),
      });

      const spoiled = await story.run(["--once", "--json"], env);

      const then = await story.audit.check();
      assert.equal(then.refused, 0, spoiled.stderr);
      assert.match(spoiled.stdout, /"quarantined":0|"error":/);
      if (HARMLESS.has(fault.kind)) {
        assert.deepEqual([spoiled.code, then.vectors], [0, RECORDS], spoiled.stderr);
      } else {
        assert.ok(then.bare > 0, "every text has a vector, in spite of it");
        assert.ok(spoiled.code === 1 || spoiled.code === 3, spoiled.stderr);
      }

      story.stub.setFault(null);
      const { code, summary, stderr } = await story.once(env);
      assert.deepEqual([code, summary.backlog], [0, 0], stderr);
      const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
      assert.deepEqual(await story.audit.check(), counts);
      assert.equal(story.audit.paidOnce(), RECORDS);
    });
  }
}
