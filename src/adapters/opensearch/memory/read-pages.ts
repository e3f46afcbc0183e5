import {
  readPageMark,
  writePageMark,
  type Page,
  type PageQuery,
} from "../../../domain/memory/page.ts";
import type { OwnDocument, OwnIndex } from "./own-index.ts";

type Order = "asc" | "desc";
/** The fields of time and id that documents are ordered by; both are in every document. */
type By = { time: string; id: string };
type Query = Record<string, unknown>;

/** One page in the order of time; `parse` answers undefined for a document that is not of the expected form. */
export async function pageOf<T>(
  index: OwnIndex,
  {
    query,
    by,
    parse,
    page: { limit, from, order },
  }: {
    query: Query;
    by: By;
    parse: (document: OwnDocument) => T | undefined;
    page: PageQuery & { order: Order };
  },
  signal: AbortSignal,
): Promise<Page<T>> {
  const mark = from === undefined ? undefined : readPageMark(from);
  const after = mark && [mark.ms, mark.id];
  // One more than wanted shows whether there is another page.
  const search = { query, sort: sortOf(by, order), size: limit + 1, after };
  const documents = await index.search(search, signal);
  const shown = documents.slice(0, limit);
  const items = shown.map(parse).filter((item) => item !== undefined);
  const last = documents.length > limit ? shown.at(-1) : undefined;
  const next = last && markOf(last, by);
  return {
    items,
    unreadable: shown.length - items.length,
    ...(next === undefined ? {} : { next }),
  };
}

/** All documents of a query in parts, oldest first, as of the last refresh. */
export async function* readAll(
  index: OwnIndex,
  { query, by, size }: { query: Query; by: By; size: number },
  signal: AbortSignal,
): AsyncGenerator<OwnDocument[]> {
  let from: string | undefined;
  do {
    const mark = from === undefined ? undefined : readPageMark(from);
    const after = mark && [mark.ms, mark.id];
    const part = await index.search({ query, sort: sortOf(by, "asc"), size, after }, signal);
    if (part.length > 0) yield part;
    const last = part.length === size ? part.at(-1) : undefined;
    from = last && markOf(last, by);
  } while (from !== undefined);
}

export function sortOf({ time, id }: By, order: Order): Record<string, Order>[] {
  return [{ [time]: order }, { [id]: order }];
}

function markOf({ source }: OwnDocument, { time, id }: By): string | undefined {
  const ms = Date.parse(String(source[time]));
  return Number.isNaN(ms) ? undefined : writePageMark({ ms, id: String(source[id]) });
}
