import { count } from "../../domain/count.ts";
import { FAULT_POLICIES, isFaultKind, isTransient } from "../../domain/fault-policy.ts";
import type { FaultKind } from "../../domain/faults.ts";
import type { IssueFacts } from "./facts.ts";
import { NOTHING_LOST, recordsWaiting, together } from "./impact.ts";
import type { DependencyName, Issue } from "./issue.ts";

const NAMES: Record<DependencyName, string> = {
  opensearch: "OpenSearch",
  embedder: "The embedder",
  kafka: "Kafka",
};

type Facts = Pick<IssueFacts, "dependencies" | "backlog" | "lag" | "now">;

/** Dependencies that do not answer, or refuse this process. One is ready exactly where there is no such issue of it. */
export function dependencyIssues(facts: Facts): Issue[] {
  return facts.dependencies.flatMap(({ name, error }): Issue[] => {
    if (!error) return [];
    const kind = isFaultKind(error.kind) ? error.kind : "outage";
    const { alert } = FAULT_POLICIES[kind];
    return [
      {
        id: name,
        which: "",
        subject: { kind: "dependency", name },
        severity: alert.sent ? alert.severity : "info",
        kind,
        since: error.since,
        transient: isTransient(kind),
        ...titlesOf(name, kind),
        detail: error.message,
        ...together(waitingFor(name, facts), NOTHING_LOST),
        action: error.hint,
        effect: isWaitingForPeople(name, kind) ? "stuck" : "broken",
      },
    ];
  });
}

/** An open circuit breaker is no outage: it waits for somebody to do something. */
function isWaitingForPeople(name: DependencyName, kind: FaultKind): boolean {
  return name === "embedder" && FAULT_POLICIES[kind].opensBreaker;
}

function titlesOf(name: DependencyName, kind: FaultKind): Pick<Issue, "title" | "past"> {
  const who = NAMES[name];
  if (kind === "outage") return { title: `${who} does not answer`, past: `${who} did not answer` };
  const whom = name === "embedder" ? "every request" : "this process";
  return { title: `${who} refuses ${whom}`, past: `${who} refused ${whom}` };
}

function waitingFor(name: DependencyName, facts: Facts): string {
  if (name !== "kafka") return recordsWaiting(facts) ?? "no record gets a vector meanwhile";
  const { lag } = facts;
  return lag ? `${count(lag, "message")} not settled when it was last asked` : "fresh logs wait";
}
