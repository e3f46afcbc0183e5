// Plain JavaScript: it runs before Node 24 is there, looks at all that is needed, and only then installs anything.
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { ask } from "./ask.mjs";
import { isOnPath, lookAround, readSystem } from "./look.mjs";
import {
  cannotRun,
  cannotStartServers,
  missingLine,
  missingPackages,
  packagesWillDo,
} from "./needs.mjs";
import { readOptions, takenByNpm, USAGE } from "./options.mjs";
import { runToEnd } from "./run-to-end.mjs";

const SCRIPTS = dirname(dirname(fileURLToPath(import.meta.url)));
const CHECKOUT = dirname(SCRIPTS);

const say = (/** @type {string} */ line) => console.log(line);

/**
 * Returns the exit code: 0 where the trial came to its end, 1 where something failed or is missing, 2 for wrong options.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function startQuickstart(args) {
  const { env } = process;
  const taken = takenByNpm(env);
  const read =
    taken.length > 0
      ? { problem: `npm took ${taken.join(" and ")} for an option of its own: write -- before it.` }
      : readOptions(args, env["INIT_CWD"] ?? process.cwd());
  if ("help" in read) {
    say(USAGE);
    return 0;
  }
  if ("problem" in read) {
    console.error(`${read.problem}\n\n${USAGE}`);
    return 2;
  }
  const unreadable = read.files.map(whyUnreadable).filter((why) => why !== undefined);
  if (unreadable.length > 0) {
    console.error(unreadable.join("\n"));
    return 1;
  }
  const mode = await chooseServers(read);
  if (typeof mode === "number") return mode;
  const installed = await runToEnd(process.execPath, [join(SCRIPTS, "install.mjs")], {
    apart: true,
  });
  if (installed !== 0) return installed;
  const local = join(CHECKOUT, "node_modules/.bin/node");
  const node = existsSync(local) ? local : process.execPath;
  const fits = await runToEnd(node, [join(SCRIPTS, "need-node-24.mjs")]);
  if (fits !== 0) return fits;
  const inMemory = mode === "memory" && !read.inMemory ? ["--in-memory"] : [];
  const passed = args.filter((arg) => arg !== "--install" && arg !== "--yes");
  return runToEnd(node, [join(SCRIPTS, "quickstart.ts"), ...inMemory, ...passed]);
}

/**
 * Says what is missing, and installs it where that is possible and wanted. A number: the exit code, for nothing can be
 * shown here.
 *
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<"servers" | "memory" | number>}
 */
async function chooseServers({ install, inMemory }) {
  const where = { checkout: CHECKOUT, env: process.env, servers: !inMemory };
  let seen = await lookAround(where);
  const system = readSystem();
  const vital = cannotRun(seen);
  const wanting = inMemory ? [] : cannotStartServers(seen);
  const packages = missingPackages(seen, system);
  const tell = vital.length > 0 ? console.error : console.log;
  if (wanting.length > 0) {
    tell(missingLine(packages, system));
    tell("\nA real OpenSearch and Kafka need either\n");
    wanting.forEach((one, at) => tell(`  ${at === 0 ? "" : at === 1 ? "or " : "and "}${one}`));
  }
  if (vital.length > 0) {
    tell("\nWithout these the quickstart can show nothing, so nothing was installed:");
    for (const one of vital) tell(`  ${one}`);
    return 1;
  }
  if (wanting.length === 0) return inMemory ? "memory" : "servers";
  if (packagesWillDo(seen) && (await mayInstall({ install, system, packages }))) {
    if (!(await installPackages(packages))) say("\napt-get failed: its report stands above.");
    seen = await lookAround(where);
    const still = cannotStartServers(seen);
    if (still.length === 0) return "servers";
    for (const one of still.slice(1)) say(`Still missing: ${one}`);
  }
  say("\nThis run does without them: it holds the logs in this process's memory.");
  return "memory";
}

/**
 * @param {{ install: boolean, system: import("./needs.mjs").System, packages: string[] }} offer
 * @returns {Promise<boolean>}
 */
async function mayInstall({ install, system, packages }) {
  const canInstall =
    system.packages === "apt" && system.isRoot && (await isOnPath("apt-get", process.env));
  if (!canInstall) {
    if (install)
      say("\n--install can do nothing here: it needs root and apt-get (Debian, Ubuntu).");
    return false;
  }
  if (install) return true;
  if (process.stdin.isTTY && process.stdout.isTTY) {
    return ask(`\nInstall ${packages.join(" and ")} now? [y/N] `, process);
  }
  say("\nTo have these installed: npm run quickstart -- --install");
  return false;
}

/** @param {string[]} packages */
async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Old lists may do; a mirror that is down for a moment is no reason to give up.
  await runToEnd("apt-get", ["update", "-q"], { env });
  const args = ["install", "-yq", "--no-install-recommends", ...packages];
  return (await runToEnd("apt-get", args, { env })) === 0;
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function whyUnreadable(path) {
  const shown = relative(process.cwd(), path).startsWith("..")
    ? path
    : relative(process.cwd(), path);
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isDirectory() ? `${shown} is a folder: name the files in it.` : undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why = code === "ENOENT" ? "there is no such file" : String(error);
    return `${shown} cannot be read: ${why}.`;
  }
}
