import { isObject } from "../../domain/document.ts";

const MAX_CHARS = 300;
/** Characters of a text that identify it as quoted, and the fewest that are no coincidence. */
const PROBE_CHARS = 16;
const MIN_PROBE_CHARS = 8;
/** Step of the search, so that any quote of 24 letters is found. */
const STEP_CHARS = 8;

/** The parts of an error body; "" or undefined where absent. */
export type ServerMessage = {
  message: string;
  code?: string | undefined;
  type?: string | undefined;
  /** The request parameter that the server rejects. */
  param?: string | undefined;
};

/**
 * Reads error bodies of OpenAI, Azure, vLLM, TEI, Ollama, LiteLLM, Google, FastAPI and problem+json, or an HTML page.
 */
export function readServerMessage(body: unknown): ServerMessage {
  if (typeof body === "string") return { message: withoutMarkup(body) };
  if (Array.isArray(body)) return body.length === 1 ? readServerMessage(body[0]) : { message: "" };
  if (!isObject(body)) return { message: "" };
  const inner = [body["error"], body["detail"]].find(isObject) ?? {};
  const field = (...names: string[]) =>
    [inner, body].flatMap((from) => names.map((name) => textIn(from[name]))).find(Boolean);
  return {
    message: textIn(inner["message"]) ?? messageIn(body),
    code: field("code"),
    type: field("type", "status", "error_type"),
    param: field("param"),
  };
}

function messageIn(body: Record<string, unknown>): string {
  for (const name of ["error", "message", "Message", "detail"]) {
    const value = body[name];
    if (typeof value === "string") return value;
    if (isObject(value)) return messageIn(value);
    if (Array.isArray(value)) return value.map(itemText).filter(Boolean).join("; ");
  }
  return "";
}

/** FastAPI puts the reason into `msg`, beside the input itself. */
function itemText(item: unknown): string {
  return (isObject(item) ? textIn(item["msg"]) : textIn(item)) ?? "";
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function withoutMarkup(text: string): string {
  return text.slice(0, 5000).replaceAll(/<(style|script)[^]*?<\/\1>|<[^>]*>/gi, " ");
}

/** One line of at most 300 characters without secrets, control characters and parts of the sent texts. */
export function presentable(
  message: string,
  { secrets, texts }: { secrets: readonly string[]; texts: readonly string[] },
): string {
  let shown = withoutControls(message.slice(0, 10 * MAX_CHARS));
  for (const secret of secrets) {
    if (secret !== "") shown = shown.replaceAll(secret, "***");
  }
  shown = shown
    .replaceAll(/\b(sk|pk|rk)-[\w*-]+/g, "$1-***")
    .replaceAll(/\b(bearer|basic)\s+[\w+/=.*~-]+/gi, "$1 ***")
    .replaceAll(/\/\/[^\s/@]+@/g, "//***@");
  shown = beforeAnyOf(shown, texts).replaceAll(/\s+/g, " ").trim();
  return shown.length > MAX_CHARS ? `${shown.slice(0, MAX_CHARS - 1)}…`.toWellFormed() : shown;
}

/** Removes terminal sequences, invisible characters and changes of reading direction. */
function withoutControls(text: string): string {
  return text
    .replaceAll(TERMINAL_SEQUENCE, "")
    .replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]/g, " ")
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, "");
}

const TERMINAL_SEQUENCE =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;

/** Cuts a message where it begins to quote a text: its beginning, or 24 letters of it. */
function beforeAnyOf(message: string, texts: readonly string[]): string {
  const { letters, positions } = lettersOf(message);
  const known = texts.map((text) => text.replaceAll(NO_LETTERS, ""));
  let end = letters.length;
  for (const text of known) {
    const probe = text.slice(0, PROBE_CHARS);
    const found = probe.length < MIN_PROBE_CHARS ? -1 : letters.indexOf(probe);
    if (found !== -1 && found < end) end = found;
  }
  for (let at = 0; at + PROBE_CHARS <= end; at += STEP_CHARS) {
    const piece = letters.slice(at, at + PROBE_CHARS);
    const text = known.find((one) => one.includes(piece));
    if (text !== undefined) end = beginOf(piece, letters, at, text);
  }
  const cut = positions[end];
  return cut === undefined ? message : `${message.slice(0, cut)}…`;
}

/** Blanks, punctuation and JSON escapes, which differ in a quote. */
const NO_LETTERS = /\\+(?:u[\dA-Fa-f]{4}|[nrtbf])?|[^\p{L}\p{N}\\]+/gu;

/** Letters and digits of a text with their positions. */
function lettersOf(text: string): { letters: string; positions: number[] } {
  const positions: number[] = [];
  let letters = "";
  let at = 0;
  const take = (end: number) => {
    letters += text.slice(at, end);
    for (; at < end; at++) positions.push(at);
  };
  for (const gap of text.matchAll(NO_LETTERS)) {
    take(gap.index);
    at = gap.index + gap[0].length;
  }
  take(text.length);
  return { letters, positions };
}

/** The start of the quote that contains the piece. */
function beginOf(piece: string, letters: string, at: number, text: string): number {
  let start = at;
  let there = text.indexOf(piece);
  while (start > 0 && there > 0 && letters[start - 1] === text[there - 1]) {
    start -= 1;
    there -= 1;
  }
  return start;
}
