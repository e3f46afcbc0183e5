import {
  SIGNAL_EXIT_CODES,
  watchSignals,
  type StopSignal,
  type WatchedProcess,
} from "../app/shutdown.ts";
import { Fault } from "../domain/faults.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { ExitCode } from "./exit-code.ts";

/** A signal ended a command before its work was done. */
export class Stopped extends Error {
  readonly code: ExitCode;
  constructor(signal: StopSignal, why: string, cause?: unknown) {
    super(`Stopped by ${signal}: ${why}`, { cause });
    this.code = SIGNAL_EXIT_CODES[signal];
  }
}

/**
 * Runs work that has an end. After a signal the exit code is the signal's, whatever the work returns, because it may not
 * have done everything. Throws Stopped where the work was aborted and has no answer.
 */
export async function runToEnd(
  { process }: { process: WatchedProcess },
  events: Pick<Events, "stopping" | "stopped">,
  work: (stop: StopSignals) => Promise<ExitCode>,
): Promise<ExitCode> {
  using stop = watchSignals(process, (signal) => events.stopping({ signal }));
  try {
    const code = await work(stop);
    return stop.signal === undefined ? code : SIGNAL_EXIT_CODES[stop.signal];
  } catch (error) {
    if (stop.signal === undefined || !(error instanceof Error)) throw error;
    if (error instanceof Fault) throw new Stopped(stop.signal, error.message, error);
    if (error.name === "AbortError") throw new Stopped(stop.signal, "nothing was answered", error);
    throw error;
  } finally {
    if (stop.signal !== undefined) events.stopped();
  }
}
