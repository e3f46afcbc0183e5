import { isIP } from "node:net";
import * as kinds from "./kinds.ts";
import type { Parsed } from "./kinds.ts";
import type { Setting } from "./setting.ts";

export const HTTP_SETTINGS = {
  HTTP_HOST: {
    group: "HTTP",
    description: "Address to listen at; any but loopback wants HTTP_TOKEN.",
    default: "127.0.0.1",
    placeholder: "<host>",
    kind: kinds.hostName,
  },
  HTTP_PORT: {
    group: "HTTP",
    description: "Port of health, status and API of run, tail and worker; 0 turns HTTP off.",
    default: "9464",
    placeholder: "<port>",
    kind: kinds.integer(0, 65_535),
  },
  HTTP_TOKEN: {
    group: "HTTP",
    description: "Token that callers must send, as Authorization: Bearer or by the sign-in form.",
    otherwise: "open to this machine alone",
    placeholder: "<token>",
    secret: true,
    kind: kinds.matching(/^[\x21-\x7e]{16,}$/, "a token of at least 16 characters without blanks"),
  },
  HTTP_TOKEN_GENERATE: {
    group: "HTTP",
    description:
      "Where HTTP_TOKEN is not set: make a token, keep it in STATE_DIR and print it at each start.",
    default: "false",
    placeholder: "[true|false]",
    kind: kinds.boolean,
  },
  HTTP_CORS_ORIGIN: {
    group: "HTTP",
    description: "Origins of other sites whose pages may call the API, comma-separated.",
    otherwise: "none",
    placeholder: "<origins>",
    kind: kinds.parsedBy("origins such as https://logs.example.com, comma-separated", parseOrigins),
  },
  TRUSTED_PROXIES: {
    group: "HTTP",
    description:
      "Addresses or networks of the proxies whose X-Forwarded-For is trusted, comma-separated.",
    otherwise: "none: the client is the peer of the connection",
    placeholder: "<addresses>",
    kind: kinds.parsedBy(
      "IP addresses or networks such as 127.0.0.1 or 10.0.0.0/8, comma-separated",
      parseNetworks,
    ),
  },
  HTTP_REQUESTS_PER_MINUTE: {
    group: "HTTP",
    description: "Requests that one address may send a minute.",
    default: "6000",
    placeholder: "<requests>",
    kind: kinds.integer(1, 10_000_000),
  },
} satisfies Record<string, Setting>;

function parseNetworks(text: string): Parsed<string[]> {
  const networks = new Set<string>();
  for (const part of text.split(",").map((item) => item.trim())) {
    if (part === "") continue;
    const [address = "", bits, ...rest] = part.split("/");
    const family = isIP(address);
    if (family === 0 || rest.length > 0) {
      return { ok: false, reason: `${JSON.stringify(part)} is neither an address nor a network` };
    }
    const most = family === 4 ? 32 : 128;
    if (
      bits !== undefined &&
      !(/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most)
    ) {
      return { ok: false, reason: `after / stands a number from 1 to ${most}` };
    }
    networks.add(part);
  }
  return networks.size === 0 ? { ok: false } : { ok: true, value: [...networks] };
}

function parseOrigins(text: string): Parsed<string[]> {
  const origins = new Set<string>();
  for (const part of text.split(",").map((item) => item.trim().replace(/\/$/, ""))) {
    if (part === "") continue;
    const url = URL.parse(part);
    if (url === null || !/^https?:$/.test(url.protocol)) return { ok: false };
    if (url.origin !== part.toLowerCase()) {
      return { ok: false, reason: "an origin is a scheme, a host and perhaps a port" };
    }
    origins.add(url.origin);
  }
  return origins.size === 0 ? { ok: false } : { ok: true, value: [...origins] };
}
