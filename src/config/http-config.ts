import { isIP } from "node:net";
import type { Problem } from "./config-error.ts";
import type { SettingReader } from "./setting-reader.ts";

export type HttpConfig = {
  host: string;
  port: number;
  /** Absent on loopback, or where one is generated. */
  token?: string;
  /** A token is to be generated and printed, with the page's URL where known. */
  generateToken?: { pageUrl?: string };
  corsOrigins: string[];
  /** Addresses and networks (CIDR) whose X-Forwarded-For is trusted. */
  trustedProxies: string[];
  requestsPerMinute: number;
};

/** Undefined: off. */
export function httpConfig({ read, need }: SettingReader): HttpConfig | undefined {
  const port = need("HTTP_PORT");
  if (port === 0) return undefined;
  const token = read("HTTP_TOKEN");
  const generates = token === undefined && need("HTTP_TOKEN_GENERATE");
  const pageUrl = read("ALERT_PAGE_URL");
  return {
    host: need("HTTP_HOST"),
    port,
    ...(token !== undefined && { token }),
    ...(generates && { generateToken: { ...(pageUrl !== undefined && { pageUrl }) } }),
    corsOrigins: read("HTTP_CORS_ORIGIN") ?? [],
    trustedProxies: read("TRUSTED_PROXIES") ?? [],
    requestsPerMinute: need("HTTP_REQUESTS_PER_MINUTE"),
  };
}

/** A port that other machines reach requires a token. */
export function httpProblems({ read, given, malformed }: SettingReader): Problem[] {
  const host = read("HTTP_HOST");
  if (host === undefined || read("HTTP_PORT") === 0 || isLoopback(host)) return [];
  if (given("HTTP_TOKEN") || malformed("HTTP_TOKEN")) return [];
  if (read("HTTP_TOKEN_GENERATE") === true) return [];
  const sentence = `not set, but HTTP_HOST ${host} can be reached from other machines; set a token, or HTTP_TOKEN_GENERATE=true to have one made, or HTTP_HOST=127.0.0.1, or HTTP_PORT=0 for no HTTP`;
  return [{ name: "HTTP_TOKEN", sentence }];
}

/** Whether only this machine reaches the host. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (isIP(name) === 4) return name.startsWith("127.");
  return name === "::1" || name === "localhost" || name.endsWith(".localhost");
}
