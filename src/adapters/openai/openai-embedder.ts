import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import { maxAnswerBytes, readBody } from "../http/answer-body.ts";
import { type HttpAddress, httpAddress } from "../http/http-address.ts";
import {
  type FaultContext,
  nonsenseFault,
  stoppedFault,
  timeoutFault,
  emptyAnswerFault,
} from "../http/http-faults.ts";
import { checkDimensions, alignVectors } from "../http/align-vectors.ts";
import { probeServer } from "../http/probe-server.ts";
import { presentable } from "../http/server-message.ts";
import { OPENAI_URL, openAiPrice } from "./openai-price.ts";
import { timeLimit } from "../../concurrency/time-limit.ts";
import { type Refusal, mentionsDimensions } from "../http/refusal-kind.ts";
import { z } from "zod";
import { allowanceIn } from "../http/rate-headers.ts";
import { parseEmbeddings } from "../http/parse-embeddings.ts";
import { readVector } from "../http/read-vector.ts";

/** https://platform.openai.com/docs/api-reference/embeddings/create */
const MAX_TOKENS_PER_REQUEST = 300_000;

export type OpenAiOptions = {
  /** Absent for servers without authentication. */
  apiKey?: string;
  /** With its version, as in `http://localhost:11434/v1`. Default: OpenAI. */
  baseUrl?: string;
  model: string;
  dimensions: number;
  maxTextsPerRequest?: number;
  maxTokensPerText?: number;
  /** Falls back to `float` where the server refuses `base64`. */
  encoding: "base64" | "float";
  /** For the whole answer, body included. */
  timeoutMs: number;
  /** USD; overrides the known prices. */
  pricePerMillionTokens?: number;
  fetch?: typeof fetch;
};

/** An embedder for servers with OpenAI's embeddings API. Throws a TypeError where baseUrl is no URL. */
export function createOpenAiEmbedder(options: OpenAiOptions): Embedder {
  const { model, dimensions } = options;
  const address = httpAddress(options.baseUrl ?? OPENAI_URL);
  let opened: Promise<Sdk> | undefined;
  const open = () => (opened ??= openSdk(options, address));
  const contextFor = contexts(options, address);
  let form = firstForm(model, options.encoding);

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    if (inputs.length === 0) return { vectors: [], tokens: 0 };
    const texts = inputs.map(({ text }) => text.toWellFormed());
    const context = contextFor(texts);
    const sdk = await open();
    using limit = timeLimit(signal, options.timeoutMs);
    try {
      const { response, taken } = await request(sdk, { texts, context }, limit.signal);
      form = taken;
      const { headers } = response;
      const maxBytes = maxAnswerBytes(texts.length, dimensions);
      const body = parseEmbeddings(await readBody(response, maxBytes, limit.signal));
      if (body === undefined) throw nonsenseFault("the answer is not JSON", context);
      const answer = readOpenAiAnswer({ body, headers }, texts.length, context);
      return {
        ...answer,
        vectors: checkDimensions(answer.vectors, { at: context.at, model, dimensions }),
      };
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (signal.aborted) throw stoppedFault(context);
      if (limit.timedOut()) throw timeoutFault(context);
      throw sdk.openAiFault(error, context);
    }
  }

  /** Sends the texts, and retries with other options where the server refuses the options. */
  async function request(
    { client, refusalIn }: Sdk,
    { texts, context }: { texts: string[]; context: FaultContext },
    signal: AbortSignal,
  ) {
    let tried = form;
    for (;;) {
      try {
        const sent = client.embeddings.create(bodyIn(tried, texts), { signal });
        return { response: await sent.asResponse(), taken: tried };
      } catch (error) {
        const refusal = refusalIn(error);
        const message = presentable(refusal?.message ?? "", context);
        const next = refusal && nextForm(tried, { ...refusal, message }, model);
        if (next === undefined) throw error;
        tried = next;
      }
    }
  }

  function bodyIn({ dimensions: named, encoding }: RequestForm, input: string[]) {
    return { model, input, encoding_format: encoding, ...(named && { dimensions }) };
  }

  return {
    name: "openai",
    model,
    dimensions,
    limits: {
      maxTextsPerRequest: options.maxTextsPerRequest ?? 2048,
      maxTokensPerText: options.maxTokensPerText ?? 8192,
      maxTokensPerRequest: MAX_TOKENS_PER_REQUEST,
    },
    pricePerMillionTokens: options.pricePerMillionTokens ?? openAiPrice(model, address.url),
    embed,
    // A failure is told with the first request.
    warmUp: () => void open().catch(() => undefined),
    probe(signal, met) {
      const url = `${address.url}/models`;
      return probeServer({ url, fetch: options.fetch, met }, signal, contextFor([]));
    },
  };
}

