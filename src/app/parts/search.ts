import type { Config } from "../../config/config.ts";
import type { ReadOtherModels } from "../../domain/other-models.ts";
import { redact, type Redaction } from "../../domain/redact.ts";
import type { Enrichment } from "../../pipeline/open-enrichment.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { RecordAddress } from "../../search/locate-record.ts";
import type { SearchAnswer } from "../../search/search-answer.ts";
import type { SearchQuery } from "../../search/search.ts";
import type { RecordAnswer } from "../../search/search-answer.ts";
import type { SimilarQuery } from "../../search/similar.ts";
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
    settings: { levels: config.logs.levels, toShown: toShownBy(config) },
  };
  return {
    search: (query, stop) => search(deps, query, stop),
    similar: (query, stop) => similar(deps, query, stop),
    record: (place, stop) => showRecord(deps, place, stop.everything),
  };
}

/** What a person reads of a text: it is redacted also where no text leaves for an embedder. */
export function toShownBy(config: Config): (text: string) => string {
  const redaction: Redaction = config.embedding?.text.redaction === "pii" ? "pii" : "secrets";
  const mask = createMask(config.secrets);
  return (text) => redact(mask(text), redaction);
}
