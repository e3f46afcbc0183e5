import type { Client } from "@opensearch-project/opensearch";
import type { z } from "zod";
import { Fault } from "../../model/faults.ts";
import { toFault } from "./faults.ts";

export type Request = {
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  path: string;
  query?: Record<string, string | number | boolean>;
  body?: Record<string, unknown>;
  /** Newline-delimited JSON, ended by a newline; instead of `body`. */
  lines?: string | Buffer;
  timeoutMs?: number;
  /** Not to be sent again by the client where its answer is lost: a second one would meet what the first has done. */
  once?: boolean;
};

/** Sends one request and hands back the answer in the shape asked for. Throws a Fault. */
export type Api = {
  readonly url: string;
  send<T>(request: Request, answer: z.ZodType<T>, signal: AbortSignal): Promise<T>;
};

/** The transport itself rather than its generated methods: they have no `filter_path` types and no signal. */
export function createApi(client: Client, urls: readonly string[]): Api {
  const url = urls.join(",");
  return {
    url,
    async send(request, answer, signal) {
      if (signal.aborted) throw stopped(url);
      const { method, path, query = {}, body, lines, timeoutMs, once = false } = request;
      const sent = client.transport.request(
        {
          method,
          path,
          querystring: query,
          ...(body ? { body } : {}),
          ...(lines === undefined ? {} : { bulkBody: lines }),
        },
        {
          ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
          ...(once ? { maxRetries: 0 } : {}),
        },
      );
      const abort = () => {
        sent.abort();
      };
      signal.addEventListener("abort", abort, { once: true });
      try {
        const response = await sent;
        const parsed = answer.safeParse(response.body);
        if (parsed.success) return parsed.data;
        throw unexpected(url, request, parsed.error.issues[0]?.path.join(".") ?? "");
      } catch (error) {
        throw signal.aborted ? stopped(url) : toFault(error, url);
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
  };
}

function stopped(url: string): Fault {
  return new Fault("outage", `OpenSearch at ${url}: stopped before it answered`);
}

function unexpected(url: string, request: Request, where: string): Fault {
  return new Fault(
    "outage",
    `OpenSearch at ${url}: an answer to ${request.method} ${request.path.slice(0, 80)} that makes no sense${where ? ` (at ${where})` : ""}`,
    { hint: "Is it really OpenSearch that answers there, and not a proxy's page?" },
  );
}

/** Path segments of comma-separated names, each short enough for the 4 KB request line. */
export function nameChunks(names: readonly string[], maxBytes = 3000): string[] {
  const chunks: string[] = [];
  let current = "";
  for (const name of names) {
    const encoded = encodeURIComponent(name);
    if (current && current.length + 1 + encoded.length > maxBytes) {
      chunks.push(current);
      current = "";
    }
    current = current ? `${current},${encoded}` : encoded;
  }
  if (current) chunks.push(current);
  return chunks;
}
