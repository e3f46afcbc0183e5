import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import { findEngine } from "../local-servers/engine.mjs";
import { freePorts } from "../local-servers/free-port.ts";
import { startKafka } from "../local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "../local-servers/opensearch.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");

export type QuickstartServers = {
  /** URL of OpenSearch. */
  url: string;
  /** host:port of Kafka. */
  broker: string;
  /** The command that stops both when they are kept. */
  stopCommand: string;
  stop(): Promise<void>;
};

type Options = { keep: boolean; signal: AbortSignal; say: (line: string) => void };

/** Starts OpenSearch and Kafka by Compose where an engine answers, else from Maven. Throws what is missing. */
export async function startServers(options: Options): Promise<QuickstartServers> {
  if ((await findEngine({ signal: options.signal })) === "ready") return startByCompose(options);
  const { keep: alone, signal, say } = options;
  const version = (await availableVersions())[0] ?? "2.19.1.0";
  const shown = version.replace(/\.0$/, "");
  say(`No container engine answers, so OpenSearch ${shown} and Kafka come from Maven artifacts.`);
  say("Starting them takes fifteen seconds; the first time it fetches about 130 MB…");
  await using started = new AsyncDisposableStack();
  try {
    const openSearch = started.use(await startOpenSearch({ version, alone, signal }));
    const kafka = started.use(await startKafka({ alone, signal }));
    const running = started.move();
    return {
      url: openSearch.url,
      broker: kafka.broker,
      stopCommand: `kill ${openSearch.pid} ${kafka.pid}`,
      stop: () => running.disposeAsync(),
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new Error(
      `${error.message}\nNothing was left running. Start Docker (with Compose), and neither Maven nor a JDK is needed; ` +
        "or see it without any server: npm run quickstart -- --in-memory",
      { cause: error },
    );
  }
}

async function startByCompose({ signal, say }: Options): Promise<QuickstartServers> {
  const [port = 0, kafkaPort = 0] = await freePorts(2);
  const project = ["compose", "--project-name", `log-vectorizer-quickstart-${port}`];
  const ports = { LOCAL_OPENSEARCH_PORT: String(port), LOCAL_KAFKA_PORT: String(kafkaPort) };
  const run = async (args: string[], limit?: AbortSignal) => {
    const child = spawn("docker", [...project, ...args], {
      cwd: CHECKOUT,
      env: { ...process.env, ...ports },
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
  const up = ["up", "--detach", "--wait", "opensearch", "kafka"];
  const stop = () => run(down);
  say(`$ docker ${[...project, ...up].join(" ")}`);
  try {
    await run(up, signal);
  } catch (error) {
    await stop();
    if (signal.aborted) throw error;
    throw new Error(
      "The containers did not start, and were removed again: what Docker says stands above. Often an image cannot be " +
        "fetched, or there is too little memory. To see it without any server: npm run quickstart -- --in-memory",
      { cause: error },
    );
  }
  return {
    url: `http://127.0.0.1:${port}`,
    broker: `127.0.0.1:${kafkaPort}`,
    stopCommand: `docker ${[...project, ...down].join(" ")}`,
    stop,
  };
}
