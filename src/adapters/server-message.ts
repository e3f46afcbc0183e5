import { z } from "zod";

const MAX_CHARS = 300;
/** How much of a text gives it away, and how little of it may be a coincidence. */
const PROBE_CHARS = 16;
const MIN_PROBE_CHARS = 8;

const bodySchema = z.union([
  z.string(),
  z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) }),
  z.object({ message: z.string() }),
  z.object({ detail: z.union([z.string(), z.array(z.object({ msg: z.string() }))]) }),
]);

/** What an error body says, in the forms of OpenAI, vLLM, TEI and FastAPI; "" in any other form. */
export function messageIn(body: unknown): string {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return "";
  if (typeof parsed.data === "string") return withoutMarkup(parsed.data);
  if ("error" in parsed.data) {
    return typeof parsed.data.error === "string" ? parsed.data.error : parsed.data.error.message;
  }
  if ("message" in parsed.data) return parsed.data.message;
  const { detail } = parsed.data;
  return typeof detail === "string" ? detail : detail.map(({ msg }) => msg).join("; ");
}

function withoutMarkup(text: string): string {
  return text.slice(0, 5000).replaceAll(/<(style|script)[^]*?<\/\1>|<[^>]*>/gi, " ");
}

/** At most 300 characters in one line that hold no secret and nothing of the texts we sent. */
export function presentable(
  message: string,
  { secrets, texts }: { secrets: readonly string[]; texts: readonly string[] },
): string {
  let shown = message.slice(0, 10 * MAX_CHARS);
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

function beforeAnyOf(message: string, texts: readonly string[]): string {
  let end = message.length;
  for (const text of texts) {
    const probe = text.trimStart().slice(0, PROBE_CHARS);
    const found = probe.length < MIN_PROBE_CHARS ? -1 : message.indexOf(probe);
    if (found !== -1 && found < end) end = found;
  }
  return end < message.length ? `${message.slice(0, end)}…` : message;
}
