import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { MODELS, type ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";

export const LOCAL_MODELS = Object.keys(MODELS).filter((name): name is ModelName => name in MODELS);

/** Where model files are; MODEL_DIR moves it out of the checkout. */
export function modelFolder(): string {
  return process.env["MODEL_DIR"] ?? resolve(import.meta.dirname, "../../.models");
}

export function modelFile(model: ModelName): string {
  return join(modelFolder(), `${model}.bin`);
}

/** Why what needs the model is skipped; false where it is there. */
export function skipWithout(model: ModelName): string | false {
  if (existsSync(modelFile(model))) return false;
  return `no model ${model} here: npm run fetch-model -- ${model}`;
}
