import { z } from "zod";
import type { Config } from "../../config/config.ts";
import { Fault } from "../../domain/faults.ts";
import { gapsLine } from "../../domain/partial.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { StateStore } from "../../ports/state-store.ts";

const DOCUMENT = "model";
const keptShape = z.object({
  model: z.string(),
  index_pattern: z.string(),
  vector_field: z.string(),
});

type Parts = { store: Pick<RecordStore, "storedModels">; state: Pick<StateStore, "load" | "save"> };

/**
 * The configuration with the model in force: where no setting names it, the store's stamps decide. What was decided last is
 * kept in the state directory, for the time in which the store cannot be asked or not be seen in whole. Throws a Fault where neither knows:
 * no vector may be made by a guess.
 */
export async function decideModel(
  config: Config,
  { store, state }: Parts,
  signal: AbortSignal,
): Promise<Config> {
  const { ofStoredVectors: stored, inForce, logs, vector } = config;
  if (!stored) return config;
  const configOf = (model: string) =>
    model === stored.inForce.model ? { ...config, ...stored } : config;
  const models = [inForce.model, stored.inForce.model];
  const place = { index_pattern: logs.indexPattern, vector_field: vector.field };
  const kept = await readKept(state, place, models);
  try {
    const found = await store.storedModels(models, signal);
    const seen = models.find((model) => found.models.includes(model));
    const unseen = gapsLine(found.gaps);
    if (unseen !== undefined) return configOf(kept ?? seen ?? refuse(unseen));
    const model = seen ?? inForce.model;
    if (model !== kept) await state.save(DOCUMENT, { model, ...place });
    return configOf(model);
  } catch (error) {
    if (!(error instanceof Fault) || kept === undefined) throw error;
    return configOf(kept);
  }
}

async function readKept(
  state: Pick<StateStore, "load">,
  place: Omit<z.infer<typeof keptShape>, "model">,
  models: readonly string[],
): Promise<string | undefined> {
  const { data } = keptShape.safeParse(await state.load(DOCUMENT));
  if (data?.index_pattern !== place.index_pattern) return undefined;
  if (data.vector_field !== place.vector_field) return undefined;
  return models.find((model) => model === data.model);
}

function refuse(unseen: string): never {
  throw new Fault(
    "outage",
    `OpenSearch: which model's vectors are there cannot be seen in whole (${unseen}), and EMBEDDING_MODEL is not set`,
    {
      hint: "Nothing is embedded until they can. To go on without waiting, set EMBEDDING_MODEL to the model that makes them.",
    },
  );
}
