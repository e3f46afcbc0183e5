import { isIPv6 } from "node:net";
import { z } from "zod";
import { httpUrls } from "../addresses.ts";
import {
  boolean,
  hostName,
  integer,
  matching,
  oneOf,
  readableFile,
  text,
  toggle,
} from "../kinds.ts";
import { isSet, isUnset, present } from "../setting.ts";
import type { Condition, Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

const ADDRESSES = z.object({ urls: z.array(z.string()) });

const connectsByTls: Condition<"OPENSEARCH_URL" | "OPENSEARCH_USE_SSL"> = {
  about: ["OPENSEARCH_URL", "OPENSEARCH_USE_SSL"],
  says: "the connection is by TLS",
  unmet: ({ read }) => {
    const urls = ADDRESSES.safeParse(read("OPENSEARCH_URL")).data?.urls;
    const isByTls = urls?.some((url) => url.startsWith("https:")) ?? read("OPENSEARCH_USE_SSL");
    return isByTls === true ? undefined : "the connection is without TLS";
  },
};

export const OPENSEARCH = {
  OPENSEARCH_HOST: {
    description: "Host of OpenSearch.",
    default: "localhost",
    kind: hostName,
    usedWhen: [isUnset("OPENSEARCH_URL")],
  },
  OPENSEARCH_PORT: {
    description: "Port of OpenSearch.",
    default: "9200",
    kind: integer(1, 65_535, "port"),
    usedWhen: [isUnset("OPENSEARCH_URL")],
  },
  OPENSEARCH_USE_SSL: {
    description: "Connect by https instead of http.",
    default: "false",
    kind: boolean,
    usedWhen: [isUnset("OPENSEARCH_URL")],
  },
  OPENSEARCH_URL: {
    description: "Instead of host, port and SSL: one URL, or several separated by commas.",
    otherwise: "made of host, port and SSL",
    kind: httpUrls,
  },
  OPENSEARCH_USER: {
    description: "User name for basic authentication.",
    otherwise: "none, save one that OPENSEARCH_URL names",
    kind: matching(/^[^:]+$/, "a user name without a colon", "name"),
    requires: [isSet("OPENSEARCH_PASSWORD")],
  },
  OPENSEARCH_PASSWORD: {
    description: "Password of that user.",
    secret: true,
    kind: text("a password of one line", "password"),
    requires: [isSet("OPENSEARCH_USER")],
  },
  OPENSEARCH_CA_FILE: {
    description: "Certificate authority to trust, a PEM file.",
    otherwise: "the authorities that Node.js trusts",
    kind: readableFile,
    usedWhen: [connectsByTls],
  },
  OPENSEARCH_CERT_FILE: {
    description: "Client certificate for mutual TLS, a PEM file.",
    otherwise: "no client certificate",
    kind: readableFile,
    usedWhen: [connectsByTls],
    requires: [isSet("OPENSEARCH_KEY_FILE")],
  },
  OPENSEARCH_KEY_FILE: {
    description: "Key of the client certificate, a PEM file.",
    kind: readableFile,
    usedWhen: [connectsByTls],
    requires: [isSet("OPENSEARCH_CERT_FILE")],
  },
  OPENSEARCH_TLS_VERIFY: {
    description: "Check the server's certificate.",
    default: "true",
    kind: boolean,
    usedWhen: [connectsByTls],
  },
  OPENSEARCH_AWS_REGION: {
    description: "Sign requests for AWS (SigV4) with this region.",
    otherwise: "requests are not signed",
    kind: matching(/^[a-z]{2,}(-[a-z]+)+-\d+$/, "an AWS region, such as eu-central-1", "region"),
  },
  OPENSEARCH_AWS_SERVICE: {
    description: "AWS service to sign for: es for a domain, aoss for Serverless.",
    default: "es",
    kind: oneOf(["es", "aoss"]),
    usedWhen: [isSet("OPENSEARCH_AWS_REGION")],
  },
  OPENSEARCH_TIMEOUT_SECONDS: {
    description: "How long one request to OpenSearch may take.",
    default: "30",
    kind: integer(1, 3600, "seconds"),
  },
  BULK_MAX_CONCURRENCY: {
    description: "Most bulk requests in flight at once; fewer while OpenSearch is slow.",
    default: "3",
    kind: integer(1, 32, "requests"),
  },
  FULL_SPEED: {
    description: "Do not slow down when OpenSearch does; for a cluster without other work.",
    default: "false",
    kind: toggle,
  },
} satisfies Settings;

export function openSearchConfig(reader: SettingReader) {
  const { read, need } = reader;
  const addresses = read("OPENSEARCH_URL");
  const [username, password] = [read("OPENSEARCH_USER"), read("OPENSEARCH_PASSWORD")];
  const isUser = username !== undefined && password !== undefined;
  const region = read("OPENSEARCH_AWS_REGION");
  return {
    /** Without user info. */
    urls: addresses?.urls ?? [addressOfHost(reader)],
    tls: {
      ...present({
        caFile: read("OPENSEARCH_CA_FILE"),
        certFile: read("OPENSEARCH_CERT_FILE"),
        keyFile: read("OPENSEARCH_KEY_FILE"),
      }),
      verify: need("OPENSEARCH_TLS_VERIFY"),
    },
    ...present({
      auth: isUser ? { username, password } : addresses?.auth,
      aws: region === undefined ? undefined : { region, service: need("OPENSEARCH_AWS_SERVICE") },
    }),
    timeoutMs: need("OPENSEARCH_TIMEOUT_SECONDS") * 1000,
    bulk: { max: need("BULK_MAX_CONCURRENCY"), fullSpeed: need("FULL_SPEED") },
  };
}

function addressOfHost({ need }: SettingReader): string {
  const host = need("OPENSEARCH_HOST");
  const scheme = need("OPENSEARCH_USE_SSL") ? "https" : "http";
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${need("OPENSEARCH_PORT")}`;
}
