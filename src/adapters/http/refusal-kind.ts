import type { FaultKind } from "../../domain/faults.ts";
import type { ServerMessage } from "./server-message.ts";

export type Refusal = ServerMessage & { status: number; headers: Pick<Headers, "get"> };

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
  /insufficient_quota|exceeded your current quota|out of call volume quota|billing_|budget_?exceeded|exceeded budget|budget has been exceeded|over budget|crossed budget/i;
const MODEL =
  /model\b.{0,80}?(not found|does not exist|not exist|unknown|not supported|no access)|(unknown|invalid) model|embeddings from this model|not an embeddings? model/i;
const MODEL_CODE = /^(model_not_found|key_model_access_denied)$/i;
const KEY =
  /api[ _-]?key.{0,40}(not valid|invalid|incorrect|missing|expired)|(invalid|incorrect|missing) api[ _-]?key/i;
const DIMENSIONS = /\bdimensions?\b|matryoshka/i;
/** Server-side failures that Ollama and LiteLLM answer with 400; no quoted text can match. */
const TROUBLE =
  /^(do (embedding|tokenize) request|(an )?error was encountered while running the model|llama runner|runner process|litellm\.\w*(connection|timeout|internal|unavailable)|context (canceled|deadline)|dial tcp)/i;
/** Errors about one text that llama.cpp and Ollama answer with 500; a retry fails the same way. */
const OF_ONE_TEXT =
  /too large to process|maximum context length|exceeds? (the )?context|tokens exceed|unsupported value: (NaN|[+-]?Inf)|NaN or Inf|not JSON compliant/i;

/** The kind of a refusal: what the server names outweighs the status. */
export function kindOfRefusal(refusal: Refusal): FaultKind {
  const { status, code, type, message } = refusal;
  // Google words its limits per minute as OpenAI words an exhausted quota.
  if (type === "RESOURCE_EXHAUSTED") return "rate";
  const words = [code, type, message].join(" ");
  if (QUOTA.test(words)) return "quota";
  const kind = KIND_OF_STATUS.get(status) ?? (status < 400 ? "configuration" : "outage");
  if (kind === "credentials") return mentionsModel(refusal) ? "configuration" : kind;
  if (kind === "outage") return status === 500 && OF_ONE_TEXT.test(message) ? "record" : kind;
  if (kind !== "record") return kind;
  if (KEY.test(words)) return "credentials";
  if (mentionsModel(refusal) || mentionsDimensions(refusal)) return "configuration";
  return TROUBLE.test(message) ? "outage" : "record";
}

export function mentionsModel({ code, type, param, message }: Refusal): boolean {
  const named = MODEL_CODE.test(code ?? "") || MODEL_CODE.test(type ?? "");
  return named || param === "model" || MODEL.test(message);
}

const LENGTH =
  /too (large|long|many tokens)|maximum (context|input|sequence) length|context (length|window|size)|tokens? (limit|exceed)|exceeds? .{0,40}(tokens|context|length)|(max|maximum)\b.{0,30}\btokens/i;

export function mentionsLength({ status, message }: Refusal): boolean {
  return status === 413 || LENGTH.test(message);
}

export function mentionsDimensions({ param, message }: Refusal): boolean {
  return param === "dimensions" || DIMENSIONS.test(message);
}
