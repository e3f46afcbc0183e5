// Plain JavaScript: the quickstart looks for a JDK before Node 24 is installed.
import { access, readdir, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

/** @typedef {{ home: string, major: number }} Jdk */

/** What OpenSearch 2.19 and Kafka run on. */
export const OLDEST_JDK = 17;
/** What OpenSearch 3 runs on. */
export const JDK_OF_OPENSEARCH_3 = 21;

/**
 * Folders that hold JDKs. LOCAL_SERVERS_JDKS names others, separated as on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function jdkFolders(env) {
  const named = env["LOCAL_SERVERS_JDKS"];
  if (named !== undefined) return named.split(delimiter).filter((folder) => folder !== "");
  return ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"];
}

/**
 * Every JDK (not mere runtime) that JAVA_HOME, the usual folders and the PATH lead to, lowest version first.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Jdk[]>}
 */
export async function findJdks(env = process.env) {
  const homes = new Set(env["JAVA_HOME"] ? [env["JAVA_HOME"]] : []);
  for (const folder of jdkFolders(env)) {
    for (const name of await readdir(folder).catch(() => [])) {
      homes.add(join(folder, name));
      // On macOS a JDK is a bundle.
      homes.add(join(folder, name, "Contents/Home"));
    }
  }
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const java = await realpath(join(folder, "java")).catch(() => undefined);
    if (java) homes.add(dirname(dirname(java)));
  }
  // Distributions link one installation under several names.
  const real = await Promise.all([...homes].map((home) => realpath(home).catch(() => home)));
  const found = await Promise.all([...new Set(real)].map(readJdk));
  return found.filter((jdk) => jdk !== undefined).toSorted((a, b) => a.major - b.major);
}

/**
 * The lowest version that fits: what a server was built for, rather than what came out since.
 *
 * @param {readonly Jdk[]} jdks
 * @param {number} minimumMajor
 * @returns {Jdk | undefined}
 */
export function chooseJdk(jdks, minimumMajor) {
  const fitting = jdks.filter((jdk) => jdk.major >= minimumMajor);
  return fitting.toSorted((a, b) => a.major - b.major).at(0);
}

/**
 * @param {string} home
 * @returns {Promise<Jdk | undefined>}
 */
async function readJdk(home) {
  try {
    // A runtime without the compiler can neither launch a source file nor unpack a zip.
    await Promise.all(["java", "javac", "jar"].map((tool) => access(join(home, "bin", tool))));
    const release = await readFile(join(home, "release"), "utf8");
    const major = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(release)?.[1];
    return major ? { home, major: Number(major) } : undefined;
  } catch {
    return undefined;
  }
}
