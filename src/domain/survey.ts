import { z } from "zod";

const names = z.array(z.string()).readonly();

/** An index that can be searched and given vectors. */
export const fitIndexShape = z.object({
  index: z.string(),
  uuid: z
    .string()
    .exactOptional()
    .describe("Differs for a later index of the same name; absent where the store has none."),
  traits: z
    .string()
    .exactOptional()
    .describe("Differs once its schema or settings change; absent where the store has none."),
  foreign: z
    .literal(true)
    .exactOptional()
    .describe(
      "Another program made its place for vectors: only a write shows whether it takes one.",
    ),
  mapped: z
    .boolean()
    .describe(
      "false: there is no place for vector and stamp yet (a mapping, a column); it comes with the first write.",
    ),
  search: z.enum(["graph", "exact"]).describe("By graph, or each vector exactly."),
  fields: z
    .object({ message: names, level: names, time: z.string().exactOptional() })
    .exactOptional()
    .describe("Fields of text, level and time in order of precedence."),
  max_hits: z
    .number()
    .exactOptional()
    .describe("Most hits of a search, where that is below the default."),
  marks: z
    .literal("bare")
    .exactOptional()
    .describe("Marks do not say what they rest on until there is a place for it."),
  unsigned: z
    .literal(true)
    .exactOptional()
    .describe("Stamps and marks are unsigned until there is a place for it."),
  ungrouped: z
    .literal(true)
    .exactOptional()
    .describe("Stamps name no group until there is a place for it."),
  unsearchable: z.string().exactOptional().describe("Why its vectors cannot be searched at all."),
});
export type FitIndex = z.infer<typeof fitIndexShape>;

/** An index that gets no vectors, and why. */
export const unfitIndexShape = z.object({
  index: z.string(),
  reason: z.string(),
  fix: z.string().exactOptional().describe("A command or a setting that makes it fit."),
  dimensions: z
    .int()
    .exactOptional()
    .describe("Of its vectors, where they do not match the embedder."),
  intentional: z
    .literal(true)
    .exactOptional()
    .describe(
      "Closed, hidden or blocked on purpose, or without logs: shown, and no alert is sent.",
    ),
});
export type UnfitIndex = z.infer<typeof unfitIndexShape>;

/** The indices that the settings name. */
export type Survey = { fit: FitIndex[]; unfit: UnfitIndex[] };
