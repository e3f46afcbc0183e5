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
  /**
   * After a kill and a start: whether this server can never open an index again. OpenSearch 3.2 now and then reads no translog of its own
   * ("Compressor detection can only be called on some xcontent bytes"), and no client can do anything about it.
   */
  hasLostIndices(): Promise<boolean>;
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
    async hasLostIndices() {
      const health = `${server.url}/_cluster/health?wait_for_status=yellow&timeout=30s`;
      if ((await fetch(health)).ok) return false;
      const why = await (await fetch(`${server.url}/_cluster/allocation/explain`)).text();
      return why.includes("failed recovery");
    },
  };
}
