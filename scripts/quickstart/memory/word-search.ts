import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import type { FoundByWords, WordsQuery } from "../../../src/ports/record-store.ts";
import { bm25 } from "./bm25.ts";
import { gapsOf, later, passes } from "./vector-search.ts";

type Searched = {
  partial?: string;
  /** Records of the wanted levels, or with a vector, that search sees. */
  records: LogRecord[];
};

/** Looks through every text. */
export function createWordSearch(read: (index: string) => Searched) {
  return ({ indices, filter, excludeKeys, ...query }: WordsQuery): FoundByWords => {
    const records = indices.flatMap((index) => read(index).records);
    const excluded = new Set(excludeKeys);
    const scores = bm25(
      records.map(({ text }) => text),
      query.words,
    );
    const hits = records
      .map((record, i) => ({ record, score: scores[i] ?? -Infinity }))
      .filter(({ score }) => score > -Infinity)
      .filter(({ record }) => passes({ record }, filter) && !excluded.has(recordKey(record)))
      .filter(({ record: { stamp = {} } }) => {
        return !query.excludeHashes.includes(String(stamp["text_hash"]));
      })
      .toSorted((a, b) => b.score - a.score || later(a.record, b.record));
    return {
      hits: hits.slice(0, query.limit),
      more: hits.length >= query.limit,
      leftOut: [],
      gaps: indices.flatMap((index) => gapsOf(index, read(index))),
    };
  };
}
