import { STATUS_CODES } from "node:http";

/** How long a refusal asks the client to wait, in each form that servers use. */
type RetryAfter = { seconds: number } | { ms: number } | { date: Date };

/** What a request gets instead of its answer, or how its answer is spoiled. */
export type StubFault =
  /** 401 as OpenAI writes it, a piece of the key included. */
  | { kind: "unauthorized" }
  | { kind: "model_not_found" }
  | { kind: "rate_limit"; retryAfter?: RetryAfter }
  | { kind: "insufficient_quota" }
  /** 400 that is about the texts; `quote` repeats the first of them in the message, as some servers do, some as JSON. */
  | { kind: "refused"; quote?: boolean | "as JSON" }
  | { kind: "too_large" }
  /** Any status, with the OpenAI form of an error body or with this one. */
  | { kind: "status"; status: number; message?: string; body?: string; retryAfter?: RetryAfter }
  /** 400 while the request names `dimensions`. */
  | { kind: "rejects_dimensions" }
  /** 400 while the request asks for base64. */
  | { kind: "rejects_encoding_format" }
  | { kind: "floats_for_base64" }
  | { kind: "shuffled" }
  /** Leaves out the last `count` texts. */
  | { kind: "short"; count: number }
  /** Adds `count` entries that nobody asked for. */
  | { kind: "long"; count: number }
  /** Every entry names the first text. */
  | { kind: "one_index" }
  | { kind: "no_index" }
  | { kind: "no_usage" }
  /** null in place of numbers, which is how servers write NaN in JSON. */
  | { kind: "nan" }
  | { kind: "zero" }
  | { kind: "wrong_dimension"; dimensions: number }
  | { kind: "html" }
  /** Breaks the connection off in the middle of the answer. */
  | { kind: "closes" }
  /** One byte a second: it never ends in time. */
  | { kind: "hangs"; status?: number };

export type StubRefusal = { status: number; headers: Record<string, string>; body: string };

/** What OpenAI answers to an empty text. */
export const EMPTY_TEXT = openAiError(400, { message: "'$.input' is invalid", param: "input" });

/** Refusals that are the same for every request. */
const FIXED: Partial<Record<StubFault["kind"], StubRefusal>> = {
  unauthorized: openAiError(401, {
    message: "Incorrect API key provided: sk-abcd****wxyz.",
    code: "invalid_api_key",
  }),
  model_not_found: openAiError(404, {
    message: "The model `no-such-model` does not exist or you do not have access to it.",
    code: "model_not_found",
  }),
  insufficient_quota: openAiError(429, {
    message: "You exceeded your current quota, please check your plan and billing details.",
    code: "insufficient_quota",
  }),
  rejects_dimensions: openAiError(400, {
    message:
      'Model "e5" does not support matryoshka representation, changing output dimensions will lead to poor results.',
  }),
  rejects_encoding_format: openAiError(422, {
    message: "encoding_format must be float",
    param: "encoding_format",
  }),
  too_large: openAiError(413, { message: "The request is too large" }),
  html: {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<html><body><h1>Welcome to nginx</h1></body></html>",
  },
};

/** Whether a fault has anything to say to this request: some refuse what not every request asks for. */
export function concerns(
  fault: StubFault,
  asked: { dimensions: unknown; encoding: unknown },
): boolean {
  if (fault.kind === "rejects_dimensions") return asked.dimensions !== undefined;
  return fault.kind !== "rejects_encoding_format" || asked.encoding === "base64";
}

const HARMLESS = new Set<StubFault["kind"]>(["shuffled", "long", "floats_for_base64", "no_usage"]);

/** The texts for which a request that is not refused is answered with the right vector, for all the fault spoils. */
export function answeredRight(fault: StubFault | undefined, texts: readonly string[]): string[] {
  if (fault?.kind === "short") return texts.slice(0, Math.max(0, texts.length - fault.count));
  return fault === undefined || HARMLESS.has(fault.kind) ? [...texts] : [];
}

/** The whole answer of a fault that refuses the request; undefined where it only spoils the answer. */
export function refusalOf(fault: StubFault, texts: readonly string[]): StubRefusal | undefined {
  switch (fault.kind) {
    case "rate_limit":
      return openAiError(
        429,
        { message: "Rate limit reached for requests", code: "rate_limit_exceeded" },
        retryHeaders(fault.retryAfter),
      );
    case "refused":
      return openAiError(400, {
        message: `This model cannot take this input${quoted(fault, texts)}`,
        code: "invalid_input",
      });
    case "status":
      return statusRefusal(fault);
    default:
      return FIXED[fault.kind];
  }
}

function quoted(
  { quote }: { quote?: boolean | "as JSON" },
  [text = ""]: readonly string[],
): string {
  if (!quote) return "";
  return `: ${quote === "as JSON" ? JSON.stringify(text) : text}`;
}

function statusRefusal(fault: Extract<StubFault, { kind: "status" }>): StubRefusal {
  const message = fault.message ?? STATUS_CODES[fault.status] ?? "no reason";
  const refusal = openAiError(fault.status, { message }, retryHeaders(fault.retryAfter));
  if (fault.body === undefined) return refusal;
  const type = fault.body.startsWith("{") ? "application/json" : "text/html";
  return {
    ...refusal,
    headers: { ...refusal.headers, "content-type": type },
    body: fault.body,
  };
}

function openAiError(
  status: number,
  error: { message: string; code?: string; param?: string },
  headers: Record<string, string> = {},
): StubRefusal {
  const body = { error: { type: "invalid_request_error", param: null, code: null, ...error } };
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

function retryHeaders(retryAfter: RetryAfter | undefined): Record<string, string> {
  if (retryAfter === undefined) return {};
  if ("ms" in retryAfter) return { "retry-after-ms": String(retryAfter.ms) };
  if ("date" in retryAfter) return { "retry-after": retryAfter.date.toUTCString() };
  return { "retry-after": String(retryAfter.seconds) };
}
