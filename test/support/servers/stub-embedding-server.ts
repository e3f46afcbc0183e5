import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { aiServiceBody, type Asked, openAiBody } from "./stub-answer.ts";
import { answeredRight, EMPTY_TEXT, refusalOf, type StubFault } from "./stub-fault.ts";
import { createFaultList, type FaultScope } from "./stub-fault-list.ts";

export type RecordedRequest = {
  /** Counted from 1, in the order of arrival. */
  number: number;
  /** When it was there, in milliseconds since the epoch. */
  arrivedAt: number;
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  texts: string[];
  /** Those of the texts that are answered with their right vector: nobody should have to ask for them again. */
  answered: string[];
};

export type StubOptions = {
  port?: number;
  delayMs?: number;
  /** Length of the vectors where the request does not ask for another. */
  dimensions?: number;
};

export type StubEmbeddingServer = AsyncDisposable & {
  /** Base URL of the AI service, without a slash at its end. */
  url: string;
  /** Base URL of the OpenAI API: `…/v1`. */
  openAiBaseUrl: string;
  requests: RecordedRequest[];
  /** Adds a fault; the first one whose scope fits a request befalls it. Null takes all of them away. */
  setFault(fault: StubFault | null, scope?: FaultScope): void;
  close(): Promise<void>;
};

const openAiRequest = z.object({
  model: z.string(),
  input: z.union([z.string().transform((text) => [text]), z.array(z.string())]),
  dimensions: z.number().optional(),
  encoding_format: z.enum(["base64", "float"]).default("float"),
});
const aiServiceRequest = z.object({
  logs: z.array(z.object({ log_id: z.string(), message: z.string(), trace_id: z.string() })),
});

/** Starts an embedding server on loopback that speaks OpenAI's API and the AI service's, with faults on demand. */
export async function startStubEmbeddingServer(
  options: StubOptions = {},
): Promise<StubEmbeddingServer> {
  const requests: RecordedRequest[] = [];
  const faults = createFaultList();
  const closing = new AbortController();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = parseRequest(request.url ?? "", await readText(request), options);
    if (asked === undefined) return sendJson(response, 404, { error: { message: "Not found" } });
    const { url: path = "", headers } = request;
    const { body, texts } = asked;
    const recorded = { path, headers, body, texts: [...texts], arrivedAt: Date.now() };
    const number = requests.length + 1;
    const fault = faults.take({ ...recorded, number }, asked);
    const refusal = asked.texts.includes("") ? EMPTY_TEXT : fault && refusalOf(fault, asked.texts);
    const told = {
      ...recorded,
      number,
      answered: refusal ? [] : answeredRight(fault, asked.texts),
    };
    requests.push(told);
    await sleep(options.delayMs ?? 0, undefined, { signal: closing.signal });
    // Whoever gave up waiting does not hear it, and has to ask again.
    if (response.destroyed) {
      told.answered = [];
      return;
    }
    if (refusal) response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    else if (fault?.kind === "closes") breakOff(response, JSON.stringify(asked.bodyOf(fault)));
    else if (fault?.kind === "hangs") {
      trickle(response, fault.status ?? 200, JSON.stringify(asked.bodyOf(fault)));
    } else sendJson(response, 200, asked.bodyOf(fault));
  }

  const server = createServer((request, response) => {
    // Only a client or a test that went away ends up here.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  async function close(): Promise<void> {
    closing.abort();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    openAiBaseUrl: `${url}/v1`,
    requests,
    setFault: (fault, scope) => faults.set(fault, scope),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a request asks for and how to answer it; undefined where the path or the body is none of ours. */
function parseRequest(path: string, text: string, options: StubOptions) {
  const body: unknown = safeJson(text);
  const native = options.dimensions ?? 1536;
  const openAi = openAiRequest.safeParse(body);
  if (path === "/v1/embeddings" && openAi.success) {
    const { model, input: texts, dimensions, encoding_format: encoding } = openAi.data;
    const names = texts.map((_, i) => i);
    const asked: Asked = { names, texts, dimensions: dimensions ?? native, encoding };
    const bodyOf = (fault?: StubFault) => openAiBody(asked, fault, model);
    return { body, texts, dimensions, encoding, bodyOf };
  }
  const aiService = aiServiceRequest.safeParse(body);
  if (path === "/api/v1/embedding/batch" && aiService.success) {
    const texts = aiService.data.logs.map(({ message }) => message);
    const names = aiService.data.logs.map(({ log_id }) => log_id);
    const asked: Asked = { names, texts, dimensions: native, encoding: "float" };
    const bodyOf = (fault?: StubFault) => aiServiceBody(asked, fault);
    return { body, texts, dimensions: undefined, encoding: undefined, bodyOf };
  }
  return undefined;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function breakOff(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}

function trickle(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  let sent = 0;
  const timer = setInterval(() => response.write(body.charAt(sent++)), 1000);
  response.write(body.charAt(sent++));
  response.once("close", () => clearInterval(timer));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "delay-ms": { type: "string", default: "0" },
      dimensions: { type: "string", default: "1536" },
    },
  });
  const stub = await startStubEmbeddingServer({
    port: Number(values.port),
    delayMs: Number(values["delay-ms"]),
    dimensions: Number(values.dimensions),
  });
  console.log(stub.url);
}
