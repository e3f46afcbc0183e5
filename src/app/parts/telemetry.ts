import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { TraceSink } from "../../ports/tracer.ts";
import type { EventAction } from "../../telemetry/event-actions.ts";
import { createEvents } from "../../telemetry/events.ts";
import { createFanOut, type FanOut } from "../../telemetry/fan-out.ts";
import type { Logger, ServiceIdentity } from "../../telemetry/logger.ts";
import { resourceOf } from "../../telemetry/service-identity.ts";

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

/** Sends spans by OTLP over HTTP, and logs when they cannot be sent and when they can again. */
export async function openTraces(
  { url, attributes, ...settings }: NonNullable<Config["tracing"]>,
  identity: ServiceIdentity,
  logger: Logger,
): Promise<TraceSink> {
  const { createTraceSink } = await import("../../adapters/otlp/trace-sink.ts");
  const say = (level: "warn" | "info", action: EventAction, text: string) =>
    logger.log(level, text, { "event.action": action });
  return createTraceSink({
    ...settings,
    url,
    resource: resourceOf(identity, attributes),
    version: identity.version,
    lost: (problem) =>
      say(
        "warn",
        "traces-lost",
        `Traces cannot be sent to ${url} (${problem}); processing continues, and traces are lost until they can. ` +
          "Check OTEL_EXPORTER_OTLP_ENDPOINT and that the collector takes OTLP over HTTP there.",
      ),
    back: () => say("info", "traces-resumed", `Traces are sent to ${url} again`),
  });
}
