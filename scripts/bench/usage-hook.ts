import { writeFileSync } from "node:fs";
import { Session, type HeapProfiler, type Profiler } from "node:inspector";
import { kindOf } from "./work-kinds.ts";

/** Loaded before the service: writes to BENCH_USAGE_FILE what the process used until it ended. */
const file = process.env["BENCH_USAGE_FILE"] ?? "";
const profile = process.env["BENCH_PROFILE"];
const SAMPLE_MICROSECONDS = 500;
const SAMPLE_BYTES = 16 * 1024;

const session = new Session();
if (profile) session.connect();
if (profile === "cpu") {
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROSECONDS });
  session.post("Profiler.start");
}
if (profile === "heap") {
  session.post("HeapProfiler.startSampling", {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
}

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = {
    cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000),
    peakMegabytes: Math.round(maxRSS / 1024),
  };
  const write = (kinds?: Record<string, number>) =>
    writeFileSync(file, JSON.stringify({ ...usage, ...(kinds ? { profile: kinds } : {}) }));
  if (profile === "cpu") session.post("Profiler.stop", (_, done) => write(timeOf(done.profile)));
  else if (profile === "heap") {
    session.post("HeapProfiler.stopSampling", (_, done) => write(bytesOf(done.profile.head)));
  } else write();
});

/** Milliseconds by kind of work. */
function timeOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const kinds = new Map<number, string>();
  const visit = (node: Profiler.ProfileNode, callers: readonly string[]) => {
    const all = [nameOf(node.callFrame), ...callers];
    kinds.set(node.id, kindOf(all));
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child) visit(child, all);
    }
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (nodes[0]) visit(nodes[0], []);
  const sums: Record<string, number> = {};
  samples.forEach((id, i) => {
    const kind = kinds.get(id) ?? "other";
    sums[kind] = (sums[kind] ?? 0) + (timeDeltas[i] ?? 0) / 1000;
  });
  return sums;
}

/** Bytes by kind of work, those that were collected in the meantime included. */
function bytesOf(head: HeapProfiler.SamplingHeapProfileNode) {
  const sums: Record<string, number> = {};
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, callers: readonly string[]) => {
    const all = [nameOf(node.callFrame), ...callers];
    const kind = kindOf(all);
    sums[kind] = (sums[kind] ?? 0) + node.selfSize;
    for (const child of node.children) visit(child, all);
  };
  visit(head, []);
  return sums;
}

function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  return url ? `${url} ${functionName}` : functionName;
}
