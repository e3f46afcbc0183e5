import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { METRICS, PREFIX, type Definition, type LabelsOf, type NameOf } from "./definitions.ts";

/** All metrics of one process, and those that every Node process has. Nothing here throws on a number. */
export type Meters = {
  /** Counts; what makes no sense counts as nothing. */
  add<Name extends NameOf<"counter">>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends NameOf<"histogram">>(
    name: Name,
    labels: LabelsOf<Name>,
    seconds: number,
  ): void;
  /** From now on there are exactly these; an undefined value is left out. */
  show<Name extends NameOf<"gauge">>(name: Name, rows: readonly Shown<Name>[]): void;
  text(): Promise<MetricsText>;
};

type Shown<Name extends NameOf<"gauge">> = readonly [
  labels: LabelsOf<Name>,
  value: number | undefined,
];

/** In Prometheus' text format. */
export type MetricsText = { type: string; body: string };

/** Each look at the event loop wakes an idle process; prom-client's own 10 ms cost 6 ms of processor a second. */
const LOOP_LOOK_MS = 50;

export function createMeters(): Meters {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, definition] of Object.entries<Definition>(METRICS)) {
    const { type, labels, help, buckets = [] } = definition;
    const common = { name: PREFIX + name, help, labelNames: [...labels], registers: [registry] };
    if (type === "counter") counters.set(name, new Counter(common));
    else if (type === "gauge") gauges.set(name, emptied(new Gauge(common)));
    else histograms.set(name, new Histogram({ ...common, buckets: [...buckets] }));
  }
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_LOOK_MS });
  return {
    add(name, labels, by = 1) {
      if (by >= 0 && by < Infinity) counters.get(name)?.inc({ ...labels }, by);
    },
    // A clock that was set back makes no time negative.
    observe: (name, labels, seconds) =>
      histograms.get(name)?.observe({ ...labels }, Math.max(0, seconds) || 0),
    show(name, rows) {
      const gauge = gauges.get(name);
      if (!gauge) return;
      emptied(gauge);
      for (const [labels, value] of rows) {
        if (value !== undefined && Number.isFinite(value)) gauge.set({ ...labels }, value);
      }
    },
    async text() {
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

/** Without labels it would be 0 until it is set. */
function emptied(gauge: Gauge): Gauge {
  gauge.reset();
  gauge.remove({});
  return gauge;
}
