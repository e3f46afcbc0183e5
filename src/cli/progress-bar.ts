import { SingleBar } from "cli-progress";
import { timeLeft, usd } from "../telemetry/phrases.ts";
import type { DrainProgress } from "../ports/events.ts";

/** A terminal progress bar with rate, time left and cost where known. */
export function createProgressBar(
  stream: NodeJS.WritableStream,
): { update(progress: DrainProgress): void } & Disposable {
  const bar = new SingleBar({
    stream,
    format: "{bar} {value}/{total} · {rate}/s · {left} left{cost}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    gracefulExit: false,
  });
  let started = false;
  return {
    update({ done, total, recordsPerSecond, secondsLeft, costUsd }) {
      const shown = {
        rate: recordsPerSecond.toFixed(1),
        left: timeLeft(secondsLeft),
        cost: costUsd === null ? "" : ` · ${usd(costUsd)}`,
      };
      if (!started) bar.start(total, done, shown);
      started = true;
      bar.setTotal(total);
      bar.update(done, shown);
    },
    [Symbol.dispose]() {
      if (started) bar.stop();
    },
  };
}
