import assert from "node:assert/strict";
import type { AroundQuery } from "../../src/ports/record-store.ts";
import { A, B, log, timeOf, type Promises, type Subject } from "./record-store-subject.ts";

/** What every log store promises of the records around one, where it can tell. */
export function testAround(contract: Promises): void {
  const promise: Promises = (what, run, needs) =>
    contract(
      what,
      async (subject) => {
        if (subject.store.findAround) await run(subject);
      },
      needs,
    );
  const trace = { of: { traceId: "4bf92f3577b34da6a3ce929d0e0e4736" } };

  promise("finds the records of a trace, of any level and index, latest first", async (subject) => {
    const fields = { "trace.id": trace.of.traceId };
    await subject.seed([
      log(A, 1, { ...fields, message: "begins", level: "INFO" }),
      log(B, 2, { ...fields, message: "fails" }),
      log(A, 3, { "trace.id": "another", message: "another trace" }),
      log(A, 4, { message: "no trace" }),
    ]);
    const found = await around(subject, trace);
    assert.deepEqual(
      found.map(({ index, text, level, traceId }) => [index, text, level, traceId]),
      [
        [B, "fails", "ERROR", trace.of.traceId],
        [A, "begins", "INFO", trace.of.traceId],
      ],
    );
  });

  promise("finds the records of a service, whatever its case, within a time", async (subject) => {
    await subject.seed([
      log(A, 1, { service: "Shop", message: "too early" }),
      log(A, 2, { service: "shop", message: "first", level: "DEBUG" }),
      log(A, 3, { service: "Shop", message: "second" }),
      log(A, 4, { service: "shop", message: "too late" }),
      log(B, 3, { service: "shopping", message: "another service" }),
    ]);
    const span = { since: Date.parse(timeOf(2)), until: Date.parse(timeOf(3)) };
    const found = await around(subject, { of: { service: "shop" }, ...span });
    assert.deepEqual(
      found.map(({ text }) => text),
      ["second", "first"],
    );
  });

  promise(
    "a record without a text or a time is not around, and the latest come first",
    async (subject) => {
      const service = "shop";
      await subject.seed([
        log(A, 1, { service, message: "one" }),
        log(A, 2, { service, message: "two" }),
        log(B, 3, { service, message: "three" }),
        log(A, 0, { service, message: "" }),
      ]);
      for (const [limit, texts] of [
        [2, ["three", "two"]],
        [9, ["three", "two", "one"]],
      ] as const) {
        const found = await around(subject, { of: { service }, limit });
        assert.deepEqual(
          found.map(({ text }) => text),
          texts,
        );
      }
    },
  );
}

async function around(
  { store, ready, signal }: Subject,
  query: Pick<AroundQuery, "of"> & Partial<AroundQuery>,
) {
  const all = { since: 0, until: Date.parse(timeOf(59)), limit: 100 };
  const answer = await store.findAround?.({ indices: await ready(), ...all, ...query }, signal);
  assert.deepEqual(answer?.gaps, []);
  return answer?.records ?? [];
}
