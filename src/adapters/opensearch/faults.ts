import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import { isObject } from "../../domain/document.ts";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import { retryAfterMs } from "../http/rate-headers.ts";
import { presentable, readServerMessage } from "../http/server-message.ts";
import { networkProblem } from "./network-problem.ts";
import type { VectorFields } from "./queries.ts";

/** An error as OpenSearch reports it, for a bulk item, a search or a whole request. */
export type ErrorBody = {
  type: string;
  reason?: string | null | undefined;
  caused_by?: { reason?: string | null | undefined } | undefined;
};

/** A point in time has expired; a new one can be opened. */
const RAN_OUT = "search_context_missing_exception";

const KIND_OF_TYPE: Record<string, FaultKind> = {
  index_closed_exception: "index",
  index_not_found_exception: "index",
  unavailable_shards_exception: "index",
  no_shard_available_action_exception: "index",
  security_exception: "credentials",
  es_rejected_execution_exception: "rate",
  opensearch_rejected_execution_exception: "rate",
  rejected_execution_exception: "rate",
  circuit_breaking_exception: "rate",
  task_cancelled_exception: "rate",
  [RAN_OUT]: "outage",
};

/**
 * The error type decides before the status: a flood stage comes as 429, a write block as 403, and both concern the
 * index.
 */
export function kindOf(status: number, type: string): FaultKind {
  // With 503 the whole cluster has no manager or state yet.
  if (type === "cluster_block_exception") return status === 503 ? "outage" : "index";
  const known = KIND_OF_TYPE[type];
  if (known) return known;
  if (status === 401 || status === 403) return "credentials";
  if (status === 429) return "rate";
  return status >= 500 || status === 408 ? "outage" : "record";
}

/** The fault of a bulk item that is neither missing nor conflicted. */
export function itemFault(status: number, error: ErrorBody, fields?: VectorFields): Fault {
  const reason = withoutValues(error.reason ?? error.type);
  const ours = fields ? ourProblem(error, reason, fields) : undefined;
  const mismatch = /dimension mismatch/i.test(ours?.reason ?? reason);
  const kind = mismatch ? "configuration" : (ours?.kind ?? itemKind(status, error.type));
  const shownReason = presentable(ours?.reason ?? reason, NOTHING_SENT);
  const details = {
    ...(mismatch ? { hint: "The mapping of the vector field has another dimension." } : {}),
    timedOut: error.type === "unavailable_shards_exception",
  };
  return new Fault(kind, `OpenSearch refused the update: ${error.type}: ${shownReason}`, details);
}

/** The cluster answered the request, so an item's outage is its index's own. */
function itemKind(status: number, type: string): FaultKind {
  const kind = kindOf(status, type);
  return kind === "outage" && type !== "cluster_block_exception" ? "index" : kind;
}

/** A mapping error about this service's own fields affects every document of the index. */
function ourProblem(
  { type, caused_by: cause }: ErrorBody,
  reason: string,
  { vectorField, metaField }: VectorFields,
): { kind: FaultKind; reason: string } | undefined {
  if (reason.startsWith("Limit of total fields")) return { kind: "configuration", reason };
  const ours = [`[${vectorField}]`, `[${metaField}]`, `[${metaField}.`];
  if (!ours.some((name) => reason.includes(name))) return undefined;
  if (type === "strict_dynamic_mapping_exception") return { kind: "configuration", reason };
  if (type !== "mapper_parsing_exception") return undefined;
  // The cause describes the vector by numbers only.
  const deeper = cause?.reason ?? reason;
  return { kind: /zero vector|NaN/i.test(deeper) ? "record" : "configuration", reason: deeper };
}

/** Removes values of the document, which are the owner's and may be private. */
function withoutValues(reason: string): string {
  return reason
    .replace(/\.? *Preview of field's value: [^]*/, "")
    .replace(/\s*The prefix of the first immense term is: [^]*/, "");
}

const NOTHING_SENT = { secrets: [], texts: [] };

/** Any error of the client as a Fault; `url` must hold no password. */
export function toFault(error: unknown, url: string): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof errors.ResponseError) return responseFault(error, url);
  const { kind, message, ...details } = networkProblem(error);
  return new Fault(kind, `OpenSearch at ${url}: ${message}`, { ...details, cause: error });
}

