import { z } from "zod";
import type { ExplainAnswer } from "../analysis/explanation/explain-answer.ts";
import type { Subject } from "../analysis/explanation/gather-evidence.ts";
import { SHOWN_STATES, type GroupAnswer, type GroupRow } from "../analysis/group-answers.ts";
import type { Groups } from "../analysis/groups.ts";
import { cutText } from "../domain/cut-text.ts";
import { GROUP_ID } from "../domain/group.ts";
import { markOf, type Note } from "../domain/memory/note.ts";
import type { Notes } from "../memory/notes.ts";
import type { Clock } from "../ports/clock.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { POINT_IN_TIME, pointInTime } from "../search/point-in-time.ts";
import type { SearchAnswer } from "../search/search-answer.ts";
import type { SearchQuery } from "../search/search.ts";

/** What the tools answer from. All throw a SearchRefused, a MemoryRefused, or a Fault. */
export type McpParts = {
  version: string;
  clock: Pick<Clock, "now">;
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  groups: Pick<Groups, "list" | "show">;
  notes: Pick<Notes, "add">;
  explain(subject: Subject, signal: AbortSignal): Promise<ExplainAnswer>;
  /** Where people see an error, without a slash at its end; undefined: links are left out. */
  pageUrl: string | undefined;
  /** Agents may write notes. */
  writesNotes: boolean;
};

/** A tool: what it takes, and what it answers with, as JSON. */
export type Tool<Shape extends z.ZodObject = z.ZodObject> = {
  name: string;
  title: string;
  description: string;
  input: Shape;
  readOnly: boolean;
  run(parts: McpParts, given: z.infer<Shape>, signal: AbortSignal): Promise<object>;
};

const group = z
  .string()
  .toLowerCase()
  .regex(GROUP_ID, "not 16 hex digits")
  .describe("The error's id, 16 hex digits, as list_error_groups has it");
const limit = z.int().min(1).max(50).default(10).describe("How many at most");
const since = z
  .string()
  .refine((text) => pointInTime(text, 0) !== undefined, `not ${POINT_IN_TIME}`)
  .describe("Only from then on: ISO 8601, or an age such as 2h or 3d");
const text = z.string().min(1).max(20_000);

/** UTF-8 bytes: what a model reads must stay small. */
const MAX_TEXT = 800;

const findSimilar = tool({
  name: "find_similar_errors",
  title: "Find similar errors",
  description:
    "Log records that a text means or names, each kind of error once, the best first. Use it with the words of an error, or with words about one.",
  input: z.strictObject({
    text: text.describe(
      "An error, or words about one; a part in double quotes must be in the text",
    ),
    index: z.string().optional().describe("Only these indices, such as app-*,web-*"),
    service: z.string().optional(),
    since: since.optional(),
    limit,
  }),
  readOnly: true,
  async run({ search, clock, pageUrl }, { text: sought, limit: most, ...filter }, signal) {
    const { index } = filter;
    const named = { ...filterOf(filter, clock), ...(index === undefined ? {} : { index }) };
    const query = { ...named, text: sought, mode: "both" as const, limit: most };
    const stop = { requested: signal, embedding: signal, everything: signal };
    const answer = await search(query, stop);
    const { hits, more, gaps, searched, not_searched_by: failed } = answer;
    return {
      hits: hits.map((hit) => ({
        group: hit.group,
        service: hit.service,
        message: short(hit.message),
        count: hit.count,
        first_seen: hit.first_seen,
        last_seen: hit.last_seen,
        similarity: hit.score,
        index: hit.index,
        id: hit.id,
        ...linkTo(pageUrl, hit.group),
      })),
      more,
      searched_records: searched.records,
      ...unseen([...gaps, ...failed]),
    };
  },
});

