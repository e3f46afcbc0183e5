import { existsSync } from "node:fs";
import type { ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";
import * as places from "../../src/adapters/local-embedder/model-places.ts";

/** Where model files are; MODEL_DIR moves it out of the checkout. */
export function modelFolder(): string {
  return process.env["MODEL_DIR"] ?? places.PACKED_DIR;
}

export function modelFile(model: ModelName): string {
  return places.modelFile(model, modelFolder());
}

/** Why what needs the model is skipped; false where it is there. */
export function skipWithout(model: ModelName): string | false {
  if (existsSync(modelFile(model))) return false;
  return `no model ${model} here: npm run fetch-model -- ${model}`;
}
