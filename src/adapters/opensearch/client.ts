import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ConnectionOptions } from "node:tls";
import type * as OpenSearch from "@opensearch-project/opensearch";
import { ConnectionPool } from "@opensearch-project/opensearch/lib/pool/index.js";

// The package's `Client` loads five hundred files of generated methods, which takes longer than a cycle without records:
// only what it stands on is loaded. These three are what their modules export whole, unlike what their types say.
const require = createRequire(import.meta.url);
const Connection: typeof OpenSearch.Connection = require("@opensearch-project/opensearch/lib/Connection.js");
const Serializer: typeof OpenSearch.Serializer = require("@opensearch-project/opensearch/lib/Serializer.js");
const Transport: typeof OpenSearch.Transport = require("@opensearch-project/opensearch/lib/Transport.js");

/** How to reach the cluster. URLs hold no user info; it comes as `auth`. */
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

/** Opens a client; nothing is sent yet. Throws where a TLS file cannot be read. */
export async function openClient(connection: OpenSearchConnection): Promise<OpenSearchClient> {
  const { urls, auth, tls, aws, timeoutMs } = connection;
  const parts = { Connection, Transport, ...(aws ? await awsSigner(aws) : {}) };
  const events = new EventEmitter();
  const emit = events.emit.bind(events);
  const ssl: ConnectionOptions = {
    rejectUnauthorized: tls.verify,
    ...(tls.caFile ? { ca: readFileSync(tls.caFile) } : {}),
    ...(tls.certFile ? { cert: readFileSync(tls.certFile) } : {}),
    ...(tls.keyFile ? { key: readFileSync(tls.keyFile) } : {}),
  };
  const connectionPool = new ConnectionPool({
    ssl,
    ...(auth ? { auth } : {}),
    Connection: parts.Connection,
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
    // One retry lets a request pass to the next node; more of them would hide an outage for minutes.
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
