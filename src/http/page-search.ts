import type { FastifyReply } from "fastify";
import { z } from "zod";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { placeIn } from "../domain/reference.ts";
import { SearchRefused } from "../search/search-refused.ts";
import type { Given, SearchView } from "./page/search-view.ts";
import type { HttpParts } from "./parts.ts";
import { filterFrom, filterShape, modeShape, placeShape, textShape } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const searchShape = z.object({ q: textShape, ...modeShape, ...filterShape });
const similarShape = z.object({
  of_index: placeShape.shape.index,
  of_id: placeShape.shape.id,
  of_shard_key: z.string().max(512).optional(),
  /** In addresses that earlier versions made. */
  of_routing: z.string().max(512).optional(),
  ...filterShape,
});

type Asking = { pressed: boolean; reply: FastifyReply };

/** Whether the page's address asks for a search. */
export function isSearch(given: Given): boolean {
  return given["q"] !== undefined || given["of_id"] !== undefined;
}

/** Does the search that the page's address asks for; what cannot be done is said, never thrown, save a bug. */
export function openPageSearch({ search, stop, clock }: HttpParts) {
  const ask = async (given: Given, reply: FastifyReply): Promise<SearchView> => {
    const stops = whileAsked(stop, reply);
    const shape = given["q"] === undefined ? similarShape : searchShape;
    const read = shape.safeParse(given);
    if (!read.success)
      return { given, kind: "refused", message: problemOf(read.error), hint: undefined };
    const filter = filterFrom(read.data, clock.now());
    if (filter.since !== undefined && filter.until !== undefined && filter.since > filter.until) {
      return { given, kind: "refused", message: "Since is later than until", hint: undefined };
    }
    if ("q" in read.data) {
      return {
        given,
        kind: "answer",
        answer: await search.search({ ...filter, text: read.data.q, mode: read.data.mode }, stops),
      };
    }
    const { of_index: index, of_id: id, of_shard_key: shard_key, of_routing: routing } = read.data;
    const of = placeIn({ index, id, shard_key, routing });
    return { given, kind: "answer", answer: await search.similar({ ...filter, of }, stops) };
  };
  return async (given: Given, { pressed, reply }: Asking): Promise<SearchView> => {
    if (!isSearch(given)) return { given, kind: "none" };
    if (!pressed) return { given, kind: "not_begun" };
    try {
      return await ask(given, reply);
    } catch (error) {
      const refused = { given, kind: "refused" as const };
      if (error instanceof SearchRefused) {
        return { ...refused, message: error.message, hint: error.hint };
      }
      if (error instanceof Fault) {
        const { message, kind, hint = FAULT_POLICIES[kind].advice } = error;
        return { ...refused, message, hint };
      }
      throw error;
    }
  };
}

/** Names as they stand above the fields. */
const LABELS: Readonly<Record<string, string>> = {
  min_score: "least score",
  limit: "at most",
  q: "text",
};

function problemOf({ issues: [first] }: z.ZodError): string {
  const field = String(first?.path[0] ?? "");
  return `${LABELS[field] ?? field}: ${first?.message ?? "makes no sense"}`;
}
