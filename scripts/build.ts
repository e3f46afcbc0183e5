import { chmod, cp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { installModel } from "../src/adapters/local-embedder/convert/install-model.ts";
import { PUBLISHED } from "../src/adapters/local-embedder/convert/published-models.ts";
import { runCommand } from "../src/adapters/process/run-command.ts";
import { modelFolder } from "./models/model-folder.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const DIST = join(CHECKOUT, "dist");
/** What is used as it is: by browsers, and beside installed models. */
const ASSETS = ["http/page/assets", "adapters/local-embedder/convert/Apache-2.0.txt"];
const TIMEOUT_MS = 5 * 60_000;
/** The model that the package brings along. */
const PACKED = "all-minilm-l6-v2";

/** A build without network has no model inside, unless REQUIRE_MODEL=true. */
async function packModel(): Promise<void> {
  const say = () => undefined;
  try {
    const from = await installModel(PACKED, PUBLISHED[PACKED], { folder: modelFolder(), say });
    await installModel(PACKED, PUBLISHED[PACKED], { folder: join(DIST, "models"), from, say });
  } catch (error) {
    if (process.env["REQUIRE_MODEL"] === "true") throw error;
    const why = error instanceof Error ? error.message : String(error);
    console.error(`The package has no model inside: ${why.split("\n")[0]}`);
  }
}

await rm(DIST, { recursive: true, force: true });
try {
  const args = ["-p", "tsconfig.build.json"];
  await runCommand({ program: "tsc", args, folder: CHECKOUT, timeoutMs: TIMEOUT_MS });
  for (const asset of ASSETS) {
    await cp(join(CHECKOUT, "src", asset), join(DIST, asset), { recursive: true });
  }
  await packModel();
  // npm does this for an installed package; a container's copy of dist has only this.
  await chmod(join(DIST, "main.js"), 0o755);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
