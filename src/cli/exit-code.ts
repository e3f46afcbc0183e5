import { z } from "zod";
import { Fault, faultJson, faultShape } from "../domain/faults.ts";
import { outnumberFit, type UnfitRecords } from "../domain/unfit-records.ts";
import { failures, type Outcomes } from "../domain/outcome.ts";
import { SIGNAL_EXIT_CODES } from "../app/shutdown.ts";
import type { Gap } from "../domain/partial.ts";
import { wroteNothingBecauseOf } from "../domain/summary.ts";

/** Exit codes. */
export const EXIT = {
  ok: 0,
  /**
   * Records were quarantined or deferred or lose their vectors repeatedly, not everything could be seen, or a check
   * failed.
   */
  incomplete: 1,
  /** Invalid settings or arguments, or something named does not exist. */
  usage: 2,
  /** OpenSearch or the embedder is unreachable or refuses this client, or a model could not be installed. */
  unavailable: 3,
  /** A signal ended a command before its work was done. */
  interrupted: SIGNAL_EXIT_CODES.SIGINT,
  terminated: SIGNAL_EXIT_CODES.SIGTERM,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For people: help and the docs say it in these words. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: "all good",
  1: "some records were quarantined or deferred, not everything could be seen, or a check failed",
  2: "wrong settings or usage, or something named does not exist",
  3: "OpenSearch or the embedder cannot be reached or refuses this program, or a model could not be installed",
  130: "Ctrl-C (SIGINT) stopped it before its work was done",
  143: "SIGTERM stopped it before its work was done; the daemon, a tail or a worker: it did not stop within its 8 s",
};

type Ending =
  | { error: unknown }
  | {
      summary: { outcomes: Outcomes; gaps: readonly Gap[]; looping?: number };
      fault?: Fault;
      unfitRecords?: UnfitRecords;
    };

/** The exit code of a manual run that ended by itself. */
export function exitCodeOf(result: Ending): ExitCode {
  if (unavailability(result) || !("summary" in result)) return EXIT.unavailable;
  const { summary, fault, unfitRecords } = result;
  const { outcomes, gaps, looping = 0 } = summary;
  const isWhole = failures(outcomes) + gaps.length + looping === 0 && !fault;
  const isMostLeft = unfitRecords !== undefined && outnumberFit(unfitRecords);
  return isWhole && !isMostLeft ? EXIT.ok : EXIT.incomplete;
}

/** The fault that kept a run from doing anything. */
export function unavailability(result: Ending): Fault | undefined {
  if ("error" in result) return asFault(result.error);
  const { fault, summary } = result;
  // A fault of one index says nothing about the others, even if they had no work.
  return wroteNothingBecauseOf(summary.outcomes, fault) && fault.kind !== "index"
    ? fault
    : undefined;
}

/** A bug is thrown. */
function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}

/** What `--json` prints where a command has no other answer. */
export const errorAnswerShape = z.object({ error: faultShape });

export function errorJson(
  error: Parameters<typeof faultJson>[0],
): z.infer<typeof errorAnswerShape> {
  return { error: faultJson(error) };
}
