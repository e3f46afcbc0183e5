import type { Quiet } from "../../../src/analysis/episodes.ts";
import { watchGroups, type Finding, type WatchState } from "../../../src/analysis/watch-groups.ts";
import { minutesOf } from "./judge-past-cases.ts";
import type { Fault, NezhaDay } from "./read-nezha.ts";

const MINUTE_MS = 60_000;
/** The logs of a fault end two minutes after its injection, and what they say is told a minute later. */
const TOLD_WITHIN_MS = 3 * MINUTE_MS;

type Told = Finding & { toldAtMs: number };

/**
 * The day watched minute by minute from nothing, as a daemon would that began with its first record. A fault is hit by what is told
 * within three minutes of its injection, of whatever service; `own`: of the injected one.
 */
export function judgeNew(day: NezhaDay, quiet: Quiet) {
  const told = replay(day, quiet);
  const news = told.filter(({ kind }) => kind === "new");
  const serviceOf = new Map(day.errors.map(({ group, service }) => [group, service]));
  const hits = (fault: Fault, own: boolean) =>
    news.some(
      ({ toldAtMs, group }) =>
        toldAtMs >= fault.atMs &&
        toldAtMs <= fault.atMs + TOLD_WITHIN_MS &&
        (!own || serviceOf.get(group) === fault.service),
    );
  const count = (kind: Finding["kind"]) => told.filter((one) => one.kind === kind).length;
  return {
    faults: day.faults.length,
    new: news.length,
    faults_hit: day.faults.filter((fault) => hits(fault, false)).length,
    faults_hit_in_own_service: day.faults.filter((fault) => hits(fault, true)).length,
    back: count("back"),
    spike: count("spike"),
    spike_ended: count("spike_ended"),
  };
}

function replay({ errors }: NezhaDay, quiet: Quiet): Told[] {
  const settings = {
    newAtLeast: 3,
    windowMs: 10 * MINUTE_MS,
    lookBackMs: 30 * 24 * 60 * MINUTE_MS,
    maxAgeMs: 60 * MINUTE_MS,
    quiet,
  };
  const byMinute = Map.groupBy(errors, ({ atMs }) => Math.floor(atMs / MINUTE_MS));
  const [first, last] = [Math.min(...byMinute.keys()), Math.max(...byMinute.keys())];
  const told: Told[] = [];
  let state: WatchState = {};
  for (let minute = first; minute <= last + 30; minute++) {
    const nowMs = (minute + 1) * MINUTE_MS;
    const groups = Map.groupBy(byMinute.get(minute) ?? [], ({ group }) => group);
    const counts = [...groups].map(([group, all]) => ({ group, minutes: minutesOf(all) }));
    const look = watchGroups(state, { nowMs, counts }, settings);
    ({ state } = look);
    told.push(...look.findings.map((finding) => ({ ...finding, toldAtMs: nowMs })));
  }
  return told;
}
