import type { Embedder } from "../ports/embedder.ts";
import type { Tracer } from "../ports/tracer.ts";

/** Adds a span to each request, by OpenTelemetry's conventions for generative AI. */
export function traceEmbedder(embedder: Embedder, tracer: Tracer): Embedder {
  const { name, model, dimensions } = embedder;
  // An embedder without a probe runs in this process.
  const kind = embedder.probe ? { kind: "client" as const } : {};
  return {
    ...embedder,
    embed(inputs, signal) {
      const attributes = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": name,
        "gen_ai.request.model": model,
        "gen_ai.embeddings.dimension.count": dimensions,
        "log_vectorizer.texts": inputs.length,
      };
      return tracer.span(
        `embeddings ${model}`,
        { ...kind, inner: true, attributes },
        async (span) => {
          const answer = await embedder.embed(inputs, signal);
          span.set({ "gen_ai.usage.input_tokens": answer.tokens ?? undefined });
          return answer;
        },
      );
    },
  };
}

export function tracedFetch(
  tracer: Pick<Tracer, "headers">,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return (input, init) => {
    const named = Object.entries(tracer.headers());
    if (named.length === 0) return fetch(input, init);
    const headers = new Headers(init?.headers);
    for (const [name, value] of named) headers.set(name, value);
    return fetch(input, { ...init, headers });
  };
}
