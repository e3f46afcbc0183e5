import { access, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { folderOf, jarFolder, type NamedSet } from "./jar-sets.mjs";
import type { Jdk } from "./jdk.mjs";
import { runCommand } from "../../src/adapters/process/run-command.ts";

const MAVEN_TIMEOUT_MS = 15 * 60_000;

export type JarSet = NamedSet & {
  mavenArgs: readonly string[];
  jdk: Jdk;
  /** Finishes the set in its draft folder; jars lie under `lib`. */
  unpack?(draft: string): Promise<void>;
  signal?: AbortSignal;
};

/** Fetches a set of jars unless it is there, and returns its folder. Safe in several processes at once. */
export async function provideJars(set: JarSet): Promise<string> {
  const home = jarFolder();
  const folder = folderOf(set);
  if (await isThere(folder)) return folder;
  await mkdir(home, { recursive: true });
  await removeDrafts(home);
  const draft = await mkdtemp(join(home, `draft-${process.pid}-`));
  try {
    await fetchJars(set, join(draft, "lib"));
    await set.unpack?.(draft);
    await rename(draft, folder);
  } catch (error) {
    // Another process may have finished the same set first.
    if (!(await isThere(folder))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function fetchJars(set: JarSet, target: string): Promise<void> {
  const args = ["-q", "-B", "-f", set.pom, ...set.mavenArgs, "dependency:copy-dependencies"];
  try {
    await runCommand({
      program: "mvn",
      args: [...args, `-DoutputDirectory=${target}`, "-DincludeScope=runtime"],
      folder: dirname(set.pom),
      env: { ...process.env, JAVA_HOME: set.jdk.home, MAVEN_OPTS: mavenOptions() },
      timeoutMs: MAVEN_TIMEOUT_MS,
      ...(set.signal ? { signal: set.signal } : {}),
    });
  } catch (error) {
    set.signal?.throwIfAborted();
    if (!String(error).includes("ENOENT")) {
      throw new Error(
        `Maven could not fetch ${set.name}, so it cannot be started. Often Maven's repository or a proxy cannot be ` +
          `reached, or the disk is full; its report:\n${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
    throw new Error(
      `Maven is missing: no "mvn" on the PATH. ${howToInstall("maven", "Maven from https://maven.apache.org")}`,
      { cause: error },
    );
  }
}

/** Java would leave a folder for its counters in /tmp, whatever its temporary folder is. */
export const NO_COUNTERS = "-XX:-UsePerfData";

function mavenOptions(): string {
  return `${process.env["MAVEN_OPTS"] ?? ""} ${NO_COUNTERS}`.trim();
}

/** One sentence on how to get a package. */
export function howToInstall(debianPackage: string, elsewhere: string): string {
  return `On Debian or Ubuntu: apt-get install ${debianPackage}; elsewhere: ${elsewhere}.`;
}

/** What a process left behind that was killed while it fetched. */
async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const pid = /^draft-(\d+)-/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(home, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !String(error).includes("ESRCH");
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
