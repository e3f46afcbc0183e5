import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../local-servers/free-port.ts";
import type { Bench, Measured, Size } from "./bench.ts";
import { startCollector, type Collector } from "./collector.ts";
import { drainByDaemon, type DaemonDrain } from "./daemon-drain.ts";
import { alternate, ratio, sampleOf, shown } from "./samples.ts";

type Amounts = { docs: number; rounds: number };
const AMOUNTS: Record<Size, Amounts> = {
  quick: { docs: 1000, rounds: 1 },
  normal: { docs: 5000, rounds: 9 },
  full: { docs: 20_000, rounds: 9 },
};
/** Prometheus' own default is a minute, and a quarter of that is common. */
const SCRAPE_EVERY_MS = 15_000;

type Variant = (bench: Bench) => Promise<Parameters<typeof drainByDaemon>[2]>;

/** Ways to watch a daemon at its work; all the others are compared with the first. */
const VARIANTS: Record<string, Variant> = {
  off: async () => ({ env: { HTTP_PORT: "0" } }),
  async metrics() {
    const [port = 0] = await freePorts(1);
    return {
      env: { HTTP_PORT: String(port) },
      meanwhile: (ended) => scrape(`http://127.0.0.1:${port}/metrics`, ended),
    };
  },
  async tracing() {
    const collector = await startCollector();
    return {
      env: { HTTP_PORT: "0", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      meanwhile: (ended) => collect(collector, ended),
    };
  },
};

/** What it costs a drain to be watched: its speed, and the processor time of the daemon, in turns. */
export async function benchObserved(bench: Bench): Promise<Measured> {
  const { docs, rounds } = AMOUNTS[bench.size];
  const names = Object.keys(VARIANTS);
  const drains = new Map<string, DaemonDrain[]>(names.map((name) => [name, []]));
  const drained = (name: string, variant: Variant) => async (number: number) => {
    bench.say(`Round ${number + 1} of ${rounds}: a drain, ${name}`);
    const done = await drainByDaemon(bench, docs, await variant(bench));
    drains.get(name)?.push(done);
    return done.docsPerSecond;
  };
  const measured = await alternate<string>(
    rounds,
    Object.fromEntries(
      Object.entries(VARIANTS).map(([name, variant]) => [name, drained(name, variant)]),
    ),
  );
  const samples = names.map((name) => ({
    name,
    speed: sampleOf(measured[name] ?? []),
    cpu: sampleOf((drains.get(name) ?? []).map(({ cpuMs }) => cpuMs)),
  }));
  const [off, ...watched] = samples;
  const compared = watched.map(({ name, speed, cpu }) => ({
    name,
    speed,
    cpu,
    speedRatio: ratio(speed.median, off?.speed.median ?? Number.NaN),
    cpuRatio: ratio(cpu.median, off?.cpu.median ?? Number.NaN),
  }));
  return {
    figures: {
      docs,
      off: { docs_per_second: off?.speed, cpu_ms: off?.cpu },
      ...Object.fromEntries(
        compared.map(({ name, speed, cpu, speedRatio, cpuRatio }) => [
          name,
          {
            docs_per_second: speed,
            cpu_ms: cpu,
            speed_to_off: speedRatio,
            cpu_to_off: cpuRatio,
          },
        ]),
      ),
    },
    rows: compared.flatMap(({ name, speed, cpu, speedRatio, cpuRatio }) => [
      {
        what: `drain, ${name}`,
        value: shown(speed, "docs/s"),
        reference: off ? `off ${shown(off.speed, "docs/s")}` : "",
        ratio: speedRatio,
      },
      {
        what: `its processor time, ${name}`,
        value: shown(cpu, "ms"),
        reference: off ? `off ${shown(off.cpu, "ms")}` : "",
        ratio: cpuRatio,
      },
    ]),
  };
}

/** Every trace is sent. Throws where none came. */
async function collect(collector: Collector, ended: AbortSignal): Promise<void> {
  await using taking = collector;
  if (!ended.aborted) await once(ended, "abort");
  if (taking.requests() === 0) throw new Error("no traces came");
}

/** As Prometheus does. Throws where it gets no metrics. */
async function scrape(url: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const response = await fetch(url);
    const text = await response.text();
    if (!text.includes("log_vectorizer_records_total")) throw new Error(`no metrics at ${url}`);
    await sleep(SCRAPE_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}
