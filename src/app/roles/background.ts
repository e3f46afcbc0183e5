import type { Config } from "../../config/config.ts";
import type { History } from "../../status/overview/history.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Service } from "../service.ts";
import { serveHttp, type RunningRole } from "./http-server.ts";
import type { Anomalies } from "../../alerting/anomalies/anomalies.ts";
import type { Role } from "../../status/heartbeat.ts";

/** What goes on beside the work of a process that runs until it is stopped: HTTP, alerts, and what both tell of. */
export async function startBackgroundServices(
  service: Service,
  config: Config,
  serving: RunningRole,
  stop: StopSignals,
): Promise<AsyncDisposable> {
  const { alerts } = config;
  await using opened = new AsyncDisposableStack();
  const anomalies = opened.use(await watchAnomalies(service, serving.role)).all;
  if (serving.role === "daemon") {
    const { startErrorWatch } = await import("./error-watch.ts");
    opened.use(await startErrorWatch(service, config, serving.role, stop));
  }
  if (!config.http && !alerts) return opened.move();
  const beside = { ...serving, anomalies, history: await followHistory(service, serving, opened) };
  opened.use(await serveHttp(service, config, beside, stop));
  if (alerts) {
    const { startAlerts } = await import("./alerts.ts");
    opened.use(await startAlerts(service, { ...config, alerts }, beside, stop));
  }
  return opened.move();
}

/** Told by the events from now on, and kept at the end. */
async function followHistory(
  { state, clock, listen }: Service,
  { role }: RunningRole,
  opened: AsyncDisposableStack,
): Promise<History> {
  const { openHistory } = await import("../../status/overview/history.ts");
  const history = await openHistory({ role, state, clock });
  opened.defer(() => history.kept());
  opened.defer(listen(history.listener));
  return history;
}

/** Somebody who waits for the next minute's news waits no longer. */
const CHECK_EVERY_MS = 15_000;
const KEEP_EVERY_MS = 10 * 60_000;

/** Compares how a process does with how it usually does, as long as it runs. */
export async function watchAnomalies(
  { clock, state, events, listen }: Pick<Service, "clock" | "state" | "events" | "listen">,
  role: Role,
): Promise<Pick<Anomalies, "all"> & AsyncDisposable> {
  const { openAnomalies } = await import("../../alerting/anomalies/anomalies.ts");
  const anomalies = await openAnomalies({ role, state, clock, events });
  const unlisten = listen(anomalies.listener);
  const over = new AbortController();
  const looking = (async () => {
    let keptAt = clock.now();
    for (;;) {
      await clock.sleep(CHECK_EVERY_MS, over.signal);
      if (over.signal.aborted) return;
      anomalies.look();
      if (clock.now() - keptAt < KEEP_EVERY_MS) continue;
      keptAt = clock.now();
      await anomalies.keep();
    }
  })();
  return {
    all: anomalies.all,
    async [Symbol.asyncDispose]() {
      unlisten();
      over.abort();
      await looking;
      await anomalies.keep();
    },
  };
}
