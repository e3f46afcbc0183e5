import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { z } from "zod";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { temporaryFolder } from "../commands/run-command.ts";

export const MONITORING = join(import.meta.dirname, "../../../monitoring");

/** Why tests with Prometheus are skipped; false where it is there. */
export const NO_PROMETHEUS =
  existsSync("/usr/bin/prometheus") && existsSync("/usr/bin/promtool")
    ? false
    : "no Prometheus here (apt-get install prometheus brings it)";

type Series = { labels: Record<string, string>; values: number[] };

export type Prometheus = {
  url: string;
  /** Series that an expression had at any second since then, in milliseconds since the epoch. */
  since(expr: string, startMs: number): Promise<Series[]>;
  /** Labels of the alerts that fire now. */
  firing(): Promise<Alert[]>;
  /** Queries of all rules, with the name of the rule. */
  rules(): Promise<{ name: string; query: string; health: string }[]>;
};

type Alert = z.infer<typeof alertShape>;

const labelsShape = z.record(z.string(), z.string());
const alertShape = z.object({
  labels: labelsShape,
  annotations: labelsShape,
  state: z.enum(["pending", "firing"]),
});
const rangeShape = z.object({
  result: z.array(
    z.object({ metric: labelsShape, values: z.array(z.tuple([z.number(), z.string()])) }),
  ),
});
const rulesShape = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), query: z.string(), health: z.string() })),
    }),
  ),
});

/** Prometheus with the project's own files, its time sixty times as fast, until the end of the test. */
export async function startPrometheus(
  t: TestContext,
  { target, token }: { target: string; token: string },
): Promise<Prometheus> {
  const folder = await temporaryFolder(t);
  await copyFiles(folder, { target, token });
  const [port = 0] = await freePorts(1);
  const args = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-lifecycle",
  ];
  const child = spawn("/usr/bin/prometheus", args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = `${log}${text}`.slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.signal.throwIfAborted();
  }
  return {
    url,
    async since(expr, startMs) {
      const [start, end] = [startMs, Date.now()].map((ms) => String(ms / 1000));
      const query = { query: expr, start: start ?? "", end: end ?? "", step: "1" };
      const { result } = rangeShape.parse(await ask(url, "query_range", query));
      return result.map(({ metric, values }) => ({
        labels: metric,
        values: values.map(([, value]) => Number(value)),
      }));
    },
    async firing() {
      const { alerts } = z
        .object({ alerts: z.array(alertShape) })
        .parse(await ask(url, "alerts", {}));
      return alerts.filter(({ state }) => state === "firing");
    },
    rules: async () =>
      rulesShape.parse(await ask(url, "rules", {})).groups.flatMap(({ rules }) => rules),
  };
}

async function copyFiles(folder: string, { target, token }: { target: string; token: string }) {
  await mkdir(join(folder, "rules"));
  await writeFile(join(folder, "http-token"), token);
  const config = await readFile(join(MONITORING, "prometheus.yml"), "utf8");
  const changed = config
    .replaceAll(/_interval: 15s/g, "_interval: 1s")
    .replace("log-vectorizer:9464", target)
    .replace(/ +dns_sd_configs:[^]*/, "");
  await writeFile(join(folder, "prometheus.yml"), changed);
  for (const name of await readdir(join(MONITORING, "rules"))) {
    const rules = await readFile(join(MONITORING, "rules", name), "utf8");
    await writeFile(join(folder, "rules", name), hastened(rules));
  }
}

const SECONDS = { m: 1, h: 60, d: 1440 } as const;

/** The same rules with every window and every wait a sixtieth as long: a minute is a second. */
export function hastened(rules: string): string {
  return rules.replaceAll(
    /(?<=[[:]|offset |for: |interval: )(\d+)([mhd])(?![a-z])/g,
    (_, count: string, unit: keyof typeof SECONDS) => `${Number(count) * SECONDS[unit]}s`,
  );
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/-/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status === 200;
}

async function ask(url: string, path: string, query: Record<string, string>): Promise<unknown> {
  const parameters = new URLSearchParams(query);
  const response = await fetch(`${url}/api/v1/${path}?${parameters.toString()}`);
  const answer = z
    .object({ status: z.string(), error: z.string().optional(), data: z.unknown() })
    .parse(await response.json());
  if (answer.status !== "success") throw new Error(`${query["query"]}: ${answer.error}`);
  return answer.data;
}
