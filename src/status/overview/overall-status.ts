import type { Dependency, Readiness } from "../readiness.ts";
import { count } from "../../domain/count.ts";
import { gapsLine, type Gap } from "../../domain/partial.ts";
import { gotNowhere, type PastCycle } from "./past-cycles.ts";
import type { Trouble } from "../issues/reported-faults.ts";

/** The whole in one word, why, and what to do about it where there is something to do. */
export type OverallStatus = {
  word: "working" | "idle" | "waiting" | "stuck" | "broken";
  reason: string;
  hint?: string;
};

export type Facts = {
  readiness: Readiness;
  /** What the embedder refuses every request for. */
  refusing: { message: string; hint: string } | undefined;
  troubles: readonly Trouble[];
  /** A cycle, or a drain, is under way. */
  running: { drain: boolean } | undefined;
  lastCycle: PastCycle | undefined;
  /** undefined where they could not be counted; null of what could not be seen in whole. */
  counts: { pending: number | null; otherModel: number | null; fitIndices: number } | undefined;
  gaps: readonly Gap[];
  /** Vectors of fresh logs that came within the last minutes. */
  tailIsBusy: boolean;
  nextRunAt: string | undefined;
};

/** The first of these that holds: what keeps everything from working comes before what keeps some of it waiting. */
export function overallStatus(facts: Facts): OverallStatus {
  return (
    whyBroken(facts) ?? whyStuck(facts) ?? whyWorking(facts) ?? whyWaiting(facts) ?? idle(facts)
  );
}

const NAMES: Record<Dependency["name"], string> = {
  opensearch: "OpenSearch",
  embedder: "The embedder",
  kafka: "Kafka",
};

function whyBroken({ readiness, refusing }: Facts): OverallStatus | undefined {
  // A breaker is no outage: it waits for somebody to do something.
  const down = readiness.dependencies.find(
    ({ name, ready }) => !ready && !(name === "embedder" && refusing),
  );
  if (!down) return undefined;
  const { name, error } = down;
  return {
    word: "broken",
    reason: `${NAMES[name]} does not answer: ${error?.message ?? "unknown"}`,
    ...(error?.hint ? { hint: error.hint } : {}),
  };
}

function whyStuck({
  refusing,
  troubles,
  counts,
  lastCycle,
  running,
}: Facts): OverallStatus | undefined {
  if (refusing) {
    return {
      word: "stuck",
      reason: `The embedder refuses every request: ${refusing.message}`,
      hint: refusing.hint,
    };
  }
  const blocked = troubles.find(({ what }) => what === "dead_letters");
  if (blocked) {
    return {
      word: "stuck",
      reason: `Dead letters cannot be written: ${blocked.message}`,
      hint: blocked.hint,
    };
  }
  if (counts?.fitIndices === 0) {
    const hint = "log-vectorizer check shows each index and what is wrong with it.";
    return { word: "stuck", reason: "No fit index behind OPENSEARCH_INDEX_PATTERN", hint };
  }
  if (running || !lastCycle) return undefined;
  if (lastCycle.error !== null) {
    return { word: "stuck", reason: `The last cycle failed: ${lastCycle.error}` };
  }
  if (!gotNowhere(lastCycle) || isHeldBack(troubles)) return undefined;
  return {
    word: "stuck",
    reason:
      lastCycle.taken === 1
        ? "The only record of the last cycle did not get its vector"
        : `Not one of the ${count(lastCycle.taken, "record")} of the last cycle got its vector`,
  };
}

function isHeldBack(troubles: readonly Trouble[]): boolean {
  return troubles.some(({ what }) => what === "budget" || what === "limit" || what === "index");
}

function whyWorking({ running, tailIsBusy }: Facts): OverallStatus | undefined {
  if (running)
    return {
      word: "working",
      reason: running.drain ? "A drain is under way" : "A cycle is under way",
    };
  return tailIsBusy ? { word: "working", reason: "Fresh logs get their vectors" } : undefined;
}

function whyWaiting({ troubles, counts, nextRunAt }: Facts): OverallStatus | undefined {
  const first = troubles.find(({ what }) => what !== "state" && what !== "log_file");
  if (first) return { word: "waiting", reason: first.message, hint: first.hint };
  if (counts === undefined || counts.pending === null || counts.pending === 0) return undefined;
  const records = `${count(counts.pending, "record")} ${counts.pending === 1 ? "waits" : "wait"}`;
  const until = nextRunAt === undefined ? "for the daemon" : "for the next cycle";
  return { word: "waiting", reason: `${records} ${until}` };
}

function idle({ counts, gaps }: Facts): OverallStatus {
  const unseen = gapsLine(gaps);
  if (unseen !== undefined) {
    return { word: "waiting", reason: `Not everything can be seen: ${unseen}` };
  }
  if (counts === undefined) return { word: "idle", reason: "Nothing is under way" };
  const { otherModel } = counts;
  if (!otherModel) return { word: "idle", reason: "Every record has its vector" };
  const those = otherModel === 1 ? "1 of another model" : `${otherModel} of another model`;
  return {
    word: "idle",
    reason: `Every record has a vector, ${those} that search does not compare`,
  };
}
