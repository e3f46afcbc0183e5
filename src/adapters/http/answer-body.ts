/** The bytes of a whole answer. Throws BodyTooLarge beyond `maxBytes`, and the signal's reason. */
export async function readBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { bytes, whole } = await readUpTo(response, maxBytes, signal);
  if (!whole) throw new BodyTooLarge(maxBytes);
  return bytes;
}

const MAX_REFUSAL_BYTES = 64 * 1024;

/** The head of a refusal's text; an empty text where reading it fails. */
export async function readRefusal(response: Response, signal: AbortSignal): Promise<string> {
  try {
    const { bytes } = await readUpTo(response, MAX_REFUSAL_BYTES, signal);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (signal.aborted) throw error;
    return "";
  }
}

/** The answer is larger than any valid one. */
export class BodyTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${Math.round(maxBytes / 2 ** 20)} MB`);
    this.name = "TooLarge";
  }
}

/** The parsed JSON; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An upper bound for so many vectors, also of other dimensions. */
export function maxAnswerBytes(vectors: number, dimensions: number): number {
  return Math.max(64 * 2 ** 20, vectors * (dimensions * MAX_BYTES_PER_NUMBER + 1024));
}

const MAX_BYTES_PER_NUMBER = 32;

/** Counts unpacked bytes, so that a small compressed answer cannot become a large one. */
async function readUpTo(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  if (!reader) return { bytes: Buffer.alloc(0), whole: true };
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return { bytes: Buffer.concat(chunks, size), whole: true };
      chunks.push(value);
      size += value.length;
      if (size <= maxBytes) continue;
      stop();
      return { bytes: Buffer.concat(chunks, size).subarray(0, maxBytes), whole: false };
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