const listGroups = tool({
  name: "list_error_groups",
  title: "List errors",
  description:
    "The errors that there are, each once (equal template, service and exception), with counts and states: new, back, open, known, muted, resolved.",
  input: z.strictObject({
    state: z.enum(SHOWN_STATES).optional(),
    service: z.string().optional(),
    since: since.optional(),
    order: z.enum(["last", "first", "count"]).default("last").describe("What comes first"),
    limit,
  }),
  readOnly: true,
  async run({ groups, clock, pageUrl }, { state, order, limit: most, ...filter }, signal) {
    const named = { ...filterOf(filter, clock), ...(state === undefined ? {} : { state }) };
    const answer = await groups.list({ ...named, order, limit: most }, signal);
    return {
      groups: answer.groups.map((row) => rowOf(row, pageUrl)),
      total: answer.total,
      ...unseen([...answer.gaps, ...answer.memory.problems]),
    };
  },
});

const getGroup = tool({
  name: "get_error_group",
  title: "Show one error",
  description:
    "One error: what it says, since when and how often, its latest episodes, what rose with it, alike errors, and what people wrote of it.",
  input: z.strictObject({ group }),
  readOnly: true,
  run: async (parts, given, signal) =>
    groupOf(await parts.groups.show(given.group, signal), parts.pageUrl),
});

const pastCases = tool({
  name: "past_cases",
  title: "Past cases of an error",
  description:
    "Whether an error was there before, or one like it: earlier episodes, alike errors and the notes of people, by the error's id or by a text.",
  input: z.strictObject({ group: group.optional(), text: text.optional() }),
  readOnly: true,
  async run({ explain, pageUrl }, given, signal) {
    const { verdict, evidence, subject, gaps, memory } = await explain(subjectIn(given), signal);
    return {
      verdict,
      group: subject.group,
      ...linkTo(pageUrl, subject.group),
      cases: evidence.filter(({ past }) => past === true).map(shownPiece),
      ...unseen([...gaps, ...memory.problems]),
    };
  },
});

const getNotes = tool({
  name: "get_notes",
  title: "Notes about an error",
  description:
    "What people wrote of an error: cause, fix, link, and what others said of that; with notes of alike errors where it has none.",
  input: z.strictObject({ group }),
  readOnly: true,
  async run({ groups }, given, signal) {
    const { notes, carried, memory } = await groups.show(given.group, signal);
    return {
      notes: notes?.map(noteOf) ?? null,
      of_alike_errors: carried?.map((one) => ({
        ...noteOf(one),
        group: one.alike_group,
        surely: one.surely,
        differs: one.differs,
      })),
      ...unseen(memory.problems),
    };
  },
});

const explainTool = tool({
  name: "explain_error",
  title: "Explain an error",
  description:
    "What is known of a record (index and id), an error (group) or a text: evidence with references, and the sentences of a language model that hold against it, where one is set. Cite the quotes, and not sentences of kind hypothesis as facts.",
  input: z.strictObject({
    index: z.string().max(512).optional(),
    id: z.string().max(512).optional(),
    group: group.optional(),
    text: text.optional(),
  }),
  readOnly: true,
  async run({ explain, pageUrl }, given, signal) {
    const answer = await explain(subjectIn(given), signal);
    const { subject, verdict, claims, dropped, cause, action, missing, problem } = answer;
    return {
      verdict,
      group: subject.group,
      ...linkTo(pageUrl, subject.group),
      cause,
      action,
      claims,
      dropped: dropped.length,
      missing,
      evidence: answer.evidence.map(shownPiece),
      model: answer.model,
      problem,
      ...unseen([...answer.gaps, ...answer.memory.problems]),
    };
  },
});

const addNote = tool({
  name: "add_note",
  title: "Write a note about an error",
  description:
    "Writes down what an error was and what helped. Only what a person said or confirmed: the note is shown to whoever meets the error next.",
  input: z.strictObject({
    group,
    cause: z.string().max(2000).optional(),
    fix: z.string().max(4000).optional(),
    link: z.string().max(2000).optional(),
    author: z.string().min(1).max(100).describe("Who says so"),
  }),
  readOnly: false,
  run: async ({ notes }, given, signal) => noteOf(await notes.add(given, signal)),
});

