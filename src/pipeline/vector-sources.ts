import type { LogRecord } from "../domain/log-record.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { embedTexts } from "./embed-texts.ts";
import type { EmbedDeps, Embedded, EmbedRun } from "./send-request.ts";
import type { Reuse } from "./reuse.ts";
import type { UnseenVectors } from "./unseen-vectors.ts";
import type { VectorCache } from "./vector-cache.ts";

/** A text that wants a vector, of which it is the hash, and whose it is. */
export type WantedText = {
  hash: string;
  text: string;
  records: readonly [Pick<LogRecord, "id" | "traceId">, ...unknown[]];
};

/** `in_flight`: another batch had it. */
export type SourceName = "cache" | "store" | "embedder" | "in_flight";

/** Where a text's vector may come from. A text that it says nothing of is the next source's. */
export type VectorSource = {
  name: SourceName;
  /** By hash, as it comes: a vector, or the fault for which this text can have none now. Throws a Fault that ends the search. */
  find(
    texts: readonly WantedText[],
    stop: StopSignals,
  ): AsyncIterable<ReadonlyMap<string, Embedded>>;
};

export type SourceDeps = EmbedDeps & {
  cache: VectorCache;
  reuse: Reuse;
  unseen: Pick<UnseenVectors, "seen" | "find">;
};

/** In the order in which they are asked: the one that costs money is the last. */
export function vectorSources(deps: SourceDeps, asked: Omit<EmbedRun, "stop">): VectorSource[] {
  return [fromCache(deps), fromStore(deps), fromEmbedder(deps, asked)];
}

function fromCache({ cache }: Pick<SourceDeps, "cache">): VectorSource {
  return {
    name: "cache",
    async *find(texts) {
      const found = new Map<string, StoredVector>();
      for (const { hash } of texts) {
        const entry = cache.get(hash);
        if (entry) found.set(hash, entry);
      }
      yield found;
    },
  };
}

/** Documents with the vector of an equal text: as search sees them, and where it does not see them yet, as they were written. */
function fromStore({ reuse, unseen }: Pick<SourceDeps, "reuse" | "unseen">): VectorSource {
  return {
    name: "store",
    async *find(texts, { everything }) {
      const hashes = texts.map(({ hash }) => hash);
      const found = await reuse.find(hashes, everything);
      unseen.seen(found.keys());
      yield found;
      const rest = hashes.filter((hash) => !found.has(hash));
      yield await unseen.find(rest, everything);
    },
  };
}

function fromEmbedder(deps: SourceDeps, asked: Omit<EmbedRun, "stop">): VectorSource {
  const { clock, reuse } = deps;
  const { use } = asked;
  return {
    name: "embedder",
    async *find(texts, stop) {
      const before = use.texts;
      let durationMs = 0;
      let startedAt = clock.now();
      try {
        for await (const answers of embedTexts(deps, texts.map(inputOf), { ...asked, stop })) {
          durationMs += clock.now() - startedAt;
          yield answers;
          startedAt = clock.now();
        }
      } finally {
        reuse.embedded(use.texts - before, durationMs);
      }
    },
  };
}

function inputOf({ hash, text, records: [{ id, traceId }] }: WantedText) {
  return { hash, text, logId: id, ...(traceId === undefined ? {} : { traceId }) };
}
