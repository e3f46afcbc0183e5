import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Fault } from "../../../src/domain/faults.ts";
import { joinStore } from "../../../src/pipeline/joined-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { signer, textHash } from "../../support/fakes/signer.ts";
import { createSplitStore } from "../../support/fakes/split-store.ts";
import { errorLog } from "../../support/log-documents.ts";
import { setUpBackfillOn, sum } from "./backfill-setup.ts";

const INDEX = "app_logs";
const HOUR_MS = 3_600_000;

/** What befalls the index of vectors, or a record while its vector is written, during one cycle. */
const step = fc.record({
  away: fc.constantFrom("nothing", "some", "all", "request"),
  changes: fc.option(fc.nat(5), { nil: undefined }),
  removes: fc.option(fc.nat(5), { nil: undefined }),
  restarts: fc.boolean(),
});

test("with any changes of the index between vector and stamp, in the end every record has both of its own text", async () => {
  const texts = fc.array(fc.nat(3), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(step, { maxLength: 6 }), async (numbers, steps) => {
      const clock = createManualClock();
      const state = createMemoryState();
      const inForce = { model: "fake-model", dimensions: 8 };
      const split = createSplitStore({ levels: ["ERROR"], now: clock.now, inForce });
      split.seed(numbers.map((text, i) => errorLog(i, `error ${text}`)));
      const open = () =>
        setUpBackfillOn(joinStore({ ...split, signer: async () => signer }), { clock, state });
      let process = open();
      const paid: string[] = [];
      const cycle = async () => {
        const { calls } = process.embedder;
        const before = calls.length;
        const { summary } = await through(process.cycle(), clock);
        assert.equal(sum(summary.outcomes), summary.taken);
        paid.push(...calls.slice(before).flatMap((inputs) => inputs.map(({ text }) => text)));
      };
      for (const { away, changes, removes, restarts } of steps) {
        let isDone = false;
        split.vectors.refuse(({ record }) => {
          const number = Number(record.id.replace("log-", ""));
          if (!isDone) {
            isDone = true;
            const stood = (at: number | undefined) =>
              at !== undefined && split.read({ index: INDEX, id: `log-${at}` });
            const changed = stood(changes);
            if (changed && !changed["log_vector_meta"]) {
              split.change({ index: INDEX, id: `log-${changes}` }, { message: "changed" });
            }
            if (stood(removes)) split.remove({ index: INDEX, id: `log-${removes}` });
          }
          const fault = new Fault("outage", "fake index: away");
          if (away === "request") throw fault;
          return away === "all" || (away === "some" && number % 2 === 0) ? fault : undefined;
        });
        await cycle();
        clock.jump(HOUR_MS);
        if (restarts) process = open();
      }
      split.vectors.refuse(undefined);
      for (let i = 0; i < 4; i++) {
        await cycle();
        clock.jump(HOUR_MS);
      }
      for (const i of numbers.keys()) {
        const place = { index: INDEX, id: `log-${i}` };
        const stands = split.read(place);
        if (!stands) continue;
        const hash = textHash(String(stands["message"]));
        const own = split.vectors.of(place).find(({ stamp }) => stamp.text_hash === hash);
        assert.ok(own, `${place.id} has the vector of its text`);
        assert.deepEqual(stands["log_vector_meta"], own.stamp);
      }
      const restarted = steps.filter(({ restarts }) => restarts).length;
      const twice = paid.length - new Set(paid).size;
      assert.ok(twice <= restarted * 4, `${twice} texts were paid for again without a restart`);
    }),
    { numRuns: 60, seed: 7 },
  );
});

/** Runs it to its end; time passes while it waits. */
async function through<T>(running: Promise<T>, clock: { advance(ms: number): Promise<void> }) {
  const over = new AbortController();
  const ended = running.finally(() => over.abort());
  while (!over.signal.aborted) await clock.advance(1000);
  return ended;
}