/** Those that write only where that is allowed. */
export function toolsOf({ writesNotes }: Pick<McpParts, "writesNotes">): Tool[] {
  const reading = [findSimilar, listGroups, getGroup, pastCases, getNotes, explainTool];
  return writesNotes ? [...reading, addNote] : reading;
}

/** One error as the resource of it has it. */
export async function readGroup(
  { groups, pageUrl }: McpParts,
  id: string,
  signal: AbortSignal,
): Promise<object> {
  return groupOf(await groups.show(id, signal), pageUrl);
}

/** Checks what is given before it runs. */
function tool<Shape extends z.ZodObject>(one: Tool<Shape>): Tool {
  return {
    ...one,
    input: one.input,
    run: async (parts, given, signal) => one.run(parts, one.input.parse(given), signal),
  };
}

function filterOf(
  { service, since: from }: { service?: string | undefined; since?: string | undefined },
  clock: McpParts["clock"],
): { service?: string; since?: number } {
  const at = from === undefined ? undefined : pointInTime(from, clock.now());
  return {
    ...(service === undefined ? {} : { service }),
    ...(at === undefined ? {} : { since: at }),
  };
}

/** The caller named something that is nothing. */
export class NothingNamed extends Error {}

function subjectIn({
  index,
  id,
  group: named,
  text: sought,
}: {
  index?: string | undefined;
  id?: string | undefined;
  group?: string | undefined;
  text?: string | undefined;
}): Subject {
  if (index !== undefined && id !== undefined) return { of: { index, id } };
  if (named !== undefined) return { group: named };
  if (sought !== undefined && sought.trim() !== "") return { text: sought };
  throw new NothingNamed("Name a record (index and id), an error (group), or a text.");
}

function rowOf(row: GroupRow, pageUrl: string | undefined): object {
  const { group: id, state, service, exception, template, count, first_seen, last_seen } = row;
  return {
    group: id,
    state,
    service,
    exception,
    template: short(template),
    count,
    first_seen,
    last_seen,
    ...linkTo(pageUrl, id),
  };
}

const MAX_EPISODES = 5;
const MAX_NOTES = 10;

function groupOf(answer: GroupAnswer, pageUrl: string | undefined): object {
  const { example, index, id, episodes, notes, alike, memory, gaps } = answer;
  return {
    ...rowOf(answer, pageUrl),
    example: { message: short(example), index, id },
    episodes: episodes.slice(0, MAX_EPISODES).map(({ from, to, count, ended, rose }) => ({
      from,
      to,
      count,
      ended,
      rose: rose?.map((one) => ({
        group: one.group,
        service: one.service,
        template: short(one.template),
        lift: one.lift,
      })),
    })),
    alike: alike?.map((one) => ({
      group: one.group,
      surely: one.surely,
      cosine: one.cosine,
      service: one.service,
      template: short(one.template),
      notes: one.notes?.length ?? null,
    })),
    notes: notes?.slice(0, MAX_NOTES).map(noteOf) ?? null,
    ...unseen([...gaps, ...memory.problems]),
  };
}

function noteOf(note: Note): object {
  const { id, cause, fix, link, author, at, verdicts } = note;
  return {
    note: id,
    cause,
    fix,
    link,
    author,
    at,
    mark: markOf(note),
    confirmed: verdicts[0]?.verdict === "confirmed",
  };
}

function shownPiece({
  ref,
  title,
  text: said,
  index,
  id,
  group: of,
  at,
}: ExplainAnswer["evidence"][number]): object {
  return { ref, title, text: short(said), ...(id === null ? {} : { index, id }), group: of, at };
}

/** That not all could be seen; nothing where all was. */
function unseen(what: readonly object[]): { incomplete?: readonly object[] } {
  return what.length === 0 ? {} : { incomplete: what };
}

function linkTo(pageUrl: string | undefined, of: string | null): { link?: string } {
  return pageUrl === undefined || of === null ? {} : { link: `${pageUrl}/errors/${of}` };
}

function short(message: string): string {
  const { text: head, cut } = cutText(message, MAX_TEXT);
  return cut ? `${head}…` : head;
}
