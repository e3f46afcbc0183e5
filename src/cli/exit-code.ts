import { Fault } from "../domain/faults.ts";
import { outnumberFit, type UnfitRecords } from "../domain/unfit-records.ts";
import { failures, type Outcomes } from "../domain/outcome.ts";
import type { Gap } from "../domain/partial.ts";
import { wroteNothingBecauseOf } from "../domain/summary.ts";

/** The command's answers to the shell. */
export const EXIT = {
  ok: 0,
  /** It ran, but some records ended quarantined or deferred, some lose their vectors again and again, not everything could be seen, or a check failed. */
  incomplete: 1,
  /** Settings or arguments, also of what is not there. */
  usage: 2,
  /** OpenSearch or the embedder cannot be reached or refuses us. */
  unavailable: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For people: help and the docs say it in these words. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: "all good",
  1: "some records were quarantined or deferred, not everything could be seen, or a check failed",
  2: "wrong settings or usage, or a thing that was named does not exist",
  3: "OpenSearch or the embedder cannot be reached or refuses us",
};

/** How a run by hand ended. */
type Ending =
  | { error: unknown }
  | {
      summary: { outcomes: Outcomes; gaps: readonly Gap[]; looping?: number };
      fault?: Fault;
      leftAlone?: UnfitRecords;
    };

/** What a run by hand comes to; a run that was asked to stop did what it could. */
export function exitCodeOf(result: Ending, stopped: boolean): ExitCode {
  if (unavailability(result)) return stopped ? EXIT.ok : EXIT.unavailable;
  if (!("summary" in result) || stopped) return EXIT.ok;
  const { summary, fault, leftAlone } = result;
  const { outcomes, gaps, looping = 0 } = summary;
  const isWhole = failures(outcomes) + gaps.length + looping === 0 && !fault;
  const isMostLeft = leftAlone !== undefined && outnumberFit(leftAlone);
  return isWhole && !isMostLeft ? EXIT.ok : EXIT.incomplete;
}

/** The fault that kept a run from doing anything at all. */
export function unavailability(result: Ending): Fault | undefined {
  if ("error" in result) return asFault(result.error);
  const { fault, summary } = result;
  // What one index refuses is no word on the others, though they had nothing to be done.
  return wroteNothingBecauseOf(summary.outcomes, fault) && fault.kind !== "index"
    ? fault
    : undefined;
}

/** A bug is shown as what it is. */
function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}

/** The object that `--json` prints with exit codes 2 and 3. */
export function errorJson({
  kind,
  message,
  hint,
}: {
  kind: string;
  message: string;
  hint?: string | undefined;
}) {
  return { error: { kind, message, hint: hint ?? null } };
}
