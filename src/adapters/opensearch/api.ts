import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import { isObject } from "../../domain/document.ts";
import type { TransportRequestParams } from "@opensearch-project/opensearch/lib/Transport.js";
import { AnswerTooLarge, type Bounded } from "./bounded-answers.ts";
import type { OpenSearchClient } from "./client.ts";
import type { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { CountedEvents } from "../../ports/events.ts";
import { toFault } from "./faults.ts";

export type Request = {
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  path: string;
  query?: Record<string, string | number | boolean>;
  body?: Record<string, unknown>;
  /** Newline-delimited JSON with a trailing newline; instead of `body`. */
  lines?: string | Buffer;
  timeoutMs?: number;
  /** The client does not retry: a retry of a write whose answer was lost would see the first one's effect. */
  once?: boolean;
  /** A health probe: no work waits for it. */
  probe?: true;
  /** Bytes; a longer answer throws AnswerTooLarge. Default: no limit. */
  maxAnswerBytes?: number;
};

/** Sends one request and parses its answer. Throws a Fault, or an AnswerTooLarge. */
export type Api = {
  readonly url: string;
  /** The time limit of a request that sets none. */
  readonly timeoutMs: number;
  send<T>(request: Request, answer: z.ZodType<T>, signal: AbortSignal): Promise<T>;
};

/** Uses the client's transport: its generated methods take neither `filter_path` types nor a signal. */
export function createApi(
  client: Pick<OpenSearchClient, "transport">,
  { urls, timeoutMs: longest }: { urls: readonly string[]; timeoutMs: number },
  events: Pick<CountedEvents, "callBegan" | "callEnded" | "callRepeated">,
): Api {
  const url = urls.join(",");
  const target = "opensearch";
  return {
    url,
    timeoutMs: longest,
    async send(request, answer, signal) {
      if (signal.aborted) throw stopped(url);
      const { method, path, query = {}, body, lines, timeoutMs, once = false, probe } = request;
      const { maxAnswerBytes } = request;
      const params: TransportRequestParams & Bounded = {
        method,
        path,
        querystring: query,
        ...(body ? { body } : {}),
        ...(lines === undefined ? {} : { bulkBody: lines }),
        ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
      };
      const sent = client.transport.request(params, {
        ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
        ...(once ? { maxRetries: 0 } : {}),
      });
      const abort = () => {
        sent.abort();
      };
      signal.addEventListener("abort", abort, { once: true });
      const startedAt = performance.now();
      const ended = (again: number, fault?: Fault) => {
        if (again > 0) events.callRepeated({ target, times: again });
        const durationMs = performance.now() - startedAt;
        // A request that this process abandoned is not a failure of the server.
        events.callEnded({
          target,
          durationMs,
          ...(probe && { probe }),
          ...(fault && (signal.aborted ? { abandoned: true } : { fault })),
        });
      };
      events.callBegan({ target });
      try {
        const response = await sent;
        const parsed = answer.safeParse(response.body);
        if (!parsed.success) {
          throw unexpected(url, request, parsed.error.issues[0]?.path.join(".") ?? "");
        }
        ended(response.meta.attempts);
        return parsed.data;
      } catch (error) {
        if (error instanceof AnswerTooLarge && !signal.aborted) {
          // The server answered; the caller asks again for less.
          ended(attemptsOf(error));
          throw error;
        }
        const fault = signal.aborted ? stopped(url) : toFault(error, url);
        ended(attemptsOf(error), fault);
        throw fault;
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
  };
}

/** Retries by the client library. */
function attemptsOf(error: unknown): number {
  const hasMeta = error instanceof errors.OpenSearchClientError && "meta" in error;
  const meta = hasMeta && isObject(error.meta) ? error.meta["meta"] : undefined;
  const attempts = isObject(meta) ? meta["attempts"] : undefined;
  return typeof attempts === "number" ? attempts : 0;
}

function stopped(url: string): Fault {
  return new Fault("outage", `OpenSearch at ${url}: stopped before it answered`);
}

function unexpected(url: string, request: Request, where: string): Fault {
  return new Fault(
    "outage",
    `OpenSearch at ${url}: invalid answer to ${request.method} ${request.path.slice(0, 80)}${where ? ` (at ${where})` : ""}`,
    { hint: "Is it really OpenSearch that answers there, and not a proxy's page?" },
  );
}

/** Comma-separated names as path segments, each short enough for a request line of 4 KB. */
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
