import { z } from "zod";
import { count } from "../../domain/count.ts";
import type { Issue } from "../issues/issue.ts";

/** The whole in one word, why, and what to do about it where there is something to do. */
export const overallStatusShape = z.object({
  word: z.enum(["working", "idle", "waiting", "stuck", "broken"]),
  reason: z.string(),
  hint: z.string().exactOptional(),
});
export type OverallStatus = z.infer<typeof overallStatusShape>;

export type Facts = {
  issues: readonly Issue[];
  /** A cycle, or a drain, is running. */
  running: { drain: boolean } | undefined;
  /** undefined where they could not be counted; null of what could not be seen in whole. */
  counts: { pending: number | null; otherModel: number | null } | undefined;
  /** Vectors of fresh logs that came within the last minutes. */
  tailIsBusy: boolean;
  nextRunAt: string | undefined;
};

/** The first of these that holds: what keeps everything from working comes before what keeps some of it waiting. */
export function overallStatus(facts: Facts): OverallStatus {
  const { issues } = facts;
  return (
    byIssue(issues, "broken") ??
    byIssue(issues, "stuck") ??
    whyWorking(facts) ??
    byIssue(issues, "waiting") ??
    whyPending(facts) ??
    idle(facts)
  );
}

function byIssue(
  issues: readonly Issue[],
  word: NonNullable<Issue["effect"]>,
): OverallStatus | undefined {
  const first = issues.find(({ effect }) => effect === word);
  return first && { word, reason: `${first.title}: ${first.detail}`, hint: first.action };
}

function whyWorking({ running, tailIsBusy }: Facts): OverallStatus | undefined {
  if (running)
    return {
      word: "working",
      reason: running.drain ? "A drain is running" : "A cycle is running",
    };
  return tailIsBusy ? { word: "working", reason: "Fresh logs get their vectors" } : undefined;
}

function whyPending({ counts, nextRunAt }: Facts): OverallStatus | undefined {
  if (counts === undefined || counts.pending === null || counts.pending === 0) return undefined;
  const records = `${count(counts.pending, "record")} ${counts.pending === 1 ? "waits" : "wait"}`;
  const until = nextRunAt === undefined ? "for the daemon" : "for the next cycle";
  return { word: "waiting", reason: `${records} ${until}` };
}

function idle({ counts }: Facts): OverallStatus {
  if (counts === undefined) return { word: "idle", reason: "Nothing is running" };
  const { otherModel } = counts;
  if (!otherModel) return { word: "idle", reason: "Every record has its vector" };
  const those = otherModel === 1 ? "1 of another model" : `${otherModel} of another model`;
  return {
    word: "idle",
    reason: `Every record has a vector, ${those} that search does not compare`,
  };
}
