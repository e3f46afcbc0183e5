import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { groupOf } from "../../../src/domain/group.ts";
import { readLevel, type Level } from "../../../src/domain/log-format/level.ts";
import { readCsv } from "../event-templates.ts";

/** An ERROR record of one of the services. */
export type NezhaError = {
  atMs: number;
  service: string;
  text: string;
  group: string;
};

/** A fault that was injected: two injections of one `kind` into one service are true repeats. */
export type Fault = { atMs: number; service: string; kind: string };

export type NezhaDay = { day: string; errors: NezhaError[]; faults: Fault[] };

const faultsShape = z.record(
  z.string(),
  z.array(z.object({ inject_time: z.string(), inject_pod: z.string(), inject_type: z.string() })),
);

/**
 * The days of nezha in `folder` (nezha/rca_data/DAY: one `*_log.csv` or `*_log.csv.gz` a minute and DAY-fault_list.json), each with its errors and
 * faults in the order of time; none where it is not there. Yu et al.: Nezha, ESEC/FSE 2023, https://github.com/IntelligentDDS/Nezha.
 */
export async function readNezha(folder: string): Promise<NezhaDay[]> {
  const root = join(folder, "nezha", "rca_data");
  if (!existsSync(root)) return [];
  const days = [];
  for (const day of (await readdir(root)).toSorted()) {
    const list = join(root, day, `${day}-fault_list.json`);
    const logs = join(root, day, "log");
    if (!existsSync(list) || !existsSync(logs)) continue;
    const faults = Object.values(faultsShape.parse(JSON.parse(await readFile(list, "utf8"))))
      .flat()
      // The time is that of the logs; `inject_timestamp` is of another zone, and in one line wrong.
      .map(({ inject_time: time, inject_pod: pod, inject_type: kind }) => ({
        atMs: Date.parse(`${time.replace(" ", "T")}Z`),
        service: serviceOf(pod),
        kind,
      }))
      .toSorted((a, b) => a.atMs - b.atMs);
    days.push({ day, errors: await readErrors(logs), faults });
  }
  return days;
}

/** Some files hold lines of the one before, too: each record is taken once. */
async function readErrors(folder: string): Promise<NezhaError[]> {
  const errors = new Map<string, NezhaError>();
  for (const name of (await readdir(folder)).toSorted()) {
    if (!/_log\.csv(?:\.gz)?$/.test(name)) continue;
    const bytes = await readFile(join(folder, name));
    const csv = name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
    const [head = [], ...rows] = readCsv(csv.toString());
    const [time, pod, log] = ["Timestamp", "PodName", "Log"].map((column) => head.indexOf(column));
    for (const row of rows) {
      const at = row[time ?? -1] ?? "";
      const text = errorOf(row[log ?? -1] ?? "");
      if (text === undefined) continue;
      const service = serviceOf(row[pod ?? -1] ?? "");
      const { group } = groupOf({ text, service });
      const error = { atMs: Date.parse(at), service, text, group };
      errors.set([at, service, text].join("\n"), error);
    }
  }
  return [...errors.values()].toSorted((a, b) => a.atMs - b.atMs);
}

/**
 * The text of a container runtime's line that holds an error: `16:43:17.120 ERROR  c.s.Shop#37 …`, or an object with a level and a
 * message. Undefined for all others.
 */
function errorOf(line: string): string | undefined {
  const text = runtimeLine.safeParse(objectOf(line)).data?.log.trim() ?? line.trim();
  const structured = structuredLine.safeParse(objectOf(text)).data;
  const level = structured
    ? (structured.severity ?? structured.level)
    : /^[\d:.,\-TZ ]*([A-Za-z]+)\b/.exec(text)?.[1];
  return isWanted(readLevel(level, "level")) ? (structured?.message ?? text) : undefined;
}

const runtimeLine = z.object({ log: z.string() });
const structuredLine = z.object({
  severity: z.string().optional(),
  level: z.string().optional(),
  message: z.string(),
});

function isWanted(level: Level | undefined): boolean {
  return level === "ERROR" || level === "CRITICAL" || level === "FATAL";
}

function objectOf(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `ts-food-service` of the pod `ts-food-service-f5756978c-k8vqf`. */
function serviceOf(pod: string): string {
  return pod.replace(/-[\da-f]{6,10}-[\da-z]{5}$/, "");
}
