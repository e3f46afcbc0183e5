import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { SHOWN_STATES } from "../analysis/group-answers.ts";
import { GROUP_ORDERS } from "../analysis/list-groups.ts";
import { GROUP_ID } from "../domain/group.ts";
import { isoTime } from "../domain/iso-time.ts";
import { GROUP_STATES } from "../domain/memory/group.ts";
import { VERDICTS } from "../domain/memory/note.ts";
import { timeToCome } from "../search/point-in-time.ts";
import { fieldsOf, PAGE, takeForms } from "./bodies.ts";
import { renderErrors } from "./page/errors-page.ts";
import {
  ERRORS_A_PAGE,
  type ErrorsView,
  type GroupView,
  type Unshown,
} from "./page/errors-view.ts";
import { renderGroup } from "./page/group-page.ts";
import type { Given } from "./page/search-view.ts";
import type { HttpParts } from "./parts.ts";
import type { Presses } from "./presses.ts";
import { Refused, wordsOf } from "./problem.ts";
import { filterFrom, filterShape, inOrder } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

/** A list reads all groups, and one group its records of 30 days. */
const READS = { rateLimit: { max: 120, timeWindow: "1 minute" } };
const ACTS = { rateLimit: { max: 30, timeWindow: "1 minute" } };
/** The longest note, each of its characters as twelve in a form. */
const FORM_BYTES = 128 * 1024;
/** More than that nobody turns over; filters lead further. */
const MAX_PAGES = 200;

const { min_score: _, limit: __, ...recordFilter } = filterShape;
const listQuery = z.object({
  ...recordFilter,
  state: z.enum(SHOWN_STATES).optional(),
  order: z.enum(GROUP_ORDERS).default("last"),
  page: z.coerce.number().int().min(1).max(MAX_PAGES).default(1),
});

type ErrorsOptions = {
  parts: Pick<HttpParts, "groups" | "notes" | "stop" | "clock">;
  presses: Presses;
  /** Whether people sign in here. */
  signedIn: boolean;
};

/** The pages of errors: the list at `/errors`, one at `/errors/GROUP`, and what its forms do. Works without JavaScript. */
export async function addErrorPages(app: FastifyInstance, options: ErrorsOptions): Promise<void> {
  const { parts, signedIn } = options;
  const schema = { hide: true };
  app.get("/errors", { schema, config: READS }, async (request, reply) => {
    const given = givenIn(new URL(request.url, "http://x").searchParams);
    const view = await readErrors(parts, given, reply);
    return reply.type(PAGE).send(renderErrors(view, { signedIn }));
  });
  app.get("/errors/:group", { schema, config: READS }, async (request, reply) => {
    const view = await readGroup(options, request, reply);
    const did = new URL(request.url, "http://x").searchParams.get("did") ?? "";
    const said = Object.hasOwn(DID, did) ? DID[did] : undefined;
    return reply.type(PAGE).send(renderGroup(view, { signedIn, said }));
  });
  await app.register(async (scope) => {
    takeForms(scope, FORM_BYTES);
    scope.post("/errors/:group", { schema, config: ACTS }, async (request, reply) => {
      const fields = fieldsOf(request);
      const given = givenIn(fields);
      try {
        const did = await act(parts, groupIn(request), given);
        return await reply.redirect(`/errors/${groupIn(request)}?did=${did}`, 303);
      } catch (error) {
        const { status, ...words } = wordsOf(error);
        const view = await readGroup(options, request, reply);
        if (view.kind === "answer") reply.code(status);
        request.refusal = words.message;
        const undone = { ...words, given };
        const shown = view.kind === "answer" ? { ...view, undone } : view;
        return reply.type(PAGE).send(renderGroup(shown, { signedIn, said: undefined }));
      }
    });
  });
}

async function readErrors(
  { groups, stop, clock }: ErrorsOptions["parts"],
  given: Given,
  reply: FastifyReply,
): Promise<ErrorsView> {
  const about = { given, now: isoTime(clock.now()) };
  try {
    const { page, order, state, ...filter } = parsed(listQuery, given);
    const limited = inOrder(filterFrom({ ...filter, limit: ERRORS_A_PAGE }, clock.now()));
    const skip = (page - 1) * ERRORS_A_PAGE;
    const query = { ...limited, order, skip, ...(state === undefined ? {} : { state }) };
    const answer = await groups.list(query, whileAsked(stop, reply).requested);
    return { ...about, kind: "answer", answer, page };
  } catch (error) {
    return { ...about, ...unshown(reply, error) };
  }
}

