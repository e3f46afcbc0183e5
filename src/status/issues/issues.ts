import { collectionIssues } from "./collection-issues.ts";
import { dependencyIssues } from "./dependency-issues.ts";
import type { CountedFacts, IssueFacts } from "./facts.ts";
import { ISSUE_IDS, type Issue } from "./issue.ts";
import { reportedIssues } from "./reported-issues.ts";
import { workIssues } from "./work-issues.ts";

/** Of those with one id so many are listed one by one; what is more becomes one of them. */
const MAX_OF_AN_ID = 500;

/**
 * What is wrong now, in the order in which people should hear of it. The one place where that is decided: `/ready`, the
 * state of the process, the page, alerts, gauges and `status` read it.
 */
export function issuesOf(facts: IssueFacts): Issue[] {
  const all = [
    ...dependencyIssues(facts),
    ...reportedIssues(facts),
    ...workIssues(facts),
    ...collectionIssues(facts),
    ...processIssues(facts),
  ];
  const byId = Map.groupBy(all, ({ id }) => id);
  return ISSUE_IDS.flatMap((id) => bounded(byId.get(id) ?? []));
}

/** Indices may be thousands. */
function bounded(issues: Issue[]): Issue[] {
  if (issues.length <= MAX_OF_AN_ID) return issues;
  // Issues that are not sent make room for the others.
  const pressing = issues.toSorted(
    (a, b) => Number(a.severity === "info") - Number(b.severity === "info"),
  );
  const shown = pressing.slice(0, MAX_OF_AN_ID - 1);
  const [first, ...others] = pressing.slice(MAX_OF_AN_ID - 1);
  if (!first) return shown;
  const number = others.length + 1;
  const rest: Issue = {
    ...first,
    which: "others",
    title: `${number} more of the same kind`,
    past: `${number} more of the same kind`,
    detail: `${first.which} is one of them: ${first.detail}`,
    unlisted: others.length,
  };
  return [...shown, rest];
}

/** Processes of this state directory that ended without a stop, or hang. */
function processIssues({ counted }: Pick<IssueFacts, "counted">): Issue[] {
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
        // Its supervisor may start it again.
        transient: true,
        ...words,
        detail: `process ${pid} on ${host}; its last heartbeat was at ${beat}`,
        impact: "its work waits until such a process runs again; nothing is lost",
      },
    ];
  });
}

function wordsOf({
  role,
  state,
}: CountedFacts["processes"][number]): Pick<Issue, "title" | "past" | "action"> | undefined {
  if (state === "died") {
    return {
      title: `A ${role} died without a stop`,
      past: `A ${role} had died`,
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
