/** Kinds of work by where in the source, or in which library, it is done; the first that fits. */
const KINDS: readonly [kind: string, where: RegExp][] = [
  ["tokens", /gpt-tokenizer|adapters\/tokens|pipeline\/split-into-requests/],
  ["hash", /pipeline\/(text|signer)\.|domain\/(redact|template|vector)/],
  ["serialise", /opensearch\/bulk/],
  ["decode", /http\/(read-vector|align-vectors|answer-body|parse-embeddings)/],
  ["wait", /^\(idle\)$/],
  ["garbage", /^\(garbage collector\)$/],
  ["native", /^\(program\)$/],
  ["embedder", /\/openai\/|node_modules\/openai|undici/],
  ["opensearch", /opensearch/],
  ["http", /node:(_http|net|internal\/(stream|streams|http|net|crypto))/],
  ["start", /node:internal\/modules|compile_cache|node_modules\/(zod|commander|winston)/],
];

/** Whose work a function does, by itself and those that called it, the innermost first. */
export function kindOf(callers: readonly string[]): string {
  for (const caller of callers) {
    const found = KINDS.find(([, where]) => where.test(caller));
    if (found) return found[0];
  }
  return "other";
}
