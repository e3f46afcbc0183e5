import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createSigner, digest } from "../../../src/pipeline/signer.ts";
import { errorLog } from "../../support/log-documents.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBackfill } from "./backfill-setup.ts";

const { runs = 150, seed = 17 } = propertyRuns() ?? {};
const PARAMETERS = { numRuns: runs, seed };
const DIMENSIONS = 8;
const MODEL = "fake-model";
const HOUR_MS = 3_600_000;

const other = createSigner({ secret: "somebody else's key of 32 bytes!", textVersion: "test" });
const TEXTS = ["error 0", "error 1", "error 2", "error 3"];

/** A stamp that a holder of the key once wrote beside another vector, as anybody who may read can copy it. */
const stolen = fc.constantFrom(...TEXTS).map((text) =>
  signed(
    {
      model: MODEL,
      dimensions: DIMENSIONS,
      text_hash: textHash(text),
      embedded_at: "2026-01-01T00:00:00.000Z",
      truncated: false,
    },
    stubVector("elsewhere", DIMENSIONS),
  ),
);
const hash = fc
  .constantFrom(...TEXTS)
  .chain((text) => fc.constantFrom(textHash(text), digest(text), other.textHash(text), "", "00"));
const anything = fc.oneof(
  fc.string({ maxLength: 10 }),
  fc.integer(),
  fc.constant(null),
  fc.constant({ a: [1] }),
);
const forged = fc.record(
  {
    model: fc.oneof({ weight: 4, arbitrary: fc.constant(MODEL) }, anything),
    dimensions: fc.oneof({ weight: 4, arbitrary: fc.constant(DIMENSIONS) }, anything),
    text_hash: fc.oneof({ weight: 4, arbitrary: hash }, anything),
    embedded_at: fc.oneof(fc.constant("2026-01-01T00:00:00.000Z"), anything),
    truncated: fc.oneof(fc.boolean(), anything),
    mac: fc.oneof(hash, anything),
    key: fc.oneof(fc.constantFrom(signer.key, other.key), anything),
    text: fc.oneof(fc.constant("test"), anything),
  },
  { requiredKeys: [] },
);
/** Signed by nobody, for another document, or by another key. */
const forgedMark = fc
  .record(
    {
      skipped: fc.constantFrom("refused", "empty"),
      text_hash: hash,
      field: fc.constantFrom("message", "other"),
      attempts: fc.oneof(fc.integer({ min: -1, max: 2 ** 31 }), anything),
      error: fc.string({ maxLength: 30 }),
      next_try: fc.constantFrom("9999-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "soon"),
      refused_by: fc.constantFrom(MODEL, "other"),
      token_limit: fc.integer(),
    },
    { requiredKeys: ["skipped"] },
  )
  .chain((mark) => {
    const of = { indexUuid: "another-index", id: "log-999" };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what anybody may have indexed
    const sealed = mark as Parameters<typeof signer.signMark>[1];
    return fc.constantFrom<Record<string, unknown>>(
      mark,
      { ...mark, mac: "00", key: signer.key },
      { ...signer.signMark(of, sealed) },
      { ...other.signMark(of, sealed) },
    );
  });

const bait = fc.record({
  level: fc.constantFrom("ERROR", "INFO"),
  text: fc.constantFrom(...TEXTS, "bait"),
  stamp: fc.oneof(
    forged,
    stolen,
    fc.tuple(stolen, forged).map(([a, b]) => ({ ...a, ...b })),
  ),
  vector: fc.constantFrom(
    [1, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [1],
    [9, 9, 9, 9, 9, 9, 9, 9],
  ),
});
const victim = fc.record({
  text: fc.constantFrom(...TEXTS),
  mark: fc.option(forgedMark, { nil: undefined }),
});

test("with any stamps and marks indexed, every record gets the vector of its own text within a day", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(bait, { maxLength: 5 }),
      fc.array(victim, { minLength: 1, maxLength: 6 }),
      async (baits, victims) => {
        const setup = setUpBackfill([]);
        const { store, clock } = setup;
        store.seed([
          ...baits.map(({ level, text, stamp, vector }, i) => {
            const { source, ...at } = errorLog(100 + i, text);
            const own = { ...source, level, log_vector: vector, log_vector_meta: stamp };
            return { ...at, source: own };
          }),
          ...victims.map(({ text, mark }, i) => {
            const { source, ...at } = errorLog(i, text);
            return { ...at, source: { ...source, ...(mark ? { log_vector_meta: mark } : {}) } };
          }),
        ]);
        for (let round = 0; round < 6; round++) {
          await setup.drain();
          clock.jump(7 * HOUR_MS);
        }
        for (const [i, { text, mark }] of victims.entries()) {
          const { log_vector: vector } = store.read({ index: "app_logs", id: `log-${i}` }) ?? {};
          assert.deepEqual(
            vector,
            [...stubVector(text, DIMENSIONS)],
            JSON.stringify({ i, text, mark }),
          );
        }
      },
    ),
    PARAMETERS,
  );
});
