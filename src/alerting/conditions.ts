import { growthOf } from "../status/issues/backlog-growth.ts";
import type { IssueFacts } from "../status/issues/facts.ts";
import type { DependencyName, Issue, IssueId } from "../status/issues/issue.ts";
import { issuesOf } from "../status/issues/issues.ts";
import { MISSED } from "../status/issues/work-issues.ts";
import type { Condition, Seen } from "./alert-state.ts";

type Known = {
  /** When a call to each dependency that fails failed last, in milliseconds since the epoch. */
  failedAt?: ReadonlyMap<DependencyName, number>;
  /** This process has listened long enough to know that no dead letters come. */
  deadLettersAreSure: boolean;
};

/** The issues that people should be told of. */
export function conditionsOf(facts: IssueFacts, known: Known): Seen {
  const issues = issuesOf(facts).filter(
    ({ severity, follows_from: cause }) => severity !== "info" && cause === undefined,
  );
  const sure = sureIds(facts, known);
  // What is not listed may be so still.
  for (const { id, unlisted } of issues) if (unlisted !== undefined) sure.delete(id);
  return { conditions: issues.flatMap((issue) => conditionOf(issue, facts, known)), sure };
}

function conditionOf(
  issue: Issue,
  { now }: Pick<IssueFacts, "now">,
  { failedAt: failures }: Known,
): Condition[] {
  const { id, which, subject, severity, since, transient, title, past, detail, impact } = issue;
  if (severity === "info") return [];
  const isDown = subject.kind === "dependency" && subject.name === id;
  const failedAt = isDown ? failures?.get(subject.name) : undefined;
  return [
    {
      id,
      which,
      severity,
      transient,
      since: since === null ? now : Date.parse(since),
      ...(failedAt !== undefined && { failed_at: failedAt }),
      title,
      past,
      detail,
      ...(impact !== undefined && { impact }),
      action: issue.action,
    },
  ];
}

/** Known from a count alone. */
const COUNTED = [
  "no_index",
  "uncounted",
  "partial",
  "unfit",
  "unsearchable",
  "looping",
  "textless",
  "process",
] as const satisfies IssueId[];

/** Of which ids this process would know by now if something were so. */
function sureIds(facts: IssueFacts, { deadLettersAreSure }: Known): Set<IssueId> {
  const { dependencies, backLately, cycles, budget, backlog, counted, now } = facts;
  const away = dependencies.filter(({ error }) => error !== null).map(({ name }) => name);
  const down = new Set([...away, ...backLately]);
  const isDown = (...names: DependencyName[]) => names.some((name) => down.has(name));
  const sure = new Set<IssueId>(["index", "state", "log_file", "anomaly"]);
  for (const { name } of dependencies) sure.add(name);
  if (dependencies.some(({ name }) => name === "kafka")) {
    // Behind an outage of the whole they are not seen.
    if (!isDown("kafka")) sure.add("source").add("dead_letters_blocked");
    if (!isDown("opensearch", "embedder")) sure.add("paused");
    if (deadLettersAreSure) sure.add("dead_letters");
  }
  if (budget) sure.add("budget");
  if (cycles?.ended) sure.add("cycle");
  // A process that has just begun has missed nothing yet, whatever its cycles come to.
  if (cycles && (cycles.lastSuccess !== undefined || cycles.missed >= MISSED)) {
    sure.add("no_success");
  }
  if (cycles && growthOf(backlog, now, cycles) !== "unknown") sure.add("backlog");
  if (counted) for (const id of COUNTED) sure.add(id);
  return sure;
}
