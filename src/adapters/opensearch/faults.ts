import { errors } from "@opensearch-project/opensearch";
import { Fault, type FaultKind } from "../../model/faults.ts";

/** What OpenSearch says of an error, in a bulk item, a search of many, or a whole answer. */
export type ErrorBody = { type: string; reason?: string | null | undefined };

const KIND_OF_TYPE: Record<string, FaultKind> = {
  cluster_block_exception: "index",
  index_closed_exception: "index",
  index_not_found_exception: "index",
  unavailable_shards_exception: "index",
  no_shard_available_action_exception: "index",
  security_exception: "credentials",
  es_rejected_execution_exception: "rate",
  opensearch_rejected_execution_exception: "rate",
  rejected_execution_exception: "rate",
  circuit_breaking_exception: "rate",
};

/** Classifies by type first: a flood stage comes as 429 and a write block as 403, and both are the index's. */
export function kindOf(status: number, type: string): FaultKind {
  const known = KIND_OF_TYPE[type];
  if (known) return known;
  if (status === 401 || status === 403) return "credentials";
  if (status === 429) return "rate";
  if (status >= 500) return "outage";
  return "record";
}

/** The fault of one item of a bulk answer that is neither missing nor conflicted. */
export function itemFault(status: number, error: ErrorBody): Fault {
  const reason = error.reason ?? error.type;
  const mismatch = /dimension mismatch/i.test(reason);
  const kind = mismatch ? "configuration" : kindOf(status, error.type);
  const details = mismatch
    ? { hint: "The mapping of the vector field has another dimension." }
    : {};
  const message = `OpenSearch refused the update: ${error.type}: ${reason}`;
  return new Fault(kind, message.slice(0, 400), details);
}

/** Turns whatever the client threw into a Fault; `url` must hold no password. */
export function toFault(error: unknown, url: string): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof errors.ResponseError) return responseFault(error, url);
  const code = networkCode(error);
  const { kind, message, hint } = networkProblem(code, error);
  return new Fault(kind, `OpenSearch at ${url}: ${message}`, { hint, cause: error });
}

function responseFault(error: errors.ResponseError, url: string): Fault {
  const status = error.statusCode ?? 0;
  const body = errorBody(error.body);
  const said = body ? `${body.type}: ${body.reason ?? ""}` : `HTTP ${status}`;
  const message = `OpenSearch at ${url} answered ${status}: ${said}`.slice(0, 500);
  if (status === 401) {
    return new Fault("credentials", message, {
      hint: "Check OPENSEARCH_USER and OPENSEARCH_PASSWORD.",
      cause: error,
    });
  }
  let kind = kindOf(status, body?.type ?? "");
  // A whole request that is refused is never one record's fault.
  if (kind === "record") kind = "configuration";
  const hint = HINTS[kind];
  return new Fault(kind, message, { ...(hint ? { hint } : {}), cause: error });
}

const HINTS: Partial<Record<FaultKind, string>> = {
  credentials: "The user lacks a permission; the README's role lists those that are needed.",
  outage: "Try again later, or look at the cluster's own log.",
  rate: "The cluster is overloaded; it is tried again in the next cycle.",
};

/** Reads `{error: {type, reason}}`, or `{error: "text"}` as proxies send it. */
function errorBody(body: unknown): ErrorBody | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error === "string") return { type: "error", reason: error };
  if (typeof error !== "object" || error === null || !("type" in error)) return undefined;
  const reasons = [reasonOf(error), deepestReason(error)].filter((reason) => reason !== undefined);
  return { type: String(error.type), reason: [...new Set(reasons)].join(": ") || undefined };
}

function reasonOf(error: object): string | undefined {
  return "reason" in error && typeof error.reason === "string" ? error.reason : undefined;
}

/** What it all came from: the outer reasons of a refused template or mapping name only themselves. */
function deepestReason(error: object): string | undefined {
  let deepest = error;
  for (let depth = 0; depth < 10 && "caused_by" in deepest; depth++) {
    const { caused_by: cause } = deepest;
    if (typeof cause !== "object" || cause === null) break;
    deepest = cause;
  }
  return deepest === error ? undefined : reasonOf(deepest);
}

function networkCode(error: unknown): string {
  for (let current = error, depth = 0; depth < 5; depth++) {
    if (typeof current !== "object" || current === null) return "";
    if ("code" in current && typeof current.code === "string") return current.code;
    if ("cause" in current && current.cause !== undefined) current = current.cause;
    else if ("meta" in current) current = bodyOf(current.meta);
    else return "";
  }
  return "";
}

function bodyOf(meta: unknown): unknown {
  return typeof meta === "object" && meta !== null && "body" in meta ? meta.body : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

type NetworkProblem = { kind: FaultKind; message: string; hint: string };

function networkProblem(code: string, error: unknown): NetworkProblem {
  const text = error instanceof Error ? error.message : String(error);
  const about = `${code} ${text}`;
  if (error instanceof errors.TimeoutError || /ETIMEDOUT/.test(about)) {
    return {
      kind: "outage",
      message: "no answer in time",
      hint: "Is the host right and reachable? OPENSEARCH_TIMEOUT_SECONDS is how long we wait.",
    };
  }
  if (/load credentials|AwsSigv4Signer/i.test(`${about} ${nameOf(error)}`)) {
    return {
      kind: "credentials",
      message: `requests cannot be signed (${text})`,
      hint: "Give AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or an instance role.",
    };
  }
  // Of a name with several addresses, as localhost often is, the client hands on no reason.
  if (/ECONNREFUSED|^ ?Connection Error$/.test(about)) {
    return {
      kind: "outage",
      message: "connection refused",
      hint: "Is OpenSearch running? Check OPENSEARCH_HOST and OPENSEARCH_PORT, or OPENSEARCH_URL.",
    };
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(about)) {
    return {
      kind: "outage",
      message: "the host name cannot be resolved",
      hint: "Check OPENSEARCH_HOST or OPENSEARCH_URL for a typing error.",
    };
  }
  if (/self.signed|SELF_SIGNED|UNABLE_TO|CERT_|ALTNAME|certificate/i.test(about)) {
    return {
      kind: "configuration",
      message: `its certificate was not accepted (${text})`,
      hint: "Give the authority's certificate as OPENSEARCH_CA_FILE (OPENSEARCH_TLS_VERIFY=false only to try).",
    };
  }
  if (/EPROTO|wrong version number|SSL routines/i.test(about)) {
    return {
      kind: "configuration",
      message: `no TLS handshake (${text.slice(0, 120)})`,
      hint: "Does it speak plain HTTP? Then OPENSEARCH_USE_SSL=false, or http:// in OPENSEARCH_URL.",
    };
  }
  return {
    kind: "outage",
    message: text,
    hint: "The connection broke. Where the cluster speaks TLS, set OPENSEARCH_USE_SSL=true.",
  };
}
