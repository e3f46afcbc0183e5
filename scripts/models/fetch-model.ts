import { installModel } from "../../src/adapters/local-embedder/convert/install-model.ts";
import {
  MODEL_NAMES,
  PUBLISHED,
} from "../../src/adapters/local-embedder/convert/published-models.ts";
import { modelFolder } from "./model-folder.ts";

const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted.some((name) => !MODEL_NAMES.some((known) => known === name))) {
  console.error(`Usage: npm run fetch-model -- NAME…\nNames: ${MODEL_NAMES.join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    for (const name of MODEL_NAMES.filter((known) => wanted.includes(known))) {
      await installModel(name, PUBLISHED[name], { folder: modelFolder(), say: console.log });
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
