import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault, type FaultKind } from "../domain/faults.ts";
import { MemoryRefused, type MemoryRefusal } from "../memory/memory-refused.ts";
import { SearchRefused, type SearchRefusal } from "../search/search-refused.ts";

/** RFC 9457, with the id of the request, and what to do about it where that is known. */
export const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  request_id: z.string(),
  /** Of a fault: its kind, as in docs/how-it-works.md; of a search: why it was refused. */
  kind: z.string().optional(),
  hint: z.string().optional(),
});

type Details = { kind?: string; hint?: string };

/** A refusal that a caller is to be told of as it is. */
export class Refused extends Error {
  readonly statusCode: number;
  readonly hint: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    statusCode: number,
    message: string,
    details: { hint?: string; retryAfter?: number } = {},
  ) {
    super(message);
    this.name = "Refused";
    this.statusCode = statusCode;
    this.hint = details.hint;
    this.retryAfter = details.retryAfter;
  }
}

/** What a fault of one of the others is to a caller: ours to fix, or to wait for, save a text's own. */
const STATUS_OF: Record<FaultKind, number> = {
  record: 422,
  rate: 429,
  quota: 503,
  credentials: 503,
  configuration: 503,
  index: 503,
  outage: 503,
};

const STATUS_OF_REFUSAL: Record<SearchRefusal, number> = {
  no_text: 400,
  no_words: 400,
  no_project_field: 400,
  not_found: 404,
  unfit: 409,
  text_refused: 422,
  busy: 503,
};

const STATUS_OF_MEMORY_REFUSAL: Record<MemoryRefusal, number> = {
  unknown_group: 404,
  unknown_episode: 404,
  unknown_note: 404,
  no_memory: 503,
  invalid: 400,
};

export function sendProblem(
  reply: FastifyReply,
  status: number,
  detail: string,
  details: Details = {},
): FastifyReply {
  const problem: z.infer<typeof problemShape> = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    request_id: reply.request.id,
    ...details,
  };
  reply.request.refusal = detail;
  return reply.code(status).type("application/problem+json; charset=utf-8").send(problem);
}

/** What went wrong, for a page. `hint`: what to do. */
type Words = { status: number; message: string; hint: string | undefined };

/** Of what a caller is to be told as it is; throws anything else, which is a bug. */
export function wordsOf(error: unknown): Words {
  if (error instanceof Fault) {
    const { kind, message, hint = FAULT_POLICIES[kind].advice } = error;
    return { status: STATUS_OF[kind], message, hint };
  }
  if (error instanceof SearchRefused) {
    const { code, message, hint } = error;
    return { status: STATUS_OF_REFUSAL[code], message, hint };
  }
  if (error instanceof MemoryRefused) {
    const { code, message, hint } = error;
    return { status: STATUS_OF_MEMORY_REFUSAL[code], message, hint };
  }
  if (error instanceof Refused) {
    const { statusCode: status, message, hint } = error;
    return { status, message, hint };
  }
  throw error;
}

/** What a caller hears of a bug. */
export const UNEXPECTED = "An unexpected error; the log describes it under this request's id.";

/** Says what went wrong; of what should never happen the caller hears only that, and the log the rest. */
export function handleError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof Fault) return sendFault(reply, error);
  if (error instanceof SearchRefused) {
    const { code, message, hint, retryAfterSeconds: seconds } = error;
    if (seconds !== undefined) reply.header("retry-after", seconds);
    const details = hint === undefined ? { kind: code } : { kind: code, hint };
    return sendProblem(reply, STATUS_OF_REFUSAL[code], message, details);
  }
  if (error instanceof MemoryRefused) {
    const { code, message, hint } = error;
    const details = hint === undefined ? { kind: code } : { kind: code, hint };
    return sendProblem(reply, STATUS_OF_MEMORY_REFUSAL[code], message, details);
  }
  if (error instanceof Refused) {
    if (error.retryAfter !== undefined) reply.header("retry-after", error.retryAfter);
    const { hint } = error;
    return sendProblem(reply, error.statusCode, error.message, hint === undefined ? {} : { hint });
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return sendProblem(reply, 400, validationDetail(error));
  }
  const status = error.statusCode ?? 500;
  if (status === 415) return sendProblem(reply, status, "Send JSON, as application/json.");
  if (status < 500 || status === 503) return sendProblem(reply, status, withoutCode(error.message));
  request.bug = error;
  return sendProblem(reply, 500, UNEXPECTED);
}

function sendFault(
  reply: FastifyReply,
  { kind, message, hint, retryAfterMs }: Fault,
): FastifyReply {
  const status = STATUS_OF[kind];
  // As long as the other side asked us to wait: nothing is to be had sooner. A rate without a time is soon over.
  const waitMs = retryAfterMs ?? (status === 429 ? 1000 : undefined);
  if (waitMs !== undefined) reply.header("retry-after", Math.max(1, Math.ceil(waitMs / 1000)));
  return sendProblem(reply, status, message, { kind, hint: hint ?? FAULT_POLICIES[kind].advice });
}

/** Where it is wrong and what is expected, without what was sent. */
function validationDetail({
  validation,
  validationContext: part = "request",
}: {
  validation: readonly { instancePath?: string; message?: string | undefined }[];
  validationContext?: string | undefined;
}): string {
  const [first] = validation;
  const path = (first?.instancePath ?? "").split("/").filter(Boolean).join(".");
  const place = part === "querystring" ? "query" : part;
  const more = validation.length > 1 ? ` (and ${validation.length - 1} more)` : "";
  return `${place}${path ? ` ${path}` : ""}: ${readable(first?.message)}${more}`;
}

/** zod's word for a field that is not there. */
function readable(message = "malformed"): string {
  return message.replace(
    /^Invalid input: (expected .+), received undefined$/,
    "it is missing ($1)",
  );
}

function withoutCode(message: string): string {
  return message.length > 300 ? `${message.slice(0, 299)}…` : message;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Why it was refused, for the log. */
    refusal: string | undefined;
    /** Of a request that failed by a mistake of ours, for the log. */
    bug: unknown;
  }
}
