import assert from "node:assert/strict";
import type { Ended, RunningCommand } from "../commands/run-command.ts";

/** So long after its first signal a command still waits for the embedder; its writes have two seconds more. */
const GRACE_MS = 5000;
/** From the signal to the end of the process, at most. */
const END_MS = 8000;
const TRIES = 4;

/** Asks the command to stop: from then on its time runs. */
type Stop = (command: RunningCommand, signal?: "SIGTERM" | "SIGINT") => void;

/**
 * Tells a story about what a command does in the time that it has when it is stopped. Where the machine took that time for
 * itself and the story fails, it says nothing of the command and is told anew.
 */
export async function withinGrace(story: (stop: Stop) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    let stoppedAt = Infinity;
    let endedAt: number | undefined;
    try {
      return await story((command, signal = "SIGTERM") => {
        stoppedAt = performance.now();
        const ended = () => (endedAt = performance.now());
        command.ended.then(ended, ended);
        command.kill(signal);
      });
    } catch (error) {
      const tookMs = (endedAt ?? performance.now()) - stoppedAt;
      if (tries === TRIES || !(tookMs >= GRACE_MS)) throw error;
    }
  }
}

/** Stops it and waits for its end, which must come in time. */
export async function stoppedInTime(stop: Stop, command: RunningCommand): Promise<Ended> {
  stop(command);
  const stoppedAt = performance.now();
  const ended = await command.ended;
  const tookMs = performance.now() - stoppedAt;
  assert.ok(tookMs < END_MS, `it took ${Math.round(tookMs)} ms to end`);
  return ended;
}
