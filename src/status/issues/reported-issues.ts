import { FAULT_POLICIES, isTransient } from "../../domain/fault-policy.ts";
import type { IssueFacts } from "./facts.ts";
import { NOTHING_LOST, recordsWaiting, spent, together } from "./impact.ts";
import type { DependencyName, Issue } from "./issue.ts";
import type { ReportedFault } from "./reported-faults.ts";

/** What an issue says besides what its fault says. */
type Words = Pick<Issue, "title" | "past" | "impact" | "effect"> & {
  subject: "collection" | "process";
  /** It only follows, where one of these is not there. */
  needs: readonly DependencyName[];
};

/** What events reported and have not ended. */
export function reportedIssues(facts: IssueFacts): Issue[] {
  return facts.reported.map((fault): Issue => {
    const { subject, needs, ...words } = wordsOf(fault, facts);
    const { id, which, kind, since, until, message, hint } = fault;
    const cause = causeAmong(needs, fault, facts);
    return {
      id,
      which,
      subject: { kind: subject, name: which },
      severity: severityOf(fault),
      kind,
      since,
      ...(until === undefined ? {} : { until }),
      transient: isTransient(kind),
      ...words,
      detail: message,
      action: hint,
      ...(cause === undefined ? {} : { follows_from: cause }),
    };
  });
}

function severityOf({ id, kind }: ReportedFault): Issue["severity"] {
  // A cycle's budget is new with the next one; a limit is waited for.
  if (id === "cycle_budget" || id === "limit") return "info";
  // The next one comes by itself, and cycles and tail are not affected.
  if (id === "sweep") return "warning";
  const { severity, sent } = FAULT_POLICIES[kind].alert;
  return sent ? severity : "info";
}

/** Where a dependency has come back, a consumer notices with its next try. */
function causeAmong(
  needs: readonly DependencyName[],
  { kind }: ReportedFault,
  { dependencies, backLately }: IssueFacts,
): DependencyName | undefined {
  const isDown = (name: DependencyName) =>
    dependencies.some((one) => one.name === name && one.error !== null) ||
    (isTransient(kind) && backLately.has(name));
  return needs.find(isDown);
}

function wordsOf({ id, which }: ReportedFault, facts: IssueFacts): Words {
  const waiting = together(recordsWaiting(facts), NOTHING_LOST);
  const here = { subject: "process", needs: [] } as const;
  switch (id) {
    case "source":
      return {
        ...here,
        needs: ["kafka"],
        title: `Kafka cannot be read (${which})`,
        past: `Kafka could not be read (${which})`,
        ...waiting,
        effect: "waiting",
      };
    case "paused":
      return {
        ...here,
        needs: ["opensearch", "embedder"],
        title: `The ${which} is paused`,
        past: `The ${which} was paused`,
        ...waiting,
        effect: "waiting",
      };
    case "dead_letters_blocked":
      return {
        ...here,
        needs: ["kafka"],
        title: "Dead letters cannot be written",
        past: "Dead letters could not be written",
        impact: "nothing more is read or committed until they can be written",
        effect: "stuck",
      };
    case "index":
      return {
        ...here,
        subject: "collection",
        title: `Index ${which} takes no updates`,
        past: `Index ${which} took no updates`,
        impact: "its records stay pending; other indices are not affected",
        effect: "waiting",
      };
    case "sweep":
      return {
        ...here,
        needs: ["opensearch", "embedder"],
        title: "The latest sweep failed",
        past: "A sweep failed",
        impact:
          "messages that changed may stand beside the vectors of their earlier texts; the next sweep looks for them again",
      };
    case "budget":
      return {
        ...here,
        title: "The budget of the day is used up",
        past: "The budget of the day was used up",
        ...together(facts.budget && spent(facts.budget), recordsWaiting(facts)),
        effect: "waiting",
      };
    default:
      return { ...here, ...ofThisProcess(id) };
  }
}

function ofThisProcess(
  id: Extract<ReportedFault["id"], "cycle_budget" | "limit" | "state" | "log_file">,
): Pick<Words, "title" | "past" | "impact" | "effect"> {
  switch (id) {
    case "cycle_budget":
      return {
        title: "The budget of a cycle is used up",
        past: "The budget of a cycle was used up",
        impact: "the other records wait for the next cycle",
        effect: "waiting",
      };
    case "limit":
      return {
        title: "Requests to the embedder are rate limited",
        past: "Requests to the embedder were rate limited",
        impact: "records wait for their turn; nothing is lost",
        effect: "waiting",
      };
    case "state":
      return {
        title: "The state directory cannot be written",
        past: "The state directory could not be written",
        impact:
          "budgets, the circuit breaker and the quarantine are kept in this process only, and are lost when it ends",
      };
    case "log_file":
      return {
        title: "The log file cannot be written",
        past: "The log file could not be written",
        impact: "lines are missing from it; the file says how many once it is written again",
      };
  }
}
