import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ConnectionOptions } from "node:tls";
import { z } from "zod";
import type * as OpenSearch from "@opensearch-project/opensearch";
import type { ConnectionPool } from "@opensearch-project/opensearch/lib/pool/index.js";
import { Fault } from "../../domain/faults.ts";
import { boundAnswers } from "./bounded-answers.ts";

const PACKAGE = "@opensearch-project/opensearch";
const require = createRequire(import.meta.url);

type ClientParts = {
  Connection: typeof OpenSearch.Connection;
  ConnectionPool: typeof ConnectionPool;
  Serializer: typeof OpenSearch.Serializer;
  Transport: typeof OpenSearch.Transport;
};

/**
 * The package's `Client` loads 500 generated files, slower than an empty cycle, so only its parts are loaded. Their
 * paths are not public: where a version lacks one, a Fault says so. `load`: reads a file's exports.
 */
export function loadClientParts(load: (file: string) => unknown = loadFile): ClientParts {
  const classIn = (file: string, name?: string) => {
    try {
      const exported = load(file);
      const found = name === undefined ? exported : Reflect.get(Object(exported), name);
      if (typeof found === "function") return found;
    } catch (error) {
      throw unsupported(file, error);
    }
    throw unsupported(file);
  };
  return {
    Connection: classIn("lib/Connection.js"),
    ConnectionPool: classIn("lib/pool/index.js", "ConnectionPool"),
    Serializer: classIn("lib/Serializer.js"),
    Transport: classIn("lib/Transport.js"),
  };
}

function loadFile(file: string): unknown {
  return require(`${PACKAGE}/${file}`);
}

function unsupported(file: string, cause?: unknown): Fault {
  const { version } = z.object({ version: z.string() }).parse(require(`${PACKAGE}/package.json`));
  return new Fault(
    "configuration",
    `The installed ${PACKAGE} ${version} does not have ${file} as this program needs it; nothing was sent to OpenSearch`,
    {
      hint: `Install the versions that this program was tested with: npm ci.`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** `urls` hold no user info; that is in `auth`. */
export type OpenSearchConnection = {
  urls: readonly string[];
  auth?: { username: string; password: string };
  tls: { caFile?: string; certFile?: string; keyFile?: string; verify: boolean };
  aws?: { region: string; service: "es" | "aoss" };
  timeoutMs: number;
};

export type OpenSearchClient = {
  transport: Pick<OpenSearch.Transport, "request">;
  close(): Promise<void>;
};

/** Opens a client without sending anything. Throws where a TLS file cannot be read, and a Fault as above. */
export async function openClient(connection: OpenSearchConnection): Promise<OpenSearchClient> {
  const { urls, auth, tls, aws, timeoutMs } = connection;
  const { ConnectionPool: Pool, Serializer, ...plain } = loadClientParts();
  const parts = { ...plain, ...(aws ? await awsSigner(aws) : {}) };
  const events = new EventEmitter();
  const emit = events.emit.bind(events);
  const ssl: ConnectionOptions = {
    rejectUnauthorized: tls.verify,
    ...(tls.caFile ? { ca: readFileSync(tls.caFile) } : {}),
    ...(tls.certFile ? { cert: readFileSync(tls.certFile) } : {}),
    ...(tls.keyFile ? { key: readFileSync(tls.keyFile) } : {}),
  };
  const connectionPool = new Pool({
    ssl,
    ...(auth ? { auth } : {}),
    Connection: boundAnswers(parts.Connection),
    emit,
    pingTimeout: 3000,
    resurrectStrategy: "ping",
    sniffEnabled: false,
  });
  for (const url of urls) connectionPool.addConnection(url);
  const transport = new parts.Transport({
    emit,
    connectionPool,
    serializer: new Serializer({
      disablePrototypePoisoningProtection: false,
      enableLongNumeralSupport: false,
    }),
    // A retry goes to the next node; more than one would hide an outage for minutes.
    maxRetries: Math.min(2, urls.length),
    requestTimeout: timeoutMs,
    sniffOnStart: false,
    sniffOnConnectionFault: false,
    sniffEndpoint: "",
    nodeSelector: "round-robin",
    name: "opensearch-js",
    ...(auth ? { auth } : {}),
  });
  return {
    transport,
    close: () => new Promise((resolve) => connectionPool.empty(() => resolve())),
  };
}

async function awsSigner(aws: NonNullable<OpenSearchConnection["aws"]>) {
  const { AwsSigv4Signer } = await import("@opensearch-project/opensearch/aws-v3");
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const credentials = defaultProvider();
  return AwsSigv4Signer({ ...aws, getCredentials: () => credentials() });
}
