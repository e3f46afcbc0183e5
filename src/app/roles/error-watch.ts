import type { Config } from "../../config/config.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import { openAlertRoutes } from "../parts/alert-routes.ts";
import type { Service } from "../service.ts";
import { senderOf } from "./alerts.ts";

/**
 * Keeps the memory of errors beside the work of a process, wherever its indices are, and tells people of errors where a channel is set. No
 * record waits for it.
 */
export async function startErrorWatch(
  service: Service,
  config: Config,
  role: string,
  stop: StopSignals,
): Promise<AsyncDisposable> {
  const { clock, events } = service;
  const alerter = await openAlerter(service, config, role);
  const watch = await service.errorWatch(alerter?.post);
  const { createErrorLooks } = await import("../../alerting/errors/error-looks.ts");
  const looks = createErrorLooks({ look: watch.look, clock, events });
  const unlisten = service.listen({
    recordsWritten({ written, reused }) {
      if (written + reused > 0) looks.ring();
    },
  });
  // Also where the process does not come to its work, because a port is taken.
  const over = new AbortController();
  const ended = AbortSignal.any([stop.requested, over.signal]);
  const running = Promise.all([looks.run(ended), alerter?.run(ended)]);
  return {
    async [Symbol.asyncDispose]() {
      unlisten();
      over.abort();
      await running;
      await alerter?.close();
    },
  };
}

/** Undefined where no channel is set. */
async function openAlerter(service: Service, config: Config, role: string) {
  const { alerts } = config;
  if (!alerts) return undefined;
  const { createErrorAlerter } = await import("../../alerting/errors/error-alerter.ts");
  const { clock, events, state } = service;
  const { language, text } = alerts.errors;
  return createErrorAlerter({
    channels: await service.alertChannels(),
    routes: await openAlertRoutes(config),
    state,
    clock,
    events,
    sender: senderOf(config, role),
    style: { language, text },
    perHour: alerts.perHour,
  });
}
