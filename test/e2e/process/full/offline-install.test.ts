import assert from "node:assert/strict";
import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { modelFolder, skipWithout } from "../../../../scripts/models/model-folder.ts";
import { runCommand } from "../../../../src/adapters/process/run-command.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";
import {
  runWithoutNetwork,
  skipWithNetworkOnly,
} from "../../../support/commands/without-network.ts";
import { errorLog, newestOpenSearch } from "../../../support/servers/open-search-fixture.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../../..");
const MODEL = "all-minilm-l6-v2";
const TIMEOUT_MS = 10 * 60_000;
const SOURCES = ["package.json", "tsconfig.json", "tsconfig.build.json", "scripts", "src"];
const MESSAGES = ["No space left on device", "Certificate for api.example.com has expired"];

/** This Node first, for npm's scripts too. */
const ENV = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };

/** Builds a copy of the checkout, so that its own `dist` stays, and packs it; the package's path. */
async function packed(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const name of SOURCES) {
    await cp(join(CHECKOUT, name), join(folder, name), { recursive: true });
  }
  const modules = join(CHECKOUT, "node_modules");
  await symlink(modules, join(folder, "node_modules"));
  const env = {
    ...ENV,
    PATH: `${join(modules, ".bin")}:${ENV.PATH}`,
    REQUIRE_MODEL: "true",
    MODEL_DIR: modelFolder(),
  };
  const step = { folder, env, timeoutMs: TIMEOUT_MS };
  await runCommand({ ...step, program: process.execPath, args: ["scripts/build.ts"] });
  // Without its scripts: one of them installs, and would empty the folder that the link leads to.
  await runCommand({ ...step, program: "npm", args: ["pack", "--silent", "--ignore-scripts"] });
  const file = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  assert.ok(file !== undefined);
  return join(folder, file);
}

const skip = skipWithout(MODEL) || skipWithNetworkOnly();

test(
  "the package, installed from its file and npm's cache, embeds where there is no network",
  { skip },
  async (t) => {
    const fixture = await newestOpenSearch(t);
    const server = new URL(fixture.url);
    const index = fixture.name("offline");
    await fixture.create(index);
    await fixture.fill(index, MESSAGES.map(errorLog));

    const file = await packed(t);
    const root = await temporaryFolder(t);
    const install = (folder: string, ...more: string[]) => {
      const where = ["--prefix", join(root, folder), "--cache", join(root, "cache")];
      return ["install", "--silent", "--global", ...where, ...more, file];
    };
    await mkdir(join(root, "home"));
    // What is carried to the machine without a network: the package, and npm's cache of its dependencies.
    const online = { program: "npm", args: install("online"), env: ENV };
    await runCommand({ ...online, folder: root, timeoutMs: TIMEOUT_MS });
    const offline = { folder: root, server };
    await runWithoutNetwork(t, {
      ...offline,
      program: "npm",
      args: install("offline", "--offline"),
      env: ENV,
    });

    const installed = join(root, "offline/bin/log-vectorizer");
    const env = {
      ...fixture.env,
      PATH: ENV.PATH,
      HOME: join(root, "home"),
      STATE_DIR: join(root, "state"),
      EMBEDDING_MODEL: MODEL,
      EMBEDDING_DIMENSIONS: undefined,
      HTTP_PORT: "0",
      LOG_FILE: "",
    };
    await runWithoutNetwork(t, { ...offline, program: installed, args: ["--once"], env });

    const written = [...(await fixture.documents(index)).values()].map(({ source }) => source);
    assert.equal(written.length, MESSAGES.length);
    for (const { log_vector: vector, log_vector_meta: meta } of written) {
      assert.partialDeepStrictEqual(meta, { model: "all-minilm-l6-v2-int8@1", dimensions: 384 });
      assert.equal(Array.isArray(vector) && vector.length, 384);
    }
  },
);
