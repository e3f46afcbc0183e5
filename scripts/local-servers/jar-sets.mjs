// Plain JavaScript: the quickstart asks what is there before Node 24 is installed.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chooseJdk, JDK_OF_OPENSEARCH_3, OLDEST_JDK } from "./jdk.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/** Versions whose k-NN plugin can be had from Maven, newest first. */
export const OPENSEARCH_VERSIONS = /** @type {const} */ (["3.2.0.0", "2.19.1.0"]);
/** @typedef {(typeof OPENSEARCH_VERSIONS)[number]} OpenSearchVersion */

/** @type {Record<OpenSearchVersion, number>} */
export const MINIMUM_JDK = { "3.2.0.0": JDK_OF_OPENSEARCH_3, "2.19.1.0": OLDEST_JDK };

/**
 * The versions that these JDKs can run, newest first.
 *
 * @param {readonly import("./jdk.mjs").Jdk[]} jdks
 */
export function runnableVersions(jdks) {
  return OPENSEARCH_VERSIONS.filter((version) => chooseJdk(jdks, MINIMUM_JDK[version]));
}

/**
 * Names a set's folder, with a hash of its POM.
 *
 * @typedef {{ name: string, pom: string }} NamedSet
 */

/**
 * @param {OpenSearchVersion} version
 * @returns {NamedSet}
 */
export function openSearchSet(version) {
  return { name: `opensearch-${version}`, pom: join(HERE, "opensearch/pom.xml") };
}

/** @type {NamedSet} */
export const KAFKA_SET = { name: "kafka-4.1.1", pom: join(HERE, "kafka/pom.xml") };

/**
 * Where jars are kept between runs; LOCAL_SERVERS_FOLDER moves it out of the checkout.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function jarFolder(env = process.env) {
  return env["LOCAL_SERVERS_FOLDER"] ?? join(dirname(dirname(HERE)), ".local-servers");
}

/**
 * The folder of one set, whether it is there or not.
 *
 * @param {NamedSet} set
 * @param {NodeJS.ProcessEnv} env
 */
export function folderOf({ name, pom }, env = process.env) {
  const hash = createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 8);
  return join(jarFolder(env), `${name}-${hash}`);
}
