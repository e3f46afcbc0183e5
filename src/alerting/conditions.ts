import { dependencyConditions, troubleConditions } from "./fault-conditions.ts";
import type { Facts } from "../status/issues/facts.ts";
import type { Condition, Family, Seen } from "./condition.ts";
import { growthOf } from "../status/issues/backlog-growth.ts";
import { MISSED, workConditions } from "./work-conditions.ts";
import { indexConditions } from "./index-conditions.ts";

/** Of one family so many are kept one by one, of which a message lists a few; what is more becomes one of them. */
const MAX_OF_A_FAMILY = 500;

/** What of the facts people should know. */
export function conditionsOf(facts: Facts): Seen {
  const conditions = [
    ...dependencyConditions(facts),
    ...troubleConditions(facts),
    ...workConditions(facts),
    ...indexConditions(facts),
    ...facts.anomalies.map(anomaly),
  ];
  const byFamily = Map.groupBy(conditions, ({ family }) => family);
  const sure = sureFamilies(facts);
  for (const [family, all] of byFamily) {
    // What is not among those that are kept may be so still.
    if (all.length > MAX_OF_A_FAMILY) sure.delete(family);
  }
  return { conditions: [...byFamily.values()].flatMap(bounded), sure };
}

function anomaly({ series, since, sentence }: Facts["anomalies"][number]): Condition {
  return {
    family: "anomaly",
    which: series,
    severity: "warning",
    passing: true,
    since,
    title: `Unusual: ${series}`,
    past: `Unusual: ${series}`,
    detail: sentence,
    todo: "Nothing may be wrong: compare it with what else was changed or was busy at that time.",
  };
}

/** Indices may be thousands. */
function bounded(conditions: Condition[]): Condition[] {
  if (conditions.length <= MAX_OF_A_FAMILY) return conditions;
  const shown = conditions.slice(0, MAX_OF_A_FAMILY - 1);
  const [first, ...others] = conditions.slice(MAX_OF_A_FAMILY - 1);
  if (!first) return shown;
  const rest: Condition = {
    ...first,
    which: "others",
    since: Math.min(first.since, ...others.map(({ since }) => since)),
    title: `The same of ${others.length + 1} more`,
    past: `The same of ${others.length + 1} more`,
    detail: `${first.which} is one of them: ${first.detail}`,
  };
  return [...shown, rest];
}

/** Of which families this process would know by now if something were so. */
function sureFamilies(facts: Facts): Set<Family> {
  const { readiness, lately, unfit, cycles, letters, backlogIsHere } = facts;
  const away = readiness.dependencies.filter(({ ready }) => !ready).map(({ name }) => name);
  const down = new Set([...away, ...lately]);
  const isDown = (...names: ("opensearch" | "embedder" | "kafka")[]) =>
    names.some((name) => down.has(name));
  const sure = new Set<Family>(["index", "state", "log_file", "anomaly"]);
  for (const { name } of readiness.dependencies) sure.add(name);
  if (readiness.dependencies.some(({ name }) => name === "kafka")) {
    // Behind an outage of the whole they are not seen.
    if (!isDown("kafka")) sure.add("source").add("dead_letters_blocked");
    if (!isDown("opensearch", "embedder")) sure.add("paused");
    if (letters.sure) sure.add("dead_letters");
  }
  if (facts.budget) sure.add("budget");
  if (cycles?.ended) sure.add("cycle");
  // A process that has just begun has missed nothing yet, whatever its cycles come to.
  if (cycles && (cycles.lastSuccess !== undefined || cycles.missed >= MISSED)) {
    sure.add("no_success");
  }
  if (backlogIsHere && growthOf(facts) !== "unknown") sure.add("backlog");
  if (unfit) sure.add("unfit");
  return sure;
}