/** The server does not offer this call (AWS Serverless, or a gateway that allows few calls); other calls may work. */
export function isNotOffered(error: unknown): error is Fault {
  if (!(error instanceof Fault) || !(error.cause instanceof errors.ResponseError)) return false;
  const { statusCode: status, body } = error.cause;
  const type = typeOf(errorBody(body));
  if (type === "index_not_found_exception" || type === "security_exception") return false;
  return [403, 404, 405, 501].includes(status);
}

/** What OpenSearch answered a refused request: the HTTP status and the type of the error. Undefined where it did not answer. */
export function refusalOf({ cause }: Fault): { status: number; type: string } | undefined {
  if (!(cause instanceof errors.ResponseError)) return undefined;
  return { status: cause.statusCode ?? 0, type: typeOf(errorBody(cause.body)) };
}

function responseFault(error: errors.ResponseError, url: string): Fault {
  const status = error.statusCode ?? 0;
  const body = errorBody(error.body);
  const reason = body
    ? `${body.type}: ${body.reason ?? ""}`
    : `HTTP ${status}${plainWords(error.body)}`;
  const message = `OpenSearch at ${url} answered ${status}: ${reason}`.slice(0, 500);
  const type = typeOf(body);
  const kind = kindOfResponse(status, type);
  const hint = status === 401 ? LOGIN_HINT : status === 413 ? SIZE_HINT : HINTS[kind];
  const headers = new Headers(
    Object.entries(error.headers ?? {}).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
  const wait = retryAfterMs(headers, Date.now());
  return new Fault(kind, message, {
    ...(hint ? { hint } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    cursorExpired: type === RAN_OUT,
    cause: error,
  });
}

function typeOf(body: WholeError | undefined): string {
  const root = body?.rootType ?? "";
  return root in KIND_OF_TYPE ? root : (body?.type ?? "");
}

function kindOfResponse(status: number, type: string): FaultKind {
  const kind = kindOf(status, type);
  // A refusal of a whole request is never one record's fault.
  return kind === "record" ? "configuration" : kind;
}

const LOGIN_HINT = "Check OPENSEARCH_USER and OPENSEARCH_PASSWORD.";
const SIZE_HINT = "Let the cluster (http.max_content_length) and any proxy before it take 5 MB.";
const HINTS: Partial<Record<FaultKind, string>> = {
  credentials:
    "The user lacks a permission; the role in docs/permissions.md lists those that are needed.",
  outage: "Try again later, or check the cluster's log.",
  rate: "The cluster is overloaded; the records stay pending and are tried again in the next cycle.",
};

type WholeError = ErrorBody & { rootType?: string };

/** Reads `{error: {type, reason}}`, or `{error: "text"}` as proxies send it. */
function errorBody(body: unknown): WholeError | undefined {
  if (!isObject(body)) return undefined;
  const { error } = body;
  if (typeof error === "string") return { type: "error", reason: shown(error) };
  if (!isObject(error) || !("type" in error)) return undefined;
  const reasons = [reasonOf(error), deepestReason(error)].filter((reason) => reason !== undefined);
  const [root] = Array.isArray(error["root_cause"]) ? error["root_cause"] : [];
  return {
    type: String(error["type"]),
    reason: shown([...new Set(reasons)].join(": ")) || undefined,
    ...(isObject(root) ? { rootType: String(root["type"]) } : {}),
  };
}

/** The message of a proxy, a cloud front end or the Security plugin, which is not in OpenSearch's form. */
function plainWords(body: unknown): string {
  const words = shown(readServerMessage(body).message);
  return words && ` ${words}`;
}

function shown(text: string): string {
  return presentable(text, NOTHING_SENT);
}

function reasonOf(error: object): string | undefined {
  return "reason" in error && typeof error.reason === "string" ? error.reason : undefined;
}

/** The innermost reason: the outer ones of a refused template or mapping only repeat names. */
function deepestReason(error: object): string | undefined {
  let deepest = error;
  for (let depth = 0; depth < 10 && "caused_by" in deepest; depth++) {
    const { caused_by: cause } = deepest;
    if (typeof cause !== "object" || cause === null) break;
    deepest = cause;
  }
  return deepest === error ? undefined : reasonOf(deepest);
}
