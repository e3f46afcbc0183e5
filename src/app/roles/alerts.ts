import { hostname } from "node:os";
import type { WatchDeps } from "../../alerting/watch.ts";
import type { Sender } from "../../alerting/message-frame.ts";
import type { Probing } from "../../alerting/probing.ts";
import type { Config } from "../../config/config.ts";
import { createMask, escapeControls } from "../../telemetry/escape.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Service } from "../service.ts";
import { VERSION } from "../version.ts";
import type { Observed } from "./http-server.ts";

/** Who alerts are from. */
export function senderOf(
  { alerts, secrets }: Pick<Config, "alerts" | "secrets">,
  role: string,
): Sender {
  const mask = createMask(secrets);
  const page = alerts?.pageUrl;
  return {
    service: { version: VERSION, role, host: hostname() },
    ...(page === undefined ? {} : { page }),
    clean: (text) => escapeControls(mask(text)),
  };
}

/** An embedder may be a public service: it is asked less often while all is well. */
const DEPENDENCIES = [
  { name: "opensearch", everyMs: 10_000 },
  { name: "kafka", everyMs: 10_000 },
  { name: "embedder", everyMs: 60_000 },
] as const;

/** Tells people what goes wrong in this process, beside its work, until a stop is requested. */
export async function startAlerts(
  service: Service,
  config: Config & { alerts: NonNullable<Config["alerts"]> },
  serving: Observed,
  stop: StopSignals,
): Promise<AsyncDisposable> {
  const { role, cycles, consumer, history, anomalies } = serving;
  const { state, clock, events } = service;
  const [{ createAlerter }, { createWatch }, channels, readiness] = await Promise.all([
    import("../../alerting/alerter.ts"),
    import("../../alerting/watch.ts"),
    service.alertChannels(),
    service.readiness(),
  ]);
  const { records } = readiness;
  const ring = () => alerter.ring();
  const deps: WatchDeps = {
    clock,
    history,
    standing: readiness.standing,
    records,
    ...(cycles ? { cycles: { ...cycles, status: service.status } } : {}),
    ...(config.limits.usdPerDay === undefined ? {} : { spent: service.spentToday }),
    role: consumer?.role,
    anomalies,
    ring,
  };
  const watch = createWatch(deps);
  const alerter = createAlerter({
    look: watch.look,
    channels,
    state,
    clock,
    events,
    sender: senderOf(config, role),
    timing: config.alerts,
  });
  const probings = await openProbings(service, readiness);
  const unlisten = [
    ...watch.listeners.map((listener) => service.listen(listener)),
    records.listen((what, name) => {
      ring();
      if (what === "failing") probings.get(name)?.wake();
    }),
  ];
  const running = Promise.all(
    [alerter, ...probings.values()].map((one) => one.run(stop.requested)),
  );
  return {
    async [Symbol.asyncDispose]() {
      for (const end of unlisten) end();
      await running;
      await alerter.close();
    },
  };
}

/** By the name of what they ask. */
async function openProbings(
  { clock, events }: Pick<Service, "clock" | "events">,
  { probes, records }: Pick<Awaited<ReturnType<Service["readiness"]>>, "probes" | "records">,
): Promise<ReadonlyMap<string, Probing>> {
  const { createProbing } = await import("../../alerting/probing.ts");
  return new Map(
    DEPENDENCIES.flatMap(({ name, everyMs }) => {
      const probe = probes[name];
      if (!probe) return [];
      return [[name, createProbing({ probe, record: records[name], everyMs, clock, events })]];
    }),
  );
}
