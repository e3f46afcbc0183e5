import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  MINIMUM_JDK,
  openSearchSet,
  runnableVersions,
  type OpenSearchVersion,
} from "./jar-sets.mjs";
import { howToInstall, NO_COUNTERS, provideJars } from "./jars.ts";
import { launchJava } from "./java-server.ts";
import type { JavaServer } from "./java-server.ts";
import { chooseJdk, findJdks } from "./jdk.mjs";
import type { Jdk } from "./jdk.mjs";
import { runCommand } from "../../src/adapters/process/run-command.ts";

export { OPENSEARCH_VERSIONS } from "./jar-sets.mjs";
export type { OpenSearchVersion };

const JDK_PACKAGE: Record<OpenSearchVersion, string> = {
  "3.2.0.0": "openjdk-21-jdk-headless",
  "2.19.1.0": "default-jdk-headless",
};
const SOURCES = join(import.meta.dirname, "opensearch");
const HEALTH_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 300_000;
/** In the plugin's zip too, in versions that clash with the server's own. */
const CLASHING_JAR = /^(httpclient5|httpcore5|httpcore5-h2|slf4j-api|guava|failureaccess)-\d/;

export type LocalOpenSearch = AsyncDisposable & {
  url: string;
  version: OpenSearchVersion;
  pid: number;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
};

type Options = {
  version?: OpenSearchVersion;
  /** Default: one that the server finds free. */
  port?: number;
  /** The server outlives this process; SIGTERM to its pid ends it and removes its data. */
  alone?: boolean;
  /** A folder for the data that outlives the server. Default: one that is gone with it. */
  data?: string;
  /** Settings of the node, beside its own. */
  settings?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
};

/** The versions that the JDKs of this machine can run, newest first. */
export async function availableVersions(): Promise<OpenSearchVersion[]> {
  return runnableVersions(await findJdks());
}

/** Fetches what a version needs (about 75 MB) unless it is there already. */
async function prepareOpenSearch(
  version: OpenSearchVersion,
  signal?: AbortSignal,
): Promise<{ jdk: Jdk; folder: string }> {
  const jdk = await fittingJdk(version);
  const folder = await provideJars({
    ...openSearchSet(version),
    mavenArgs: [`-Dopensearch.version=${version}`],
    jdk,
    unpack: (draft) => unpackPlugin(jdk, version, draft),
    ...(signal ? { signal } : {}),
  });
  return { jdk, folder };
}

/**
 * Starts one OpenSearch node with k-NN (Lucene engine only) on 127.0.0.1, without security, its data in a
 * temporary folder, and waits until it is healthy. It ends with this process. OPENSEARCH_HEAP sets its heap (1g).
 * Throws an error that names what is missing, or shows the end of the server's log.
 */
export async function startOpenSearch(options: Options = {}): Promise<LocalOpenSearch> {
  const { version = "3.2.0.0", port = 0, alone = false, data, settings = {}, signal } = options;
  const { jdk, folder } = await prepareOpenSearch(version, signal);
  const server = await launchJava({
    name: `OpenSearch ${version}`,
    jdk,
    heap: process.env["OPENSEARCH_HEAP"] || "1g",
    classPath: [join(folder, "lib/*"), join(folder, "knn/*")].join(":"),
    source: join(SOURCES, "Launch.java"),
    port,
    alone,
    arguments: [data ?? "", ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)],
    ...(signal ? { signal } : {}),
  });
  const url = `http://127.0.0.1:${server.port}`;
  try {
    await waitForHealth(url, server, signal);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url, version, pid: server.pid, stop: server.stop, [Symbol.asyncDispose]: server.stop };
}

async function fittingJdk(version: OpenSearchVersion): Promise<Jdk> {
  const jdks = await findJdks();
  const minimum = MINIMUM_JDK[version];
  const jdk = chooseJdk(jdks, minimum);
  if (jdk) return jdk;
  const found = jdks.map(({ home, major }) => `${major} (${home})`).join(", ") || "none";
  const how = howToInstall(JDK_PACKAGE[version], "a JDK from https://adoptium.net");
  throw new Error(
    `OpenSearch ${version} needs a JDK ${minimum} or later; found: ${found}. ` +
      `Looked at JAVA_HOME, /usr/lib/jvm and the PATH. ${how}`,
  );
}

async function unpackPlugin(jdk: Jdk, version: string, draft: string): Promise<void> {
  const target = join(draft, "knn");
  const zip = join(draft, "lib", `opensearch-knn-${version}.zip`);
  await mkdir(target);
  await runCommand({
    program: join(jdk.home, "bin/jar"),
    args: [`-J${NO_COUNTERS}`, "xf", zip],
    folder: target,
    timeoutMs: UNPACK_TIMEOUT_MS,
  });
  for (const name of await readdir(target)) {
    if (CLASHING_JAR.test(name)) await rm(join(target, name));
  }
}

async function waitForHealth(url: string, server: JavaServer, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + HEALTH_TIMEOUT_MS;
  while (!(await isHealthy(url))) {
    signal?.throwIfAborted();
    await server.assertAlive();
    if (Date.now() > deadline) {
      const seconds = HEALTH_TIMEOUT_MS / 1000;
      throw new Error(`${url} not healthy within ${seconds} s\n${server.logTail()}`);
    }
    await sleep(200);
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const health = `${url}/_cluster/health?wait_for_status=yellow&timeout=1s`;
    const response = await fetch(health, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
