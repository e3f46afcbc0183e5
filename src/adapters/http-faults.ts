import { STATUS_CODES } from "node:http";
import { Fault, type FaultKind } from "../model/faults.ts";
import { presentable } from "./server-message.ts";

/** An answer outside 200 to 299, reduced to what tells its kind. */
export type Refusal = {
  status: number;
  headers: Pick<Headers, "get">;
  /** What the server said of it, as it came. */
  message: string;
  code?: string | undefined;
  type?: string | undefined;
  /** The parameter of the request that the server complains of. */
  param?: string | undefined;
};

/** Who asked what, for messages: nothing of `secrets` and `texts` gets into one. */
export type FaultContext = {
  /** Name and place of the embedder, as in `openai at https://host/v1`. */
  at: string;
  model: string;
  secrets: readonly string[];
  texts: readonly string[];
  timeoutMs: number;
  nowMs: number;
  /** What the user can try, by kind of fault. */
  hints: { credentials: string; model: string; address: string };
};

const KIND_OF_STATUS = new Map<number, FaultKind>([
  [400, "record"],
  [401, "credentials"],
  [402, "quota"],
  [403, "credentials"],
  [404, "configuration"],
  [405, "configuration"],
  [406, "configuration"],
  [407, "credentials"],
  [410, "configuration"],
  [413, "record"],
  [415, "configuration"],
  [422, "record"],
  [429, "rate"],
]);

const QUOTA =
  /insufficient_quota|exceeded your current quota|billing_|budget_?exceeded|budget has been exceeded/i;
const MODEL =
  /model\b.{0,80}?(not found|does not exist|not exist|unknown|not supported|no access)|(unknown|invalid) model/i;
const KEY =
  /api[ _-]?key.{0,40}(not valid|invalid|incorrect|missing|expired)|(invalid|incorrect|missing) api[ _-]?key/i;
const TOO_MANY = /batch size|too many (inputs|items|texts)|per request|request size/i;
const DIMENSIONS = /\bdimensions?\b|matryoshka/i;

/** The kind of fault behind a refusal: what the server names outweighs the status it gave. */
export function kindOfRefusal(refusal: Refusal): FaultKind {
  const said = [refusal.code, refusal.type, refusal.message].join(" ");
  if (QUOTA.test(said)) return "quota";
  const kind = KIND_OF_STATUS.get(refusal.status) ?? "outage";
  if (kind === "credentials" && refusal.code === "model_not_found") return "configuration";
  if (kind !== "record") return kind;
  if (KEY.test(said)) return "credentials";
  if (speaksOfModel(refusal) || speaksOfDimensions(refusal)) return "configuration";
  return "record";
}

function speaksOfModel(refusal: Refusal): boolean {
  return (
    refusal.code === "model_not_found" || refusal.param === "model" || MODEL.test(refusal.message)
  );
}

export function speaksOfDimensions(refusal: Refusal): boolean {
  return refusal.param === "dimensions" || DIMENSIONS.test(refusal.message);
}

/** Milliseconds that the server asks us to wait, 0 or more; undefined where it does not say. */
export function retryAfterMs(headers: Pick<Headers, "get">, nowMs: number): number | undefined {
  const ms = numberIn(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const value = headers.get("retry-after");
  const seconds = numberIn(value);
  if (seconds !== undefined) return Math.ceil(seconds * 1000);
  const date = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function numberIn(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** The fault of an answer outside 200 to 299. */
export function refusalFault(refusal: Refusal, context: FaultContext): Fault {
  const message = presentable(refusal.message, context);
  const kind = kindOfRefusal({ ...refusal, message });
  const wait = retryAfterMs(refusal.headers, context.nowMs);
  const hint = hintFor(kind, { ...refusal, message }, context);
  return new Fault(
    kind,
    `${context.at}: ${refusal.status} ${message || reasonOf(refusal.status)}`,
    {
      ...(hint !== undefined && { hint }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    },
  );
}

function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? "without a reason";
}

function hintFor(kind: FaultKind, refusal: Refusal, context: FaultContext): string | undefined {
  if (kind === "credentials") return context.hints.credentials;
  if (kind === "quota") return "Add credit or raise the budget at the provider.";
  if (kind === "record" && (refusal.status === 413 || TOO_MANY.test(refusal.message))) {
    return "Lower EMBEDDING_MAX_TEXTS_PER_REQUEST.";
  }
  if (kind !== "configuration") return undefined;
  if (refusal.status === 404 && !speaksOfModel(refusal)) return context.hints.address;
  if (speaksOfDimensions(refusal) && !speaksOfModel(refusal)) {
    return `Set EMBEDDING_DIMENSIONS to a number that ${context.model} can give.`;
  }
  return speaksOfModel(refusal) ? context.hints.model : context.hints.address;
}

/** The fault of a request that ended by one of our own signals. */
export function stoppedFault(context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: stopped while waiting`);
}

export function timeoutFault(context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: no answer within ${context.timeoutMs / 1000} s`, {
    hint: "Raise EMBEDDING_TIMEOUT_SECONDS or lower EMBEDDING_MAX_TEXTS_PER_REQUEST.",
  });
}

/** The fault of an answer that came whole and makes no sense. */
export function nonsenseFault(what: string, context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: ${presentable(what, context)}`, {
    hint: context.hints.address,
  });
}

/** The fault of a request that got no whole answer: connection refused, name unknown, broken off. */
export function connectionFault(error: unknown, context: FaultContext): Fault {
  const { code, message } = deepestReason(error);
  const said = code === undefined || message.includes(code) ? message : `${message} (${code})`;
  return new Fault("outage", `${context.at}: ${presentable(said, context)}`, {
    hint: TLS.test(code ?? "")
      ? "Point NODE_EXTRA_CA_CERTS at the certificate authority of the server."
      : context.hints.address,
    cause: error,
  });
}

const TLS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

function deepestReason(error: unknown): { code: string | undefined; message: string } {
  let message = "";
  let code: string | undefined;
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if (current.message !== "") message = current.message;
    if ("code" in current && typeof current.code === "string") code = current.code;
    current = current.cause;
  }
  return { code, message: message === "" ? (code ?? "no answer") : message };
}
