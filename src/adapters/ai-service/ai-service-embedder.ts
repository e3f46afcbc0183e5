import { randomUUID } from "node:crypto";
import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import {
  jsonIn,
  maxAnswerBytes,
  readBody,
  readRefusal,
  BodyTooLarge,
} from "../http/answer-body.ts";
import { type HttpAddress, httpAddress } from "../http/http-address.ts";
import {
  connectionFault,
  type FaultContext,
  nonsenseFault,
  refusalFault,
  stoppedFault,
  timeoutFault,
  emptyAnswerFault,
} from "../http/http-faults.ts";
import { checkDimensions, alignVectors } from "../http/align-vectors.ts";
import { probeServer } from "../http/probe-server.ts";
import { readServerMessage } from "../http/server-message.ts";
import { timeLimit } from "../../concurrency/time-limit.ts";
import { withinOrigin } from "../http/within-origin.ts";
import { z } from "zod";
import { allowanceIn } from "../http/rate-headers.ts";
import { parseEmbeddings } from "../http/parse-embeddings.ts";
import { readVector } from "../http/read-vector.ts";

const PATH = "/api/v1/embedding/batch";

export type AiServiceOptions = {
  /** Base URL, without the path of the batch endpoint. */
  url: string;
  /** The name in stamps; the service does not receive it. */
  model: string;
  dimensions: number;
  maxTextsPerRequest?: number;
  maxTokensPerText: number;
  /** For the whole answer, body included. */
  timeoutMs: number;
  /** USD; unknown where absent. */
  pricePerMillionTokens?: number;
  fetch?: typeof fetch;
};

/** An embedder on the AI service's batch endpoint. Throws a TypeError where `url` is no URL. */
export function createAiServiceEmbedder(options: AiServiceOptions): Embedder {
  const { model, dimensions, maxTokensPerText, maxTextsPerRequest = 100 } = options;
  const address = httpAddress(options.url);
  const post = createPost(options, address);
  const contextFor = contexts(options, address);

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    if (inputs.length === 0) return { vectors: [], tokens: 0 };
    const logs = logsOf(inputs);
    const context = contextFor(logs.map(({ message }) => message));
    using limit = timeLimit(signal, options.timeoutMs);
    try {
      const answered = await post(logs, limit.signal, context);
      const logIds = logs.map(({ log_id }) => log_id);
      const answer = readAiServiceAnswer(answered, logIds, context);
      const wanted = { at: context.at, model, dimensions };
      return { ...answer, vectors: checkDimensions(answer.vectors, wanted) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (signal.aborted) throw stoppedFault(context);
      if (limit.timedOut()) throw timeoutFault(context);
      if (error instanceof BodyTooLarge) throw nonsenseFault(error.message, context);
      throw connectionFault(error, context);
    }
  }

  return {
    name: "ai-service",
    model,
    dimensions,
    limits: {
      maxTextsPerRequest,
      maxTokensPerText,
      // The service has no limit per request.
      maxTokensPerRequest: maxTextsPerRequest * maxTokensPerText,
    },
    pricePerMillionTokens: options.pricePerMillionTokens ?? null,
    embed,
    probe: (signal, met) =>
      probeServer({ url: address.url, fetch: options.fetch, met }, signal, contextFor([])),
  };
}

type Log = { log_id: string; message: string; trace_id: string };

function logsOf(inputs: readonly EmbedInput[]): Log[] {
  const logIds = uniqueLogIds(inputs.map(({ logId }) => logId));
  const requestTraceId = randomUUID();
  return inputs.map(({ text, logId, traceId }, place) => ({
    log_id: logIds[place] ?? logId,
    message: text.toWellFormed(),
    trace_id: traceId ?? requestTraceId,
  }));
}

/** One POST; returns the parsed body of a 2xx answer, throws a Fault for any other. */
function createPost(options: AiServiceOptions, address: HttpAddress) {
  const fetch = withinOrigin(options.fetch ?? globalThis.fetch);
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    ...(address.authorization !== undefined && { authorization: address.authorization }),
  };
  return async (logs: readonly Log[], signal: AbortSignal, context: FaultContext) => {
    const body = JSON.stringify({ logs });
    const response = await fetch(`${address.url}${PATH}`, {
      method: "POST",
      headers,
      body,
      signal,
    });
    if (!response.ok) {
      const text = await readRefusal(response, signal);
      const { status, headers: answered } = response;
      throw refusalFault(
        { ...readServerMessage(jsonIn(text) ?? text), status, headers: answered },
        context,
      );
    }
    const maxBytes = maxAnswerBytes(logs.length, options.dimensions);
    const answer = parseEmbeddings(await readBody(response, maxBytes, signal));
    if (answer === undefined) throw nonsenseFault("the answer is not JSON", context);
    return { body: answer, headers: response.headers };
  };
}

function contexts(
  options: AiServiceOptions,
  address: HttpAddress,
): (texts: string[]) => FaultContext {
  return (texts) => ({
    at: `ai-service at ${address.url}`,
    model: options.model,
    secrets: address.secrets,
    texts,
    timeoutMs: options.timeoutMs,
    nowMs: Date.now(),
    hints: {
      credentials:
        "Put the user and password into AI_SERVICE_URL, as in http://user:password@host.",
      model: "Ask the service which model it serves.",
      address: `Check AI_SERVICE_URL (without ${PATH}) and that the service is up.`,
    },
  });
}

/** An id per log, unique within the request: two indices may hold the same id. */
export function uniqueLogIds(ids: readonly string[]): string[] {
  const taken = new Set(ids);
  const seen = new Set<string>();
  return ids.map((id) => {
    if (!seen.has(id)) {
      seen.add(id);
      return id;
    }
    let nth = 2;
    while (taken.has(`${id}#${nth}`)) nth += 1;
    const unique = `${id}#${nth}`;
    taken.add(unique);
    return unique;
  });
}

const tokenCount = z.int().nonnegative().nullish();

// readVector checks the vectors: a schema for each number would cost more than the request.
const answerSchema = z.object({
  embeddings: z.array(
    z.object({ log_id: z.union([z.string(), z.number()]), embedding: z.unknown() }),
  ),
  usage: z.object({ total_tokens: tokenCount }).nullish().catch(null),
});

/** Reads the answer for these ids. Throws a Fault where it holds no vectors. */
export function readAiServiceAnswer(
  { body, headers }: { body: unknown; headers: Pick<Headers, "get"> },
  logIds: readonly string[],
  context: FaultContext,
): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw emptyAnswerFault(body, headers, context);
  const places = new Map(logIds.map((id, position) => [id, position]));
  const answered = parsed.data.embeddings.map(({ log_id, embedding }) => ({
    position: places.get(String(log_id)),
    vector: readVector(embedding),
  }));
  const allowance = allowanceIn(headers, context.nowMs);
  return {
    vectors: alignVectors(logIds.length, answered),
    tokens: parsed.data.usage?.total_tokens ?? null,
    ...(allowance && { allowance }),
  };
}