async function readGroup(
  { parts: { groups, stop, clock }, presses }: ErrorsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<GroupView> {
  const press = presses.keyFor(request);
  const about = { group: groupGiven(request), press, now: isoTime(clock.now()) };
  try {
    const answer = await groups.show(groupIn(request), whileAsked(stop, reply).requested);
    return { ...about, kind: "answer", answer, undone: undefined };
  } catch (error) {
    return { ...about, ...unshown(reply, error) };
  }
}

/** Why there is nothing to show, with the status that says so. Throws what is a bug. */
export function unshown(reply: FastifyReply, error: unknown): Unshown {
  const { status, ...words } = wordsOf(error);
  reply.code(status);
  reply.request.refusal = words.message;
  return { kind: status >= 500 || status === 429 ? "unreadable" : "refused", ...words };
}

/** What the address names, for people. */
function groupGiven({ params }: FastifyRequest): string {
  const { group } = z.object({ group: z.string() }).parse(params);
  return group.length > 40 ? `${group.slice(0, 40)}…` : group.toLowerCase();
}

function groupIn({ params }: FastifyRequest): string {
  const { group } = z.object({ group: z.string() }).parse(params);
  const id = group.toLowerCase();
  if (GROUP_ID.test(id)) return id;
  throw new Refused(400, "That is not the id of an error: 16 hex digits, as the list has them.");
}

/** The fields that say something. */
function givenIn(fields: URLSearchParams): Given {
  const said = [...fields].map(([name, value]): [string, string] => [
    name,
    value.replaceAll("\r\n", "\n").trim(),
  ]);
  return Object.fromEntries(said.filter(([, value]) => value !== ""));
}

const LABELS: Readonly<Record<string, string>> = { index: "indices", order: "sort by" };

function parsed<Shape extends z.ZodType>(shape: Shape, given: Given): z.output<Shape> {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const field = String(first?.path[0] ?? "");
  throw new Refused(400, `${LABELS[field] ?? field}: ${first?.message ?? "makes no sense"}`);
}

/** Where a form names nobody. */
const NOBODY = "the page";

const noteForm = z.object({
  act: z.literal("note"),
  cause: z.string().optional(),
  fix: z.string().optional(),
  link: z.string().optional(),
  author: z.string().default(""),
});
const verdictForm = z.object({
  note: z.string().max(200),
  verdict: z.enum(VERDICTS),
  by: z.string().default(""),
});
const stateForm = z.object({
  state: z.enum(GROUP_STATES),
  until: z.string().optional(),
  by: z.string().default(NOBODY),
});

const ruleForm = z.object({
  other: z.string().regex(GROUP_ID, "not the id of an error"),
  rule: z.enum(["merge", "apart"]),
  by: z.string().default(NOBODY),
});

/** Does what a form of the group's page asks for; returns a key of `DID`. Throws what its parts throw, or a Refused. */
async function act(
  { groups, notes, stop, clock }: ErrorsOptions["parts"],
  group: string,
  given: Given,
): Promise<string> {
  if (given["act"] === "note") {
    const { act: ___, ...note } = parsed(noteForm, given);
    await notes.add({ group, ...note }, stop.everything);
    return "noted";
  }
  if (given["note"] !== undefined) {
    const { note, ...said } = parsed(verdictForm, given);
    await notes.judge(note, said, stop.everything);
    return "judged";
  }
  if (given["other"] !== undefined) {
    const { other, rule, by } = parsed(ruleForm, given);
    if (rule === "merge") await groups.merge({ group, into: other, by }, stop.everything);
    else await groups.split({ group, from: other, by }, stop.everything);
    return rule === "merge" ? "merged" : "apart";
  }
  const { until, ...decision } = parsed(stateForm, given);
  const isMute = decision.state === "muted" && until !== undefined;
  const end = isMute ? timeToCome(until, clock.now()) : undefined;
  if (isMute && end === undefined) throw new Refused(400, "until: no time from now on, such as 3d");
  await groups.setState({ group, ...decision, until: end }, stop.everything);
  return decision.state;
}

const DID: Readonly<Record<string, string>> = {
  noted: "The note is written.",
  judged: "That is kept with the note.",
  merged: "Both are one error from now on.",
  apart: "These two are not taken for alike again.",
  open: "This error is open again.",
  known: "This error is known from now on.",
  muted: "This error is muted.",
  resolved: "This error is resolved; another record of it brings it back.",
};
