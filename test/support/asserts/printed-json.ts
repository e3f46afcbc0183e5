import assert from "node:assert/strict";
import { z } from "zod";
import { errorAnswerShape } from "../../../src/cli/exit-code.ts";
import type { Outcomes } from "../../../src/domain/outcome.ts";
import { runAnswerShape, summaryShape, type CycleSummary } from "../../../src/domain/summary.ts";
import type { Ended } from "../commands/run-command.ts";

/** The one JSON value on standard output. */
export function printedJson<T>(ended: Ended, shape: z.ZodType<T>): T {
  const shown = `${ended.stdout}\n--- stderr\n${ended.stderr}`;
  assert.match(ended.stdout, /^[[{][^\n]*\n$/, shown);
  const parsed = shape.safeParse(JSON.parse(ended.stdout));
  assert.ok(parsed.success, `${parsed.error?.message}\n${shown}`);
  return parsed.data;
}

/** The same of an answer of the program, which has not a key more or less than its schema. */
export function printedAnswer<T>(ended: Ended, shape: z.ZodType<T>): T {
  return exactly(printedJson(ended, z.unknown()), shape);
}

export function exactly<T>(answer: unknown, shape: z.ZodType<T>): T {
  const parsed = shape.parse(answer);
  assert.deepEqual(parsed, answer);
  return parsed;
}

/** What `--once --json` or `--drain --json` printed; its outcomes add up. */
export function printedSummary(ended: Ended): CycleSummary {
  const { other_models: _, ...summary } = printedAnswer(ended, runAnswerShape);
  return readSummary(summary);
}

/** The same where it stands in an event. */
export function readSummary(printed: unknown): CycleSummary {
  const summary = exactly(printed, summaryShape);
  const sum = Object.values(summary.outcomes).reduce((a, b) => a + b, 0);
  assert.equal(sum, summary.taken, "the outcomes do not add up to what was taken");
  return summary;
}

/** What `--json` printed with exit code 2 or 3. */
export function printedError(ended: Ended): z.infer<typeof errorAnswerShape>["error"] {
  return printedAnswer(ended, errorAnswerShape).error;
}

/** Outcomes other than zero. */
export function outcomesOf({ outcomes }: { outcomes: Outcomes }): Partial<Outcomes> {
  return Object.fromEntries(Object.entries(outcomes).filter(([, number]) => number > 0));
}
