import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import { jsonIn, maxAnswerBytes, readBody } from "../http/answer-body.ts";
import { type HttpAddress, httpAddress } from "../http/http-address.ts";
import {
  type FaultContext,
  nonsenseFault,
  stoppedFault,
  timeoutFault,
} from "../http/http-faults.ts";
import { checkDimensions } from "../http/align-vectors.ts";
import { probeServer } from "../http/probe-server.ts";
import { presentable } from "../http/server-message.ts";
import { readOpenAiAnswer } from "./openai-answer.ts";
import { OPENAI_URL, openAiPrice } from "./openai-price.ts";
import { firstForm, nextForm, type RequestForm } from "./request-form.ts";
import { timeLimit } from "../http/time-limit.ts";

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
  const contextFor = contexts(options, address);
  let form = firstForm(model, options.encoding);

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    if (inputs.length === 0) return { vectors: [], tokens: 0 };
    const texts = inputs.map(({ text }) => text.toWellFormed());
    const context = contextFor(texts);
    const sdk = await (opened ??= openSdk(options, address));
    using limit = timeLimit(signal, options.timeoutMs);
    try {
      const { response, taken } = await request(sdk, { texts, context }, limit.signal);
      form = taken;
      const { headers } = response;
      const maxBytes = maxAnswerBytes(texts.length, dimensions);
      const body = jsonIn(await readBody(response, maxBytes, limit.signal));
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
    probe: (signal) =>
      probeServer({ url: `${address.url}/models`, fetch: options.fetch }, signal, contextFor([])),
  };
}

type Sdk = Awaited<ReturnType<typeof openSdk>>;

/** The SDK is two hundred files, so it is loaded with the first text. */
async function openSdk(options: OpenAiOptions, address: HttpAddress) {
  const [{ openAiClient }, { openAiFault, refusalIn }] = await Promise.all([
    import("./openai-client.ts"),
    import("./openai-faults.ts"),
  ]);
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
