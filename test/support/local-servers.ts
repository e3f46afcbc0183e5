import { after } from "node:test";

import { availableVersions, startOpenSearch } from "../../scripts/local-servers/opensearch.ts";
import { OPENSEARCH_URL_VARIABLES } from "../../scripts/local-servers/shared-url.ts";
import type { LocalOpenSearch, OpenSearchVersion } from "../../scripts/local-servers/opensearch.ts";

export type SharedOpenSearch = { url: string; version: OpenSearchVersion };

const started = new Map<OpenSearchVersion, Promise<LocalOpenSearch>>();

/** The OpenSearch versions to test against on this machine, newest first. */
export async function testedVersions(): Promise<OpenSearchVersion[]> {
  const versions = await availableVersions();
  return versions.length > 0 ? versions : ["2.19.1.0"];
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

after(async () => {
  // One that did not start has failed its test already.
  for (const start of await Promise.allSettled(started.values())) {
    if (start.status === "fulfilled") await start.value.stop();
  }
});
