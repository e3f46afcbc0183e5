import type { Clock } from "../../ports/clock.ts";
import { createEvents } from "../../telemetry/events.ts";
import { createFanOut, type FanOut } from "../../telemetry/fan-out.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** A listener that comes after the log file became unwritable hears of it too. */
export function openEvents(logger: Logger, clock: Clock): FanOut {
  const { events, listen } = createFanOut(createEvents(logger, clock));
  let unwritable: { path: string; problem: string } | undefined;
  logger.listen({
    unwritable(file, problem) {
      unwritable = { path: file, problem };
      events.logFileUnwritable(unwritable);
    },
    writable(file) {
      unwritable = undefined;
      events.logFileWritable({ path: file });
    },
  });
  return {
    events,
    listen(listener) {
      if (unwritable) listener.logFileUnwritable?.(unwritable);
      return listen(listener);
    },
  };
}
