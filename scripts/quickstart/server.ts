import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import { hasContainerEngine } from "../local-servers/engine.ts";
import { freePorts } from "../local-servers/free-port.ts";
import { availableVersions, startOpenSearch } from "../local-servers/opensearch.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");

export type QuickstartServer = {
  url: string;
  /** The command that stops it when it is kept. */
  stopCommand: string;
  stop(): Promise<void>;
};

type Options = { keep: boolean; signal: AbortSignal; say: (line: string) => void };

/** Starts OpenSearch by Compose where an engine answers, else from Maven. Throws what is missing. */
export async function startServer(options: Options): Promise<QuickstartServer> {
  if (await hasContainerEngine(options.signal)) return startByCompose(options);
  const { keep, signal, say } = options;
  const version = (await availableVersions())[0] ?? "2.19.1.0";
  say(
    `No container engine answers, so OpenSearch ${version.replace(/\.0$/, "")} comes from Maven artifacts.`,
  );
  say("Starting it takes ten seconds; the first time it fetches about 75 MB…");
  try {
    const server = await startOpenSearch({ version, alone: keep, signal });
    return { url: server.url, stopCommand: `kill ${server.pid}`, stop: server.stop };
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new Error(
      `${error.message}\nOr start Docker (with Compose): then neither Maven nor a JDK is needed.`,
      { cause: error },
    );
  }
}

async function startByCompose({ signal, say }: Options): Promise<QuickstartServer> {
  const [port = 0] = await freePorts(1);
  const project = ["compose", "--project-name", `log-vectorizer-quickstart-${port}`];
  const run = async (args: string[], limit?: AbortSignal) => {
    const child = spawn("docker", [...project, ...args], {
      cwd: CHECKOUT,
      env: { ...process.env, LOCAL_OPENSEARCH_PORT: String(port) },
      // Ctrl-C must not reach the command that cleans up.
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
      ...(limit ? { signal: limit } : {}),
    });
    const [code] = await once(child, "close");
    if (code !== 0)
      throw new Error(`docker ${[...project, ...args].join(" ")}: ended with ${code}`);
  };
  const down = ["down", "--volumes"];
  const stop = () => run(down);
  say(`$ docker ${[...project, "up", "--detach", "--wait", "opensearch"].join(" ")}`);
  try {
    await run(["up", "--detach", "--wait", "opensearch"], signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stopCommand: `docker ${[...project, ...down].join(" ")}`,
    stop,
  };
}
