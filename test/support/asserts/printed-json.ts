import assert from "node:assert/strict";
import { z } from "zod";
import type { Outcomes } from "../../../src/domain/outcome.ts";
import type { CycleSummary } from "../../../src/domain/summary.ts";
import { count, embeddingShape, outcomesShape } from "./printed-counts.ts";
import type { Ended } from "../commands/run-command.ts";

/** The printed form of a cycle, with not a key more or less. */
const summaryShape = z.strictObject({
  cycle: count,
  found: count.nullable(),
  backlog: count.nullable(),
  other_model: count.nullable(),
  left_alone: count.nullable(),
  looping: count,
  false_marks: count,
  gaps: z.array(z.strictObject({ index: z.string(), reason: z.string() })),
  taken: count,
  outcomes: outcomesShape,
  embedding: embeddingShape,
  duration_ms: z.number().min(0),
  indices: z.strictObject({ fit: count, unfit: count }),
});
const otherModelsShape = z.strictObject({
  records: count,
  models: z.array(
    z.strictObject({
      model: z.string().nullable(),
      dimensions: count.nullable(),
      records: count,
    }),
  ),
  estimate: z.strictObject({ tokens: count, cost_usd: z.number().nullable() }).nullable(),
  command: z.literal("log-vectorizer reembed"),
});
/** A run by hand also says what it takes to replace the vectors of other models. */
const printedShape = summaryShape.extend({ other_models: otherModelsShape.nullable() });
const errorShape = z.strictObject({
  error: z.strictObject({ kind: z.string(), message: z.string(), hint: z.string().nullable() }),
});

/** The one JSON value on standard output. */
export function printedJson<T>(ended: Ended, shape: z.ZodType<T>): T {
  const shown = `${ended.stdout}\n--- stderr\n${ended.stderr}`;
  assert.match(ended.stdout, /^[[{][^\n]*\n$/, shown);
  const parsed = shape.safeParse(JSON.parse(ended.stdout));
  assert.ok(parsed.success, `${parsed.error?.message}\n${shown}`);
  return parsed.data;
}

/** What `--once --json` or `--drain --json` printed; its outcomes add up. */
export function printedSummary(ended: Ended): CycleSummary {
  const { other_models: _, ...summary } = printedJson(ended, printedShape);
  return readSummary(summary);
}

/** The same where it stands in an event. */
export function readSummary(printed: unknown): CycleSummary {
  const summary = summaryShape.parse(printed);
  const sum = Object.values(summary.outcomes).reduce((a, b) => a + b, 0);
  assert.equal(sum, summary.taken, "the outcomes do not add up to what was taken");
  return summary;
}

/** What `--json` printed with exit code 2 or 3. */
export function printedError(ended: Ended): z.infer<typeof errorShape>["error"] {
  return printedJson(ended, errorShape).error;
}

/** Outcomes other than zero. */
export function outcomesOf({ outcomes }: { outcomes: Outcomes }): Partial<Outcomes> {
  return Object.fromEntries(Object.entries(outcomes).filter(([, number]) => number > 0));
}
