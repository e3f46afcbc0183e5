import type { StubFault } from "./stub-fault.ts";
import { stubVector, toBase64 } from "../fakes/stub-vector.ts";

export type Asked = {
  /** One per text: its index for OpenAI, its log_id for the AI service. */
  names: readonly (number | string)[];
  texts: readonly string[];
  dimensions: number;
  encoding: "base64" | "float";
};

/** The body of a 200, as OpenAI writes it, spoiled by the fault. */
export function openAiBody(asked: Asked, fault: StubFault | undefined, model: unknown): unknown {
  const data = entries(asked, fault).map(({ name, embedding }) => ({
    object: "embedding",
    ...(fault?.kind !== "no_index" && { index: name }),
    embedding,
  }));
  return { object: "list", model, data, ...usageOf(asked, fault) };
}

/** The body of a 200, as the AI service writes it, spoiled by the fault. */
export function aiServiceBody(asked: Asked, fault: StubFault | undefined): unknown {
  const embeddings = entries({ ...asked, encoding: "float" }, fault).map(({ name, embedding }) => ({
    log_id: name,
    embedding,
  }));
  return { embeddings };
}

function entries(asked: Asked, fault: StubFault | undefined) {
  const dimensions = fault?.kind === "wrong_dimension" ? fault.dimensions : asked.dimensions;
  const all = asked.texts.map((text, i) => ({
    name: fault?.kind === "one_index" ? asked.names[0] : asked.names[i],
    embedding: embeddingOf(stubVector(text, dimensions), asked.encoding, fault),
  }));
  if (fault?.kind === "short") return all.slice(0, Math.max(0, all.length - fault.count));
  if (fault?.kind === "shuffled") return shuffled(all);
  if (fault?.kind !== "long") return all;
  const extra = Array.from({ length: fault.count }, (_, i) => ({
    name: typeof asked.names[0] === "number" ? all.length + i : `nobody-${i}`,
    embedding: embeddingOf(stubVector(`nobody-${i}`, dimensions), asked.encoding, fault),
  }));
  return [...all, ...extra];
}

function embeddingOf(
  vector: Float32Array,
  encoding: Asked["encoding"],
  fault: StubFault | undefined,
): string | (number | null)[] {
  if (fault?.kind === "nan") {
    const spoiled = vector.fill(Number.NaN);
    return encoding === "base64" ? toBase64(spoiled) : Array.from(spoiled, () => null);
  }
  if (fault?.kind === "zero") vector.fill(0);
  const asFloats = encoding === "float" || fault?.kind === "floats_for_base64";
  return asFloats ? Array.from(vector) : toBase64(vector);
}

/** Never the order it came in, where there are two or more. */
function shuffled<T>(items: readonly T[]): T[] {
  return [...items.slice(1), ...items.slice(0, 1)].toReversed();
}

function usageOf(asked: Asked, fault: StubFault | undefined) {
  if (fault?.kind === "no_usage") return {};
  const tokens = asked.texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return { usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
