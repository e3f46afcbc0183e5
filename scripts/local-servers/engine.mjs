// Plain JavaScript: the quickstart looks for an engine before Node 24 is installed.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const ANSWER_TIMEOUT_MS = 10_000;
const run = promisify(execFile);

/** @typedef {"ready" | "no client" | "no engine" | "no compose"} EngineState */

/**
 * Whether a container engine with Compose answers here. A client alone starts no container.
 *
 * @param {{ env?: NodeJS.ProcessEnv, signal?: AbortSignal }} [options]
 * @returns {Promise<EngineState>}
 */
export async function findEngine({ env = process.env, signal } = {}) {
  const docker = async (/** @type {string[]} */ ...args) => {
    const limits = { timeout: ANSWER_TIMEOUT_MS, env, ...(signal ? { signal } : {}) };
    return (await run("docker", args, limits)).stdout;
  };
  try {
    // The client ends well without a server where a format is asked of it, so ask the server for something.
    const server = await docker("info", "--format", "{{.ServerVersion}}");
    if (server.trim() === "") return "no engine";
  } catch (error) {
    signal?.throwIfAborted();
    const isThere = !(error instanceof Error && "code" in error && error.code === "ENOENT");
    return isThere ? "no engine" : "no client";
  }
  try {
    await docker("compose", "version");
    return "ready";
  } catch {
    signal?.throwIfAborted();
    return "no compose";
  }
}
