import { z } from "zod";
import { FAULT_KINDS } from "../../domain/faults.ts";

export const DEPENDENCY_NAMES = ["opensearch", "embedder", "kafka"] as const;
export type DependencyName = (typeof DEPENDENCY_NAMES)[number];

/** What can be wrong; the order is that in which people are told. */
export const ISSUE_IDS = [
  // The dependency of that name does not answer, or refuses this process.
  "opensearch",
  "embedder",
  "kafka",
  "dead_letters_blocked",
  "no_index",
  // Kafka is there, and a topic or a group cannot be read.
  "source",
  "paused",
  "budget",
  "cycle_budget",
  "no_success",
  "cycle",
  "fruitless_cycle",
  "limit",
  "sweep",
  "index",
  "uncounted",
  "partial",
  "backlog",
  "dead_letters",
  "process",
  "unfit",
  "unsearchable",
  "looping",
  "textless",
  "default_model",
  "other_model",
  "other_length",
  "state",
  "log_file",
  "anomaly",
] as const;
export type IssueId = (typeof ISSUE_IDS)[number];

/** About this process (empty name), a part of it, or a process that shares its state directory; else about what it says. */
const subjectShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("dependency"), name: z.enum(DEPENDENCY_NAMES) }),
  z.object({ kind: z.enum(["collection", "process"]), name: z.string() }),
]);

/** Something that is wrong now, as `--json` and the API have it. Times are ISO 8601, UTC. */
export const issueShape = z.object({
  id: z.enum(ISSUE_IDS),
  which: z.string().describe("Which one of those with this id; empty where there is but one."),
  subject: subjectShape,
  severity: z
    .enum(["critical", "warning", "info"])
    .describe("info: it is shown wherever somebody looks, and no alert is sent."),
  kind: z.enum(FAULT_KINDS).exactOptional().describe("Of the failure that it consists of."),
  since: z.string().nullable().describe("null where its beginning was not observed."),
  until: z.string().exactOptional().describe("When it is over by itself, where that is known."),
  transient: z.boolean().describe("It may be over in a moment, by itself."),
  title: z.string(),
  past: z.string().describe("The title once it is over."),
  detail: z.string().describe("What happened."),
  impact: z.string().exactOptional().describe("What that means for records, money or people."),
  action: z.string().describe("What to do about it."),
  effect: z
    .enum(["broken", "stuck", "waiting"])
    .exactOptional()
    .describe("What it does to the work of the process; waiting: a part of it waits."),
  follows_from: z
    .enum(DEPENDENCY_NAMES)
    .exactOptional()
    .describe("It only follows from this dependency's not being there, an issue of its own."),
  unlisted: z.int().exactOptional().describe("So many others of the same kind are not listed."),
});
export type Issue = z.infer<typeof issueShape>;
