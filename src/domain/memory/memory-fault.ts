import { Fault } from "../faults.ts";

/**
 * Why an index of our own cannot be used now: it is not there, closed, or takes no writes; this user may not; its mapping is
 * another; it answers late or not; nobody answers at all.
 */
export type MemoryProblem =
  | "absent"
  | "closed"
  | "blocked"
  | "forbidden"
  | "mapping"
  | "slow"
  | "away";

/**
 * A failure of one index of the memory of errors. It is of kind `index`, whatever the cause: it says nothing about the logs, so
 * no record waits for it and the store does not count as away.
 */
export class MemoryFault extends Fault {
  readonly index: string;
  readonly problem: MemoryProblem;

  /** `hint`: what to do, one sentence. */
  constructor(
    problem: MemoryProblem,
    {
      index,
      message,
      hint,
      cause,
    }: { index: string; message: string; hint: string; cause?: unknown },
  ) {
    super("index", message, { hint, cause });
    this.name = "MemoryFault";
    this.index = index;
    this.problem = problem;
  }
}
