import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What others use as ids: short, and nothing that could forge a log line or a header. */
const ACCEPTABLE = /^[A-Za-z0-9][A-Za-z0-9._:=+/@~-]{0,127}$/;

/** The caller's id where it is one, else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && ACCEPTABLE.test(given) ? given : randomUUID();
}
