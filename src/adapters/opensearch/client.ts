import { readFileSync } from "node:fs";
import { Client, type ClientOptions } from "@opensearch-project/opensearch";

/** How to reach the cluster. URLs hold no user info; it comes as `auth`. */
export type OpenSearchConnection = {
  urls: readonly string[];
  auth?: { username: string; password: string };
  tls: { caFile?: string; certFile?: string; keyFile?: string; verify: boolean };
  aws?: { region: string; service: "es" | "aoss" };
  timeoutMs: number;
};

/** Opens a client; nothing is sent yet. Throws where a TLS file cannot be read. */
export async function openClient(connection: OpenSearchConnection): Promise<Client> {
  const { urls, auth, tls, aws, timeoutMs } = connection;
  const options: ClientOptions = {
    nodes: [...urls],
    requestTimeout: timeoutMs,
    // One retry lets a request pass to the next node; more of them would hide an outage for minutes.
    maxRetries: Math.min(2, urls.length),
    ssl: {
      rejectUnauthorized: tls.verify,
      ...(tls.caFile ? { ca: readFileSync(tls.caFile) } : {}),
      ...(tls.certFile ? { cert: readFileSync(tls.certFile) } : {}),
      ...(tls.keyFile ? { key: readFileSync(tls.keyFile) } : {}),
    },
    ...(auth ? { auth } : {}),
  };
  if (!aws) return new Client(options);
  const { AwsSigv4Signer } = await import("@opensearch-project/opensearch/aws-v3");
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const credentials = defaultProvider();
  const signer = AwsSigv4Signer({ ...aws, getCredentials: () => credentials() });
  return new Client({ ...options, ...signer });
}
