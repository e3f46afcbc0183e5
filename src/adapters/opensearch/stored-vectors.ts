import { z } from "zod";
import { isObject, readPath } from "../../domain/document.ts";
import { joinGaps, type Gap } from "../../domain/partial.ts";
import type { FoundVectors, VectorsQuery } from "../../ports/vector-index.ts";
import { readVector } from "../http/read-vector.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { documentShape } from "./hits.ts";
import { groupByPart, hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import type { VectorFields } from "./queries.ts";
import { withoutOwnIndices } from "./memory/own-indices.ts";
import { completenessShape, COUNT_ONLY, gapsIn } from "./partial-answer.ts";
import { searchGroups, searchTimeout } from "./search-groups.ts";
import type { Api } from "./api.ts";

/** 1536 dimensions are 17 KB of JSON each; this bounds an answer. */
const HASHES_PER_REQUEST = 100;

const answerShape = completenessShape.extend({
  hits: z.object({ hits: z.array(documentShape.pick({ _source: true })) }),
});

/**
 * One vector per text hash, of the model and dimensions and with a valid stamp, as of the last refresh. Throws a Fault.
 */
export async function findStoredVectors(
  api: IsolatingApi,
  { textHashes, model, dimensions, signer }: VectorsQuery,
  { shapes, fields }: { shapes: readonly IndexShape[]; fields: VectorFields },
  signal: AbortSignal,
): Promise<FoundVectors> {
  const found: FoundVectors = new Map();
  let gaps: Gap[] = [];
  const usable = shapes.filter(
    ({ mapped, hashIsKeyword, seals }) => mapped && hashIsKeyword && seals,
  );
  if (usable.length === 0) return found;
  const groups = groupByPart(usable);
  const atOnce = hitsAtMost(usable, HASHES_PER_REQUEST);
  for (let start = 0; start < textHashes.length; start += atOnce) {
    const hashes = textHashes.slice(start, start + atOnce);
    const body = searchBody({ textHashes: hashes, model, dimensions, signer }, fields);
    const asked = await searchGroups(api, groups, () => body, answerShape, signal);
    gaps = joinGaps(gaps, asked.gaps);
    for (const { _source: source } of asked.answers.flatMap(({ hits }) => hits.hits)) {
      const stamp = source[fields.metaField];
      if (!isObject(stamp)) continue;
      const { text_hash: hash, truncated } = stamp;
      const vector = readVector(readPath(source, fields.vectorField));
      if (typeof hash !== "string" || !vector || !signer.holds(stamp, vector)) continue;
      found.set(hash, { vector, truncated: truncated === true });
    }
  }
  // Not enumerable, so the result still compares as a plain Map.
  if (gaps.length > 0) Object.defineProperty(found, "gaps", { value: gaps });
  return found;
}

function searchBody(
  { textHashes, model, dimensions, signer }: VectorsQuery,
  { vectorField, metaField }: VectorFields,
): Query {
  const hash = `${metaField}.text_hash`;
  return {
    size: textHashes.length,
    track_total_hits: false,
    _source: { includes: [vectorField, metaField] },
    query: {
      bool: {
        filter: [
          { terms: { [hash]: textHashes } },
          { term: { [`${metaField}.model`]: model } },
          { term: { [`${metaField}.dimensions`]: dimensions } },
          { term: { [`${metaField}.key`]: signer.key } },
          { exists: { field: vectorField } },
        ],
      },
    },
    collapse: { field: hash },
  };
}

const modelShape = completenessShape.extend({
  hits: z.object({ hits: z.array(z.unknown()) }),
});

/**
 * Which of these models stamps name, over all open indices behind the pattern: one search a model that ends with the first
 * hit of each shard. It needs no survey, because the survey asks for the model's dimensions. Throws a Fault.
 */
export async function findStoredModels(
  api: Api,
  models: readonly string[],
  { indexPattern, metaField }: { indexPattern: string; metaField: string },
  signal: AbortSignal,
): Promise<{ models: string[]; gaps: readonly Gap[] }> {
  const found: string[] = [];
  let gaps: Gap[] = [];
  await Promise.all(
    models.map(async (model) => {
      const answer = await api.send(
        {
          method: "POST",
          path: `/${encodeURIComponent(withoutOwnIndices(indexPattern))}/_search`,
          query: { ignore_unavailable: true, allow_no_indices: true, expand_wildcards: "open" },
          body: {
            ...COUNT_ONLY,
            ...searchTimeout(api),
            track_total_hits: false,
            terminate_after: 1,
            query: { bool: { filter: [stampedBy(model, metaField)] } },
          },
        },
        modelShape,
        signal,
      );
      if (answer.hits.hits.length > 0) found.push(model);
      gaps = joinGaps(gaps, gapsIn(answer, { indices: [indexPattern], endsEarly: true }));
    }),
  );
  return { models: found, gaps };
}

/** Where a mapping was made without this service, the name may be a keyword only in the sub-field. */
function stampedBy(model: string, metaField: string) {
  const fields = [`${metaField}.model`, `${metaField}.model.keyword`];
  return {
    bool: {
      should: fields.map((field) => ({ term: { [field]: model } })),
      minimum_should_match: 1,
    },
  };
}
