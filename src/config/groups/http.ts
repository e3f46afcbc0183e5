import { isIP } from "node:net";
import { hostName, integer, listOf, matching, toggle } from "../kinds.ts";
import type { Parsed } from "../kinds.ts";
import { isUnset, present } from "../setting.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

export const HTTP = {
  HTTP_HOST: {
    description: "Address to listen at; any but loopback wants HTTP_TOKEN.",
    default: "127.0.0.1",
    kind: hostName,
  },
  HTTP_PORT: {
    description: "Port of health, status and API of run, tail and worker; 0 turns HTTP off.",
    default: "9464",
    kind: integer(0, 65_535, "port"),
  },
  HTTP_TOKEN: {
    description: "Token that callers must send, as Authorization: Bearer or by the sign-in form.",
    otherwise: "open to this machine alone",
    secret: true,
    kind: matching(
      /^[\x21-\x7e]{16,}$/,
      "a token of at least 16 characters without blanks",
      "token",
    ),
  },
  HTTP_TOKEN_GENERATE: {
    description:
      "Where HTTP_TOKEN is not set: make a token, keep it in STATE_DIR and print it at each start.",
    default: "false",
    kind: toggle,
    usedWhen: [isUnset("HTTP_TOKEN")],
  },
  HTTP_CORS_ORIGIN: {
    description: "Origins of other sites whose pages may call the API, comma-separated.",
    otherwise: "none",
    kind: listOf("origins such as https://logs.example.com, comma-separated", parseOrigin, {
      placeholder: "origins",
    }),
  },
  TRUSTED_PROXIES: {
    description:
      "Addresses or networks of the proxies whose X-Forwarded-For is trusted, comma-separated.",
    otherwise: "none: the client is the peer of the connection",
    kind: listOf(
      "IP addresses or networks such as 127.0.0.1 or 10.0.0.0/8, comma-separated",
      parseNetwork,
      { placeholder: "addresses" },
    ),
  },
  HTTP_REQUESTS_PER_MINUTE: {
    description: "Requests that one address may send a minute.",
    default: "6000",
    kind: integer(1, 10_000_000, "requests"),
  },
} satisfies Settings;

/** An IP address, or a network as address/bits. */
function parseNetwork(text: string): Parsed<string> {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) {
    return { ok: false, reason: `${JSON.stringify(text)} is neither an address nor a network` };
  }
  const maxBits = family === 4 ? 32 : 128;
  const count = bits === undefined ? 1 : /^\d{1,3}$/.test(bits) ? Number(bits) : 0;
  if (count >= 1 && count <= maxBits) return { ok: true, value: text };
  return { ok: false, reason: `after / stands a number from 1 to ${maxBits}` };
}

function parseOrigin(text: string): Parsed<string> {
  const given = text.replace(/\/$/, "");
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) return { ok: false };
  if (url.origin === given.toLowerCase()) return { ok: true, value: url.origin };
  return { ok: false, reason: "an origin is a scheme, a host and perhaps a port" };
}

/** Undefined: off. */
export function httpConfig({ read, need }: SettingReader) {
  const port = need("HTTP_PORT");
  if (port === 0) return undefined;
  const token = read("HTTP_TOKEN");
  const generates = token === undefined && need("HTTP_TOKEN_GENERATE");
  return {
    host: need("HTTP_HOST"),
    port,
    ...present({
      /** Absent on loopback, or where one is generated. */
      token,
      /** A token is to be generated and printed, with the page's URL where known. */
      generateToken: generates ? present({ pageUrl: read("ALERT_PAGE_URL") }) : undefined,
    }),
    corsOrigins: read("HTTP_CORS_ORIGIN") ?? [],
    /** Addresses and networks (CIDR) whose X-Forwarded-For is trusted. */
    trustedProxies: read("TRUSTED_PROXIES") ?? [],
    requestsPerMinute: need("HTTP_REQUESTS_PER_MINUTE"),
  };
}

/** Whether only this machine reaches the host. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (isIP(name) === 4) return name.startsWith("127.");
  return name === "::1" || name === "localhost" || name.endsWith(".localhost");
}
