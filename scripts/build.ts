import { chmod, cp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { runCommand } from "../src/adapters/process/run-command.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const DIST = join(CHECKOUT, "dist");
/** What browsers get as it is. */
const ASSETS = "src/http/page/assets";
const TIMEOUT_MS = 5 * 60_000;

await rm(DIST, { recursive: true, force: true });
try {
  const args = ["-p", "tsconfig.build.json"];
  await runCommand({ program: "tsc", args, folder: CHECKOUT, timeoutMs: TIMEOUT_MS });
  await cp(join(CHECKOUT, ASSETS), join(DIST, ASSETS.replace(/^src\//, "")), { recursive: true });
  // npm does this for an installed package; a container's copy of dist has only this.
  await chmod(join(DIST, "main.js"), 0o755);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