type Sdk = Awaited<ReturnType<typeof openSdk>>;

/** The SDK is two hundred files, so it is loaded with the first text. */
async function openSdk(options: OpenAiOptions, address: HttpAddress) {
  const { openAiClient, openAiFault, refusalIn } = await import("./openai-sdk.ts");
  return { client: openAiClient(options, address), openAiFault, refusalIn };
}

function contexts(options: OpenAiOptions, address: HttpAddress): (texts: string[]) => FaultContext {
  const secrets = [...address.secrets, ...(options.apiKey === undefined ? [] : [options.apiKey])];
  const hints = {
    credentials:
      options.apiKey === undefined
        ? "Set OPENAI_API_KEY: this server asks for a key."
        : "Check OPENAI_API_KEY and what it may be used for.",
    model: "Set EMBEDDING_MODEL to a model that this server has and this key may use.",
    address:
      "Check OPENAI_BASE_URL (with its version, as in http://host/v1) and that the server is up.",
  };
  return (texts) => ({
    at: `openai at ${address.url}`,
    model: options.model,
    secrets,
    texts,
    timeoutMs: options.timeoutMs,
    nowMs: Date.now(),
    hints,
  });
}

/** Optional request parameters; servers differ in what they accept. */
export type RequestForm = { dimensions: boolean; encoding: "base64" | "float" };

const ENCODING = /encoding[_ ]?format|base64/i;

/** The first attempt: ada-002 refuses `dimensions`, other models may accept it. */
export function firstForm(model: string, encoding: RequestForm["encoding"]): RequestForm {
  return { dimensions: !model.includes("text-embedding-ada-002"), encoding };
}

/**
 * The next form after a refusal; undefined where the refusal has another cause. text-embedding-3 models keep
 * `dimensions`: without it they return full-length vectors.
 */
export function nextForm(
  form: RequestForm,
  refusal: Refusal,
  model: string,
): RequestForm | undefined {
  if (refusal.status !== 400 && refusal.status !== 422) return undefined;
  const aboutEncoding = refusal.param === "encoding_format" || ENCODING.test(refusal.message);
  if (form.encoding === "base64" && aboutEncoding) return { ...form, encoding: "float" };
  const mayDrop = form.dimensions && !model.includes("text-embedding-3-");
  return mayDrop && mentionsDimensions(refusal) ? { ...form, dimensions: false } : undefined;
}

const tokenCount = z.int().nonnegative().nullish();

// readVector checks the vectors: a schema for each number would cost more than the request.
const answerSchema = z.object({
  data: z.array(z.object({ index: z.number().nullish(), embedding: z.unknown() })),
  usage: z.object({ total_tokens: tokenCount, prompt_tokens: tokenCount }).nullish().catch(null),
});

/** Reads the answer for `count` texts. Throws a Fault where it holds no vectors. */
export function readOpenAiAnswer(
  { body, headers }: { body: unknown; headers: Pick<Headers, "get"> },
  count: number,
  context: FaultContext,
): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw emptyAnswerFault(body, headers, context);
  const { data, usage } = parsed.data;
  const byPosition =
    data.length === count && data.every(({ index }) => index === undefined || index === null);
  const answered = data.map(({ index, embedding }, at) => ({
    position: byPosition ? at : (index ?? undefined),
    vector: readVector(embedding),
  }));
  const allowance = allowanceIn(headers, context.nowMs);
  return {
    vectors: alignVectors(count, answered),
    tokens: usage?.total_tokens ?? usage?.prompt_tokens ?? null,
    ...(allowance && { allowance }),
  };
}
