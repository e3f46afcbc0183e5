import { z } from "zod";
import { otherModelsShape } from "../domain/other-models.ts";
import { OUTCOMES } from "../domain/outcome.ts";
import { gapsShape } from "../domain/partial.ts";
import { embeddingShape } from "../domain/summary.ts";
import { FOUND_BY } from "./fuse.ts";
import { SEARCH_MODES } from "./query-words.ts";

const count = z.int().nonnegative();
const nullable = z.string().nullable();

/** A record. `shard_key`: what the store needs to find it beside its id; null for most. */
const recordShape = z.object({
  index: z.string(),
  id: z.string(),
  shard_key: nullable,
  timestamp: nullable,
  level: nullable,
  message: z.string().describe("Secrets are replaced; cut where it is long."),
  message_truncated: z.boolean(),
});

/** What `GET /api/v1/logs/:index/:id` answers. */
export const recordAnswerShape = recordShape.extend({ trace_id: nullable });
export type RecordAnswer = z.infer<typeof recordAnswerShape>;

const foundBy = z.array(z.enum(FOUND_BY));

const hitShape = recordShape.extend({
  score: z
    .number()
    .nullable()
    .describe("Cosine similarity, -1 to 1; null where the record was not compared by its vector."),
  vectorized: z.boolean().describe("The record has a vector of the model."),
  found_by: foundBy.describe("What found it."),
  count: count.describe("Records with the texts of this hit, under the filters."),
  first_seen: nullable,
  last_seen: nullable,
  service: nullable,
  group: nullable.describe("The error that its stamp names, for `groups show`; null for none."),
});
/** Records of one error; the fields are those of the nearest. */
export type SearchHit = z.infer<typeof hitShape>;

/** What `search` and `similar` print with `--json`, and their routes answer. Times are ISO 8601, UTC. */
export const searchAnswerShape = z.object({
  query: z.object({
    text: z.string().describe("As it was compared: redacted, and as a template where that is set."),
    must_have: z
      .array(z.string())
      .describe("Parts in double quotes, which are in every hit's text."),
    truncated: z.boolean().describe("Only the head of the text was embedded."),
    index: nullable.describe("Of the record of a `similar` search; null for a text."),
    id: nullable,
  }),
  mode: z
    .enum(SEARCH_MODES)
    .describe("As it was asked for: words (BM25), meaning (vectors), or both, merged by rank."),
  searched_by: foundBy.describe("What answered."),
  not_searched_by: z
    .array(z.object({ by: z.enum(FOUND_BY), reason: z.string() }))
    .describe("What failed while the other one answered: the hits are not all."),
  model: z.string(),
  dimensions: count,
  hits: z.array(hitShape).describe("Best first; each is one error."),
  more: z.boolean(),
  searched: z.object({
    indices: count,
    records: count
      .nullable()
      .describe(
        "With a vector of the model, under the filters; null by words alone, and where not all were visible.",
      ),
    without_graph: z
      .object({ indices: count, records: count, compared: count })
      .nullable()
      .describe(
        "Indices without a graph, where only the newest records are compared; null where all have one.",
      ),
  }),
  other_models: z
    .array(z.object({ model: nullable, records: count }))
    .describe(
      "Records with vectors of another or an unknown (null) model, which are not compared.",
    ),
  nothing_comparable: otherModelsShape
    .nullable()
    .describe("Where all vectors are of other models: what new ones cost, over all indices."),
  left_out: z
    .array(
      z.object({
        index: z.string(),
        reason: z.string(),
        dimensions: count.exactOptional().describe("Of its vectors, where they are the reason."),
        by: z
          .enum(FOUND_BY)
          .exactOptional()
          .describe("It was not searched by this alone; absent: by nothing."),
      }),
    )
    .describe("Indices that could not be searched."),
  gaps: gapsShape.describe("Parts of the searched indices that did not answer."),
  embedding: embeddingShape,
  stored: z
    .enum(OUTCOMES)
    .nullable()
    .describe("Outcome of a record that had no vector; null where it was not to get one."),
  duration_ms: z.number(),
});
export type SearchAnswer = z.infer<typeof searchAnswerShape>;
export type LeftOut = SearchAnswer["left_out"][number];
