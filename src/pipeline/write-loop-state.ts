import { z } from "zod";
import { indexKey } from "../domain/log-record.ts";

/** A vector that was given to a document; times in milliseconds since the epoch. */
export type Written = {
  index: string;
  /** Of the index that it was given in. */
  key: string;
  times: number;
  firstAt: number;
  /** When the document was found without it last. */
  lostAt?: number;
};

const shape = z.object({
  indices: z.array(z.object({ index: z.string(), uuid: z.string().optional() })),
  /** Name, place among the indices, times, first and last time. */
  written: z.array(z.tuple([z.string(), z.int(), z.int(), z.number(), z.number().nullable()])),
});
type Rows = z.infer<typeof shape>;

/** What makes no sense, or was kept by a version that did not tell indices of one name apart, is as good as nothing. */
export function readWritten(value: unknown): [name: string, Written][] {
  const read = shape.safeParse(value);
  if (!read.success) return [];
  const { indices, written } = read.data;
  return written.flatMap(([name, at, times, firstAt, lostAt]): [string, Written][] => {
    const place = indices[at];
    if (!place) return [];
    const { index, uuid: indexUuid } = place;
    const key = indexKey({ index, indexUuid });
    return [[name, { index, key, times, firstAt, ...(lostAt === null ? {} : { lostAt }) }]];
  });
}

/** Each index stands there once. */
export function writtenRows(entries: readonly (readonly [name: string, Written])[]): Rows {
  const places = new Map<string, number>();
  const indices: Rows["indices"] = [];
  const written = entries.map(
    ([name, { index, key, times, firstAt, lostAt }]): Rows["written"][number] => {
      let at = places.get(key);
      if (at === undefined) {
        at = indices.length;
        places.set(key, at);
        const uuid = key.slice(index.length + 1);
        indices.push({ index, ...(uuid === "" ? {} : { uuid }) });
      }
      return [name, at, times, firstAt, lostAt ?? null];
    },
  );
  return { indices, written };
}
