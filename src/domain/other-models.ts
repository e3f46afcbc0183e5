import { z } from "zod";
import { count, firstOf } from "./count.ts";
import type { IndexCoverage, ModelRecords } from "./coverage.ts";
import type { VectorModel } from "./stamp.ts";
import type { UnfitIndex } from "./survey.ts";

export const REEMBED = "log-vectorizer reembed";

export const estimateShape = z.object({
  tokens: z.int().nonnegative(),
  cost_usd: z.number().nullable().describe("null where the price is unknown."),
});

/** Records with vectors of another model, which search does not compare, and the cost of new ones. */
export const otherModelsShape = z.object({
  records: z.int().nonnegative(),
  models: z
    .array(
      z.object({
        model: z.string().nullable(),
        dimensions: z.int().nonnegative().nullable(),
        records: z.int().nonnegative(),
      }),
    )
    .readonly()
    .describe("Most records first; null: the stamp does not say."),
  estimate: estimateShape
    .nullable()
    .describe("From a sample, equal texts counted each time; null without a sample."),
  command: z.literal(REEMBED),
});
export type OtherModels = z.infer<typeof otherModelsShape>;

/** null where every vector is of the model in force. Throws no Fault. */
export type ReadOtherModels = (
  rows: readonly IndexCoverage[],
  signal: AbortSignal,
) => Promise<OtherModels | null>;

/** One line: how many, of which models, the cost of new ones, and the command. */
export function otherModelsLine({ records, models, estimate }: OtherModels): string {
  const carry = `${count(records, "record")} ${records === 1 ? "carries a vector" : "carry vectors"}`;
  const cost = estimate === null ? "" : `; ${estimateWords(estimate)}`;
  return `${carry} of another model (${modelNames(models)}), which search does not compare${cost}. Make new ones: ${REEMBED}`;
}

/** "local-hashing-v1, ada with 256 dimensions and 2 more". */
function modelNames(models: readonly Pick<ModelRecords, "model" | "dimensions">[]): string {
  const twice = new Set(models.map(({ model }) => model)).size < models.length;
  const names = models.map(({ model, dimensions }) => {
    if (model === null) return "an unknown model";
    return twice && dimensions !== null ? `${model} with ${count(dimensions, "dimension")}` : model;
  });
  return firstOf(names);
}

/** "about 3104 tokens, at most $0.000404". */
export function estimateWords({
  tokens,
  cost_usd: cost,
}: {
  tokens: number;
  cost_usd: number | null;
}): string {
  const money =
    cost === null ? "price unknown" : cost === 0 ? "at no cost" : `at most ${sum(cost)}`;
  return `about ${count(tokens, "token")}, ${money}`;
}

/** Small sums need their small digits. */
function sum(usd: number): string {
  return `$${usd.toFixed(usd < 0.01 ? 6 : 2)}`;
}

/**
 * How the model was chosen: by its name in the settings, as the provider's default, for a length (EMBEDDING_DIMENSIONS) that
 * the default cannot make, or because the store has vectors of it and none of the default.
 */
export const CHOSEN_BY = ["settings", "default", "dimensions", "stored_vectors"] as const;

export type ModelInForce = VectorModel & {
  /** The only number of dimensions that the model makes; `dimensions` is more where zeros are appended. Absent: not known. */
  ownDimensions?: number;
  /** Absent: not known here. */
  chosenBy?: (typeof CHOSEN_BY)[number];
  /** What the local embedder takes by default, by its name in EMBEDDING_MODEL. Absent: that is set, or the provider is another one. */
  localDefault?: { name: string; dimensions: number };
};

/** Where hashing makes the vectors though no setting names it: why, what that means, and what to do. Undefined elsewhere. */
export function unnamedHashing({
  model,
  dimensions,
  chosenBy,
  localDefault,
}: ModelInForce): { detail: string; impact: string; action: string } | undefined {
  if (!localDefault || (chosenBy !== "dimensions" && chosenBy !== "stored_vectors"))
    return undefined;
  const { name } = localDefault;
  const why =
    chosenBy === "stored_vectors"
      ? `there are vectors of hashing (${model}) and none of ${name}, the default: this installation goes on with hashing`
      : `${name}, the default, cannot make vectors of length ${dimensions} (EMBEDDING_DIMENSIONS): hashing makes them`;
  return {
    detail: `EMBEDDING_MODEL is not set, and ${why}`,
    impact: "search compares wording, not meaning",
    action:
      `To search by meaning, set EMBEDDING_MODEL=${name}${lengthSettings(dimensions, localDefault)}, then run ${REEMBED}. ` +
      "To keep hashing without this notice, set EMBEDDING_MODEL=hashing.",
  };
}

/** What goes beside EMBEDDING_MODEL so that fields mapped for `length` take the vectors of that model. */
function lengthSettings(length: number, { dimensions: own }: { dimensions: number }): string {
  if (length === own) return "";
  if (length < own) return " and VECTOR_FIELD to a second field";
  return `, EMBEDDING_DIMENSIONS=${length} and LOCAL_PAD=true (zeros are appended, scores stay the same)`;
}

/** What to set for an index mapped for vectors of another length: the end of a sentence that begins with "set". */
export function settingsForLength(
  length: number,
  {
    ownDimensions: own,
    ...chosen
  }: Pick<ModelInForce, "ownDimensions" | "chosenBy" | "localDefault">,
): string {
  const isUnnamed = chosen.chosenBy === "default" && chosen.localDefault !== undefined;
  const hashing = isUnnamed ? ", or EMBEDDING_MODEL=hashing (any length, compares wording)" : "";
  const second = `VECTOR_FIELD to a second field${hashing}`;
  if (own === undefined) {
    return `EMBEDDING_DIMENSIONS=${length} where the model can make as many, or ${second}`;
  }
  if (length < own) return second;
  if (length === own) return `EMBEDDING_DIMENSIONS=${length}, or ${second}`;
  return `EMBEDDING_DIMENSIONS=${length} and LOCAL_PAD=true (zeros are appended, scores stay the same), or ${second}`;
}

/** One line about indices mapped for other dimensions than the model's; undefined where there are none. */
export function otherDimensionsLine(
  unfit: readonly Pick<UnfitIndex, "index" | "dimensions">[],
  inForce: ModelInForce,
): string | undefined {
  const those = unfit.filter((one) => one.dimensions !== undefined);
  const [first] = those;
  if (!first) return undefined;
  const lengths = [...new Set(those.map((one) => one.dimensions))].join(" or ");
  const names = those.map(({ index }) => index);
  const are = those.length > 1 ? "are" : "is";
  const { model, dimensions, ownDimensions } = inForce;
  const but =
    dimensions === ownDimensions
      ? `${model} makes vectors of length ${dimensions}`
      : `EMBEDDING_DIMENSIONS is ${dimensions} (${model})`;
  return (
    `${firstOf(names, 1)} ${are} mapped for vectors of length ${lengths}, but ${but}: nothing there is searched, embedded or ` +
    `paid for. Set ${settingsForLength(first.dimensions ?? dimensions, inForce)}, or reindex into an index made after init, ` +
    "without the vectors (check shows the request)"
  );
}
