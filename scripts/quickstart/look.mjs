// Plain JavaScript: it looks before Node 24 is installed.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

import { dependenciesAreCurrent } from "../dependencies.mjs";
import { findEngine } from "../local-servers/engine.mjs";
import {
  folderOf,
  jarFolder,
  KAFKA_SET,
  openSearchSet,
  runnableVersions,
} from "../local-servers/jar-sets.mjs";
import { findJdks, jdkFolders } from "../local-servers/jdk.mjs";
import { systemOf } from "./needs.mjs";

const REGISTRY_TIMEOUT_MS = 20_000;
const run = promisify(execFile);

/** @typedef {{ checkout: string, env: NodeJS.ProcessEnv }} Where */

/**
 * Looks at all that a quickstart needs; changes nothing. `servers` false: only at what it needs without any.
 *
 * @param {Where & { servers: boolean }} where
 * @returns {Promise<import("./needs.mjs").Seen>}
 */
export async function lookAround({ checkout, env, servers }) {
  const dependencies = dependenciesAreCurrent(checkout);
  const [npm, maven, jdks, engine] = await Promise.all([
    isOnPath("npm", env),
    isOnPath("mvn", env),
    servers ? findJdks(env) : [],
    servers ? findEngine({ env }) : /** @type {const} */ ("no client"),
  ]);
  const registry = npm && !dependencies ? await registryProblem(checkout, env) : undefined;
  const jdkPlaces = [...(env["JAVA_HOME"] ? ["JAVA_HOME"] : []), ...jdkFolders(env), "the PATH"];
  return {
    dependencies,
    npm,
    ...(registry === undefined ? {} : { registry }),
    engine,
    maven,
    jdks,
    lookedForJdks: jdkPlaces,
    jars: haveJars(jdks, env),
    disks: [checkout, jarFolder(env), tmpdir()].map(roomIn),
  };
}

/** @returns {import("./needs.mjs").System} */
export function readSystem() {
  const file = ["/etc/os-release", "/usr/lib/os-release"].find((path) => existsSync(path));
  return systemOf({
    osRelease: file === undefined ? "" : readFileSync(file, "utf8"),
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
  });
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
export async function isOnPath(program, env) {
  const names = process.platform === "win32" ? [`${program}.cmd`, `${program}.exe`] : [program];
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return true;
    }
  }
  return false;
}

/**
 * Asks by npm itself, which knows of proxies and mirrors.
 *
 * @param {string} checkout
 * @param {NodeJS.ProcessEnv} env
 */
async function registryProblem(checkout, env) {
  const args = ["view", "zod", "version", "--fetch-retries=0", "--fetch-timeout=15000"];
  const options = {
    cwd: checkout,
    env,
    timeout: REGISTRY_TIMEOUT_MS,
    shell: process.platform === "win32",
  };
  try {
    await run("npm", args, options);
    return undefined;
  } catch (error) {
    const printed = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    const [why = ""] = /^npm (?:ERR!|error) (?!code|errno|syscall).*$/m.exec(printed) ?? [];
    const said = why.replace(/^npm \S+ /, "") || "no answer";
    return `npm cannot reach it (${said}); see "npm config get registry" and your proxy`;
  }
}

/**
 * @param {readonly import("../local-servers/jdk.mjs").Jdk[]} jdks
 * @param {NodeJS.ProcessEnv} env
 */
function haveJars(jdks, env) {
  const [version] = runnableVersions(jdks);
  if (version === undefined) return false;
  return [openSearchSet(version), KAFKA_SET].every((set) => existsSync(folderOf(set, env)));
}

/**
 * The free room where a folder is, or will be.
 *
 * @param {string} folder
 */
function roomIn(folder) {
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  return { folder, freeMegabytes: Math.floor((bavail * bsize) / 1_000_000) };
}
