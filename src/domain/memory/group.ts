import { z } from "zod";
import { cutText } from "../cut-text.ts";
import { redact } from "../redact.ts";

/** What a person says of a group; new and back are derived from the times, and kept nowhere. */
export const GROUP_STATES = ["open", "known", "muted", "resolved"] as const;
export type GroupState = (typeof GROUP_STATES)[number];

const time = z.string().describe("ISO 8601, UTC.");
/** One decision of a person about another group. */
const ruleShape = z.object({ id: z.string(), by: z.string(), at: time });

/** Equal errors: one template, service and exception. As it is kept, without its vector. */
export const groupShape = z.object({
  group: z.string(),
  template: z.string().describe("What its texts have in common; what varies is masked."),
  service: z.string().nullable(),
  exception: z.string().nullable(),
  example: z.object({ index: z.string(), id: z.string(), text: z.string() }).nullable(),
  first_seen: time,
  last_seen: time,
  state: z.enum(GROUP_STATES),
  state_at: time.nullable(),
  state_by: z.string().nullable(),
  muted_until: time.nullable().describe("null: for good."),
  merged_into: ruleShape.nullable().describe("By hand: it counts as part of that group."),
  not_like: z.array(ruleShape).describe("By hand: groups that it is never taken for."),
  vector_of: z
    .object({ model: z.string(), dimensions: z.int(), texts: z.int() })
    .nullable()
    .describe("Which model made its vector, and of how many texts it is the mean."),
});
export type Group = z.infer<typeof groupShape>;

/** What a run saw of a group. Times are ISO 8601, UTC. */
export type Sighting = Pick<Group, "group" | "template" | "service" | "exception"> & {
  example: { index: string; id: string; text: string };
  first_seen: string;
  last_seen: string;
};

/** Bytes of UTF-8, for the example's text and for the template. */
const MAX_TEXT_BYTES = 4096;

/**
 * The group after a sighting; the same object where nothing changed. What a person decided stays as it is, and so does the
 * first example, so that a link to it stays good.
 */
export function sightedGroup(current: Group | undefined, seen: Sighting): Group {
  if (!current) {
    const { group, template, service, exception, example, first_seen, last_seen } = seen;
    return {
      group,
      template: cutText(redact(template, "secrets"), MAX_TEXT_BYTES).text,
      service,
      exception,
      example: { ...example, text: cutText(redact(example.text, "secrets"), MAX_TEXT_BYTES).text },
      first_seen,
      last_seen,
      state: "open",
      state_at: null,
      state_by: null,
      muted_until: null,
      merged_into: null,
      not_like: [],
      vector_of: null,
    };
  }
  const first = earlier(current.first_seen, seen.first_seen);
  const last = earlier(current.last_seen, seen.last_seen) === current.last_seen;
  if (first === current.first_seen && (!last || current.last_seen === seen.last_seen)) {
    return current;
  }
  return { ...current, first_seen: first, last_seen: last ? seen.last_seen : current.last_seen };
}

function earlier(a: string, b: string): string {
  return Date.parse(b) < Date.parse(a) ? b : a;
}

/** `until`: ISO 8601, of a group that is muted; absent: for good. */
export function groupInState(
  current: Group,
  { state, by, at, until }: { state: GroupState; by: string; at: string; until?: string },
): Group {
  const mutedUntil = state === "muted" ? (until ?? null) : null;
  return { ...current, state, state_by: by, state_at: at, muted_until: mutedUntil };
}
