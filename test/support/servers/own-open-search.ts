import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import {
  availableVersions,
  startOpenSearch,
  type OpenSearchVersion,
} from "../../../scripts/local-servers/opensearch.ts";
import { comeBack } from "./come-back.ts";

/** An OpenSearch on one port whose data outlive it. */
export type OwnOpenSearch = {
  url: string;
  version: OpenSearchVersion;
  /** Without a word to anybody. */
  kill(): Promise<void>;
  start(): Promise<void>;
};

/**
 * Without it a killed server may never open an index again: where writes were in flight, it fills the gaps in the order of writes with
 * documents whose source is no JSON, and the k-NN plugin before 3.3 with derived vector source fails on these ("Compressor detection can
 * only be called on some xcontent bytes", opensearch-project/k-NN issue 2880; docs/troubleshooting.md).
 */
const WITHOUT_DERIVED_SOURCE = {
  index_patterns: ["t*_*"],
  template: { settings: { index: { knn: true, "knn.derived_source.enabled": false } } },
};

export async function startOwnOpenSearch(t: Pick<TestContext, "after">): Promise<OwnOpenSearch> {
  const data = await mkdtemp(join(tmpdir(), "opensearch-data-"));
  const [version = "2.19.1.0"] = await availableVersions();
  const [port = 0] = await freePorts(1);
  let server = await comeBack(() => startOpenSearch({ version, port, data }));
  t.after(async () => {
    await server.stop();
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  });
  if (!version.startsWith("2.")) {
    const put = await fetch(`${server.url}/_index_template/without-derived-source`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(WITHOUT_DERIVED_SOURCE),
    });
    assert.equal(put.status, 200, await put.text());
  }
  return {
    url: server.url,
    version,
    async kill() {
      process.kill(server.pid, "SIGKILL");
      await server.stop();
    },
    async start() {
      server = await comeBack(() => startOpenSearch({ version, port, data }));
    },
  };
}
