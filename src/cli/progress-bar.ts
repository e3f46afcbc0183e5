import { SingleBar } from "cli-progress";
import { escapeControls } from "../telemetry/escape.ts";
import { timeLeft, timeOfDay, usd } from "../telemetry/phrases.ts";
import type { DrainProgress, Events } from "../ports/events.ts";

type ProgressBar = Disposable & {
  update(progress: DrainProgress): void;
  /** The same events, which move the bar too; how far the run is only the bar says. */
  follow(events: Events): Events;
};

/** A terminal progress bar with rate, time left and cost where known, and with what the run waits for. */
export function createProgressBar(stream: NodeJS.WritableStream): ProgressBar {
  const bar = new SingleBar({
    stream,
    format: "{bar} {value}/{total} · {rate}/s · {left} left{cost}{waiting}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    gracefulExit: false,
  });
  let started = false;
  const update = ({ done, total, recordsPerSecond, secondsLeft, costUsd }: DrainProgress) => {
    const shown = {
      rate: recordsPerSecond.toFixed(1),
      left: timeLeft(secondsLeft),
      cost: costUsd === null ? "" : ` · ${usd(costUsd)}`,
      waiting: "",
    };
    if (!started) bar.start(total, done, shown);
    started = true;
    bar.setTotal(total);
    bar.update(done, shown);
  };
  const say = (waiting: string) => {
    if (started) bar.update({ waiting });
  };
  return {
    update,
    follow: (events) => ({
      ...events,
      drainProgress: update,
      drainWaiting(what) {
        const [since, until] = [timeOfDay(what.since), timeOfDay(what.until)];
        const reason = escapeControls(what.fault.message);
        say(` · waiting since ${since}, until ${until} at the latest: ${reason}`);
        events.drainWaiting(what);
      },
      drainResumed(what) {
        say("");
        events.drainResumed(what);
      },
    }),
    [Symbol.dispose]() {
      if (started) bar.stop();
    },
  };
}
