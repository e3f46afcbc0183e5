import { chmod, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { rollup } from "rollup";
import { z } from "zod";
import { installModel } from "../src/adapters/local-embedder/convert/install-model.ts";
import { PUBLISHED } from "../src/adapters/local-embedder/convert/published-models.ts";
import { runCommand } from "../src/adapters/process/run-command.ts";
import { ensureModel } from "./models/ensure-model.ts";
import { modelFile } from "./models/model-folder.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const DIST = join(CHECKOUT, "dist");
const PACKAGE_JSON = join(CHECKOUT, "package.json");
/** Files that are used as they are: by browsers, and beside installed models. `dist` has them where its modules look: beside. */
const ASSETS = {
  "http/page/assets": "page/assets",
  "adapters/local-embedder/convert/Apache-2.0.txt": "Apache-2.0.txt",
};
/** Smaller ones are joined with others that the same commands load. */
const SMALL_FILE_BYTES = 60_000;
/** What a worker thread loads. */
const THREAD = "adapters/local-embedder/embedding-thread";
const TIMEOUT_MS = 5 * 60_000;
/** The model that the package brings along. */
const PACKED = "all-minilm-l6-v2";

/** A build without network has no model inside, unless REQUIRE_MODEL=true. */
async function packModel(): Promise<void> {
  const missing = await ensureModel(PACKED, { say: console.error });
  if (missing === undefined) {
    const to = { folder: join(DIST, "models"), from: modelFile(PACKED), say: () => undefined };
    await installModel(PACKED, PUBLISHED[PACKED], to);
    return;
  }
  if (process.env["REQUIRE_MODEL"] === "true") throw new Error(missing);
  console.error(`The package has no model inside: ${missing}`);
}

/**
 * Joins the compiled modules into few files: Node takes a quarter of a millisecond for each file that it looks up. Modules
 * that only some commands import stay files of their own, loaded by those commands; dependencies stay packages.
 */
async function joinModules(folder: string): Promise<void> {
  const at = (module: string) => join(folder, `${module}.js`);
  const bundle = await rollup({
    input: { main: at("main"), [basename(THREAD)]: at(THREAD) },
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    plugins: [{ name: "version", resolveId: ofPackageJson, load: loadVersion }],
    onLog(level, { message }) {
      if (level === "warn") throw new Error(message);
    },
  });
  await bundle.write({
    dir: DIST,
    format: "es",
    hoistTransitiveImports: false,
    experimentalMinChunkSize: SMALL_FILE_BYTES,
  });
  await bundle.close();
}

function ofPackageJson(id: string): string | null {
  return basename(id) === "package.json" ? PACKAGE_JSON : null;
}

/** Modules read nothing else of it. */
async function loadVersion(id: string): Promise<string | null> {
  if (id !== PACKAGE_JSON) return null;
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(id, "utf8")));
  return `export default ${JSON.stringify({ version })};`;
}

await rm(DIST, { recursive: true, force: true });
const folder = await mkdtemp(join(tmpdir(), "log-vectorizer-build-"));
try {
  const args = ["-p", "tsconfig.build.json", "--outDir", folder];
  await runCommand({ program: "tsc", args, folder: CHECKOUT, timeoutMs: TIMEOUT_MS });
  await joinModules(folder);
  for (const [asset, place] of Object.entries(ASSETS)) {
    await cp(join(CHECKOUT, "src", asset), join(DIST, place), { recursive: true });
  }
  await packModel();
  // npm does this for an installed package; a container's copy of dist has only this.
  await chmod(join(DIST, "main.js"), 0o755);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
