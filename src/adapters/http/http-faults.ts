import { STATUS_CODES } from "node:http";
import { isObject } from "../../domain/document.ts";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import { allowanceIn, resetMs, retryAfterMs } from "./rate-headers.ts";
import {
  kindOfRefusal,
  mentionsDimensions,
  mentionsLength,
  mentionsModel,
  type Refusal,
} from "./refusal-kind.ts";
import { presentable, readServerMessage } from "./server-message.ts";

/** For messages, which contain none of `secrets` and `texts`. */
export type FaultContext = {
  /** Name and address of the server, as in `openai at https://host/v1`. */
  at: string;
  model: string;
  secrets: readonly string[];
  texts: readonly string[];
  timeoutMs: number;
  nowMs: number;
  /** Hints by kind of fault. */
  hints: {
    credentials: string;
    model: string;
    address: string;
    /** Default: those of an embedder's settings. */
    timeout?: string;
    tooLarge?: string;
  };
};

const TOO_MANY = /batch size|too many (inputs|items|texts)|per request|request size/i;

/** The fault of an answer outside 200 to 299. */
export function refusalFault(refusal: Refusal, context: FaultContext): Fault {
  const message = presentable(refusal.message, context);
  const kind = kindOfRefusal({ ...refusal, message: withoutTexts(message, context) });
  const wait = waitMs(kind, refusal, context);
  const hint = hintFor(kind, { ...refusal, message }, context);
  const reason = [message || reasonOf(refusal.status), elsewhere(refusal, context)].join("");
  return new Fault(kind, `${context.at}: ${refusal.status} ${reason}`, {
    ...(hint !== undefined && { hint }),
    ...(wait !== undefined && { retryAfterMs: wait }),
    answersBadly: true,
    ...(kind === "record" && mentionsLength(refusal) && { tooLong: true }),
  });
}

/** Short texts are not hidden from a message, but must not influence its classification. */
function withoutTexts(message: string, { texts }: FaultContext): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text.length > 2 && message.includes(text))
    .reduce((rest, text) => rest.replaceAll(text, "…"), message);
}

/** Without Retry-After a rate limit ends when its headers say it resets. */
function waitMs(kind: FaultKind, { headers }: Refusal, { nowMs }: FaultContext) {
  const stated = retryAfterMs(headers, nowMs);
  if (stated !== undefined || kind !== "rate") return stated;
  const allowance = allowanceIn(headers, nowMs);
  return allowance && resetMs(allowance);
}

function elsewhere({ status, headers }: Refusal, context: FaultContext): string {
  const location = headers.get("location");
  if (status < 300 || status > 399 || location === null) return "";
  return `, it redirects to ${presentable(location, context)}`;
}

function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? "without a reason";
}

function hintFor(kind: FaultKind, refusal: Refusal, context: FaultContext): string | undefined {
  if (kind === "credentials") return context.hints.credentials;
  if (kind === "quota") return "Add credit or raise the budget at the provider.";
  if (kind === "record" && (refusal.status === 413 || TOO_MANY.test(refusal.message))) {
    return context.hints.tooLarge ?? "Lower EMBEDDING_MAX_TEXTS_PER_REQUEST.";
  }
  if (kind !== "configuration") return undefined;
  if (refusal.status === 404 && !mentionsModel(refusal)) return context.hints.address;
  if (mentionsDimensions(refusal) && !mentionsModel(refusal)) {
    return `Set EMBEDDING_DIMENSIONS to a number that ${context.model} can give.`;
  }
  return mentionsModel(refusal) ? context.hints.model : context.hints.address;
}

/** The fault of a request that this process aborted. */
export function stoppedFault(context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: stopped while waiting`, { possiblyBilled: true });
}

export function timeoutFault(context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: no answer within ${context.timeoutMs / 1000} s`, {
    hint:
      context.hints.timeout ??
      "Raise EMBEDDING_TIMEOUT_SECONDS or lower EMBEDDING_MAX_TEXTS_PER_REQUEST.",
    possiblyBilled: true,
    timedOut: true,
    answersBadly: true,
  });
}

/** The fault of a complete answer that is invalid. */
export function nonsenseFault(what: string, context: FaultContext): Fault {
  return new Fault("outage", `${context.at}: ${presentable(what, context)}`, {
    hint: context.hints.address,
    possiblyBilled: true,
    answersBadly: true,
  });
}

/** The fault of a 200 answer without embeddings. Some gateways put the status of a refusal into the body. */
export function emptyAnswerFault(
  body: unknown,
  headers: Pick<Headers, "get">,
  context: FaultContext,
): Fault {
  const parsed = readServerMessage(body);
  const error = isObject(body) && isObject(body["error"]) ? body["error"] : {};
  const status = Number(error["code"] ?? error["status"]);
  if (status >= 400 && status < 600) return refusalFault({ ...parsed, status, headers }, context);
  const what = parsed.message && !(typeof body === "string") ? `: ${parsed.message}` : "";
  return nonsenseFault(`the answer holds no embeddings${what}`, context);
}

/** The fault of a request without a complete answer: refused, unknown host, or broken off. */
export function connectionFault(error: unknown, context: FaultContext): Fault {
  const { code, message } = deepestReason(error);
  const reason = code === undefined || message.includes(code) ? message : `${message} (${code})`;
  const connectionFailed = NEVER_SENT.test(code ?? "");
  return new Fault("outage", `${context.at}: ${presentable(reason, context)}`, {
    hint: TLS.test(code ?? "")
      ? "Point NODE_EXTRA_CA_CERTS at the certificate authority of the server."
      : context.hints.address,
    possiblyBilled: !connectionFailed && !TLS.test(code ?? ""),
    connectionFailed,
    answersBadly: !connectionFailed,
    cause: error,
  });
}

const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
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
