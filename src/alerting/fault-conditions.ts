import type { Dependency } from "../status/readiness.ts";
import { FAULT_POLICIES, isFaultKind, isTransient } from "../domain/fault-policy.ts";
import type { FaultKind } from "../domain/faults.ts";
import { count } from "../telemetry/phrases.ts";
import type { Trouble } from "../status/issues/reported-faults.ts";
import type { Condition } from "./condition.ts";
import { BUDGET_WAS_USED_UP, recordsWaiting, spent, together } from "../status/issues/impact.ts";
import type { Facts } from "../status/issues/facts.ts";

const NAMES = { opensearch: "OpenSearch", embedder: "The embedder", kafka: "Kafka" } as const;
const NOTHING_LOST = "nothing is lost";

/** Who does not answer, or refuses us. */
export function dependencyConditions(facts: Facts): Condition[] {
  return facts.readiness.dependencies.flatMap((one) => {
    const { name, error } = one;
    if (!error || !isFaultKind(error.kind) || !FAULT_POLICIES[error.kind].alert.sent) return [];
    const { kind, message, hint, since } = error;
    const failedAt = facts.failedAt?.get(name);
    return [
      {
        family: name,
        which: "",
        severity: FAULT_POLICIES[kind].alert.severity,
        passing: isTransient(kind),
        since: Date.parse(since),
        ...(failedAt !== undefined && { failedAt }),
        ...titlesOf(name, kind),
        detail: message,
        ...together(costOf(name, facts), NOTHING_LOST),
        todo: hint,
      },
    ];
  });
}

function titlesOf(name: Dependency["name"], kind: FaultKind): Pick<Condition, "title" | "past"> {
  const who = NAMES[name];
  if (kind === "outage") return { title: `${who} does not answer`, past: `${who} did not answer` };
  const whom = name === "embedder" ? "every request" : "us";
  return { title: `${who} refuses ${whom}`, past: `${who} refused ${whom}` };
}

function costOf(name: Dependency["name"], facts: Facts): string {
  if (name !== "kafka") return recordsWaiting(facts) ?? "no record gets a vector meanwhile";
  const { lag } = facts;
  return lag ? `${count(lag, "message")} not finished when it was last asked` : "fresh logs wait";
}

type Told = Pick<Condition, "family" | "title" | "past"> & { cost?: string };

/** What events tell of, unless it only follows from somebody's not being there at all. */
export function troubleConditions(facts: Facts): Condition[] {
  return facts.troubles.flatMap((trouble) => {
    const told = tellable(trouble, facts);
    const { alert } = FAULT_POLICIES[trouble.kind];
    if (!told || !alert.sent) return [];
    return [
      {
        ...told,
        which: trouble.which,
        severity: alert.severity,
        passing: isTransient(trouble.kind),
        since: Date.parse(trouble.since),
        detail: trouble.message,
        todo: trouble.hint,
      },
    ];
  });
}

function tellable(trouble: Trouble, facts: Facts): Told | undefined {
  const { what, which } = trouble;
  const isDown = (...names: Dependency["name"][]) =>
    facts.readiness.dependencies.some(({ name, ready }) => !ready && names.includes(name)) ||
    (isTransient(trouble.kind) && names.some((name) => facts.lately.has(name)));
  const waiting = together(recordsWaiting(facts), NOTHING_LOST);
  switch (what) {
    case "source":
      if (isDown("kafka")) return undefined;
      return {
        family: "source",
        title: `Kafka cannot be read (${which})`,
        past: `Kafka could not be read (${which})`,
        ...waiting,
      };
    case "paused":
      if (isDown("opensearch", "embedder")) return undefined;
      return {
        family: "paused",
        title: `The ${which} waits and enriches nothing`,
        past: `The ${which} waited and enriched nothing`,
        ...waiting,
      };
    case "dead_letters":
      if (isDown("kafka")) return undefined;
      return {
        family: "dead_letters_blocked",
        title: "Dead letters cannot be written",
        past: "Dead letters could not be written",
        cost: "nothing more is read or committed until they can",
      };
    case "index":
      return {
        family: "index",
        title: `Index ${which} takes no updates`,
        past: `Index ${which} took no updates`,
        cost: "its records wait; those of other indices go on",
      };
    case "budget":
      // A cycle's budget is new with the next one: that is no news.
      if (trouble.until === undefined) return undefined;
      return {
        family: "budget",
        title: "The budget of the day is used up",
        past: BUDGET_WAS_USED_UP,
        ...together(facts.budget && spent(facts.budget), recordsWaiting(facts)),
      };
    case "state":
      return {
        family: "state",
        title: "The state directory cannot be written",
        past: "The state directory could not be written",
        cost: "budgets, breakers and the quarantine hold for this process alone, and until it ends",
      };
    case "log_file":
      return {
        family: "log_file",
        title: "The log file cannot be written",
        past: "The log file could not be written",
        cost: "lines are missing from it; the file says how many once it is written again",
      };
    case "limit":
      return undefined;
  }
}
