import type { Config } from "../../config/config.ts";
import type { History } from "../../status/overview/history.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Service } from "../service.ts";
import { serveHttp, type RunningRole } from "./http-server.ts";
import { watchAnomalies } from "./anomalies.ts";

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
