import type { IssueFacts, ProcessStanding } from "./facts.ts";
import type { Issue } from "./issue.ts";

/** Processes of this state directory that ended without a stop, or hang. */
export function processIssues({ counted }: Pick<IssueFacts, "counted">): Issue[] {
  return (counted?.processes ?? []).flatMap((one): Issue[] => {
    const words = wordsOf(one);
    if (!words) return [];
    const { role, pid, host, heartbeat_at: beat } = one;
    return [
      {
        id: "process",
        which: `${role} ${pid}`,
        subject: { kind: "process", name: role },
        severity: "warning",
        since: beat,
        // Whoever supervises it may start it again.
        transient: true,
        ...words,
        detail: `process ${pid} on ${host}; its last heartbeat was at ${beat}`,
        impact: "its work waits until one runs again; nothing is lost",
      },
    ];
  });
}

function wordsOf({
  role,
  state,
}: ProcessStanding): Pick<Issue, "title" | "past" | "action"> | undefined {
  if (state === "died") {
    return {
      title: `A ${role} died without a stop`,
      past: `A ${role} was dead`,
      action: "Its log, and that of the system, say why it ended; start it again.",
    };
  }
  if (state !== "not_responding") return undefined;
  return {
    title: `A ${role} does not respond`,
    past: `A ${role} did not respond`,
    action: "Restart it: it stops within its grace period, and starting again loses nothing.",
  };
}
