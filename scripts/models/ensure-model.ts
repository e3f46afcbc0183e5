import { installModel } from "../../src/adapters/local-embedder/convert/install-model.ts";
import { PUBLISHED } from "../../src/adapters/local-embedder/convert/published-models.ts";
import type { ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";
import { holds } from "../../src/adapters/local-embedder/model-places.ts";
import { Fault } from "../../src/domain/faults.ts";
import { modelFile, modelFolder } from "./model-folder.ts";

type Options = {
  /** Gets a line at each step of a download; none where the model is there. */
  say(line: string): void;
  /** The archive or a model file, carried here by hand. */
  from?: string | undefined;
  signal?: AbortSignal;
};

/**
 * Puts the model into the checkout where it is missing, by Maven or pip. Returns why it is not there, in one line that says how to
 * carry it by hand; undefined where it is.
 */
export async function ensureModel(model: ModelName, options: Options): Promise<string | undefined> {
  const published = PUBLISHED[model];
  try {
    if (await holds(modelFile(model), published.file)) return undefined;
    await installModel(model, published, { folder: modelFolder(), ...options });
    return undefined;
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof Fault)) throw error;
    const [why = ""] = error.message.split("\n");
    return `${why.replace(/\.?$/, ".")} By hand: download ${published.address} and run npm run fetch-model -- ${model} --from FILE`;
  }
}
