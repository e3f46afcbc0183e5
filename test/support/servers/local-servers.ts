import { after } from "node:test";

import { startKafka } from "../../../scripts/local-servers/kafka.ts";
import type { LocalKafka } from "../../../scripts/local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "../../../scripts/local-servers/opensearch.ts";
import {
  KAFKA_BROKER_VARIABLE,
  OPENSEARCH_URL_VARIABLES,
  TESTED_VERSIONS_VARIABLE,
} from "../../../scripts/local-servers/shared-url.ts";
import type {
  LocalOpenSearch,
  OpenSearchVersion,
} from "../../../scripts/local-servers/opensearch.ts";

export type SharedOpenSearch = { url: string; version: OpenSearchVersion };

const started = new Map<OpenSearchVersion, Promise<LocalOpenSearch>>();
let startedKafka: Promise<LocalKafka> | undefined;

/** The OpenSearch versions that this run tests against, newest first. */
export async function testedVersions(): Promise<OpenSearchVersion[]> {
  const [newest = "2.19.1.0", ...older] = await availableVersions();
  const wanted = process.env[TESTED_VERSIONS_VARIABLE]?.split(",");
  return wanted ? [newest, ...older].filter((one) => wanted.includes(one)) : [newest];
}

/**
 * A server that other test files use too: keep to index names of your own and change no cluster setting.
 * It is the test run's; a file that runs alone starts its own, which stops when the file's tests are over.
 */
export async function sharedOpenSearch(version: OpenSearchVersion): Promise<SharedOpenSearch> {
  const url = process.env[OPENSEARCH_URL_VARIABLES[version]];
  if (url) return { url, version };
  let server = started.get(version);
  if (!server) {
    server = startOpenSearch({ version });
    started.set(version, server);
  }
  return server;
}

/** host:port of a broker that other test files use too: keep to topics and groups of your own. */
export async function sharedKafka(): Promise<string> {
  const broker = process.env[KAFKA_BROKER_VARIABLE];
  if (broker) return broker;
  startedKafka ??= startKafka();
  return (await startedKafka).broker;
}

after(async () => {
  const starts = [...started.values(), ...(startedKafka ? [startedKafka] : [])];
  // One that did not start has failed its test already.
  for (const start of await Promise.allSettled(starts)) {
    if (start.status === "fulfilled") await start.value.stop();
  }
});
