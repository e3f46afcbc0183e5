import type { Config } from "../../config/config.ts";
import type { ReadOtherModels } from "../../domain/other-models.ts";
import { redact, type Redaction } from "../../domain/redact.ts";
import type { Signer } from "../../pipeline/signer.ts";
import type { ToText } from "../../pipeline/text.ts";
import type { JoinedStore } from "../../pipeline/joined-store.ts";
import type { Enrichment } from "../../pipeline/open-enrichment.ts";
import type { Events } from "../../ports/events.ts";
import type { Clock } from "../../ports/clock.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { RecordAddress } from "../../search/locate-record.ts";
import type { SearchAnswer } from "../../search/search-answer.ts";
import type { SearchQuery } from "../../search/search.ts";
import type { RecordAnswer } from "../../search/search-answer.ts";
import type { SimilarQuery } from "../../search/similar.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import { createMask } from "../../telemetry/escape.ts";

/** Every method throws a SearchRefused, or a Fault. */
export type Search = {
  search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
  similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
  record(place: RecordAddress, stop: StopSignals): Promise<RecordAnswer>;
};

type Parts = Enrichment & { events: Events; state: StateStore; otherModels: ReadOtherModels };

export async function openSearch(config: Config, parts: Parts): Promise<Search> {
  const [
    { search },
    { similar },
    { showRecord },
    { createCachedSurvey },
    { createQueryVectorCache },
  ] = await Promise.all([
    import("../../search/search.ts"),
    import("../../search/similar.ts"),
    import("../../search/show-record.ts"),
    import("../../search/cached-survey.ts"),
    import("../../search/query-vector-cache.ts"),
  ]);
  const deps = {
    ...parts,
    readSurvey: createCachedSurvey(parts),
    queryVectors: createQueryVectorCache(parts.state, parts.embedder),
    settings: settingsOf(config),
  };
  return {
    search: (query, stop) => search(deps, query, stop),
    similar: (query, stop) => similar(deps, query, stop),
    record: (place, stop) => showRecord(deps, place, stop.everything),
  };
}

/** Of `Search`, what takes no embedder. Throws a SearchRefused, or a Fault. */
export type WordSearch = Search["search"];

type WordParts = {
  store: JoinedStore;
  vectors: VectorIndex;
  signer: Signer;
  toText: ToText;
  clock: Clock;
  events: Events;
  tracer: Tracer;
};

export async function openWordSearch(config: Config, parts: WordParts): Promise<WordSearch> {
  const [{ searchByWords }, { createCachedSurvey }] = await Promise.all([
    import("../../search/search.ts"),
    import("../../search/cached-survey.ts"),
  ]);
  const deps = {
    ...parts,
    embedder: config.inForce,
    readSurvey: createCachedSurvey(parts),
    settings: settingsOf(config),
  };
  return (query, stop) => searchByWords(deps, query, stop);
}

function settingsOf(config: Config) {
  return { levels: config.logs.levels, toShown: toShownBy(config) };
}

/** What a person reads of a text: it is redacted also where no text leaves for an embedder. */
export function toShownBy(
  config: Config,
  redaction: Redaction = config.inForce.text.redaction === "pii" ? "pii" : "secrets",
): (text: string) => string {
  const mask = createMask(config.secrets);
  return (text) => redact(mask(text), redaction);
}
