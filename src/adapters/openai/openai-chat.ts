import { z } from "zod";
import { timeLimit } from "../../concurrency/time-limit.ts";
import { Fault } from "../../domain/faults.ts";
import type { LanguageModel, ModelQuestion, ModelReply } from "../../ports/language-model.ts";
import { jsonIn, readBody } from "../http/answer-body.ts";
import { type HttpAddress, httpAddress } from "../http/http-address.ts";
import {
  type FaultContext,
  nonsenseFault,
  stoppedFault,
  timeoutFault,
} from "../http/http-faults.ts";
import { allowanceIn } from "../http/rate-headers.ts";
import type { Refusal } from "../http/refusal-kind.ts";
import { presentable, readServerMessage } from "../http/server-message.ts";
import { OPENAI_URL } from "./openai-price.ts";

export type OpenAiChatOptions = {
  /** Absent for servers without authentication. */
  apiKey?: string;
  /** With its version, as in `http://localhost:11434/v1`. Default: OpenAI. */
  baseUrl?: string;
  model: string;
  maxOutputTokens: number;
  /** For the whole answer, body included. */
  timeoutMs: number;
  /** USD per million tokens. */
  price: { input: number; output: number } | null;
  fetch?: typeof fetch;
};

/** More no claims are. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * A model of any server with OpenAI's chat API, asked without streaming and without tools. Optional parameters that a server refuses are
 * left out from then on: a schema, JSON mode, the temperature, and either name of the longest answer. Throws a TypeError where baseUrl
 * is no URL.
 */
export function createOpenAiChat(options: OpenAiChatOptions): LanguageModel {
  const { model, maxOutputTokens, timeoutMs, price } = options;
  const address = httpAddress(options.baseUrl ?? OPENAI_URL);
  const context = contextOf(options, address);
  let opened: ReturnType<typeof openSdk> | undefined;
  let form: ChatForm = FIRST_FORM;

  async function ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelReply> {
    const said = { ...context, texts: [question.user], nowMs: Date.now() };
    const { client, openAiFault, refusalIn } = await (opened ??= openSdk(options, address));
    using limit = timeLimit(signal, timeoutMs);
    const request = async () => {
      for (;;) {
        try {
          const body = {
            model,
            ...messagesOf(question),
            ...parametersOf(form, question, maxOutputTokens),
          };
          return await client.chat.completions.create(body, { signal: limit.signal }).asResponse();
        } catch (error) {
          const refusal = refusalIn(error);
          const next = refusal && nextChatForm(form, refusal);
          if (next === undefined) throw error;
          form = next;
        }
      }
    };
    try {
      const response = await request();
      const bytes = await readBody(response, MAX_ANSWER_BYTES, limit.signal);
      const body = jsonIn(bytes.toString("utf8"));
      const allowance = allowanceIn(response.headers, said.nowMs);
      return { ...readReply(body, said), ...(allowance && { allowance }) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (signal.aborted) throw stoppedFault(said);
      if (limit.timedOut()) throw timeoutFault(said);
      throw openAiFault(error, said);
    }
  }

  return { name: "openai", model, maxOutputTokens, price, ask };
}

/** The SDK is two hundred files, so it is loaded with the first question. */
async function openSdk(options: OpenAiChatOptions, address: HttpAddress) {
  const { openAiClient, openAiFault, refusalIn } = await import("./openai-sdk.ts");
  return { client: openAiClient(options, address), openAiFault, refusalIn };
}

function contextOf(
  { apiKey, model, timeoutMs }: OpenAiChatOptions,
  address: HttpAddress,
): Omit<FaultContext, "nowMs" | "texts"> {
  return {
    at: `language model at ${address.url}`,
    model,
    secrets: [...address.secrets, ...(apiKey === undefined ? [] : [apiKey])],
    timeoutMs,
    hints: {
      credentials:
        apiKey === undefined
          ? "Set LLM_API_KEY: this server asks for a key."
          : "Check LLM_API_KEY (or OPENAI_API_KEY) and what it may be used for.",
      model: "Set LLM_MODEL to a model that this server has and this key may use.",
      address:
        "Check LLM_BASE_URL (with its version, as in http://host/v1) and that the server is up.",
      timeout: "Raise LLM_TIMEOUT_SECONDS, or lower LLM_MAX_OUTPUT_TOKENS.",
      tooLarge: "Set LLM_MODEL to a model that reads 8,000 tokens or more.",
    },
  };
}

function messagesOf({ system, user }: ModelQuestion) {
  return {
    stream: false as const,
    messages: [
      { role: "system" as const, content: system },
      { role: "user" as const, content: user },
    ],
  };
}

/** Optional request parameters; servers and models differ in what they accept. */
export type ChatForm = {
  answer: "schema" | "json" | "words";
  limit: "max_completion_tokens" | "max_tokens";
  temperature: boolean;
};

const FIRST_FORM: ChatForm = {
  answer: "schema",
  limit: "max_completion_tokens",
  temperature: true,
};

function parametersOf(
  { answer, limit, temperature }: ChatForm,
  { schema }: ModelQuestion,
  maxOutputTokens: number,
) {
  const json_schema = { name: "explanation", strict: true, schema };
  const format = {
    schema: { response_format: { type: "json_schema" as const, json_schema } },
    json: { response_format: { type: "json_object" as const } },
    words: {},
  }[answer];
  return { ...format, [limit]: maxOutputTokens, ...(temperature ? { temperature: 0 } : {}) };
}

/** The next form after a refusal; undefined where the refusal has another cause, or no form is left. */
export function nextChatForm(
  form: ChatForm,
  { status, param, message }: Pick<Refusal, "status" | "param" | "message">,
): ChatForm | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const says = `${param ?? ""} ${message}`;
  if (form.limit === "max_completion_tokens" && /max_(?:completion_)?tokens/i.test(says)) {
    return { ...form, limit: "max_tokens" };
  }
  if (form.temperature && /temperature/i.test(says)) return { ...form, temperature: false };
  if (form.answer === "words" || !/response_?format|json|schema|structured/i.test(says)) {
    return undefined;
  }
  return { ...form, answer: form.answer === "schema" ? "json" : "words" };
}

const tokens = z.int().nonnegative();
const replyShape = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullish().catch(null),
});

/** Reads the body of an answer. Throws a Fault where it holds no answer. */
function readReply(body: unknown, context: FaultContext): Omit<ModelReply, "allowance"> {
  const parsed = replyShape.safeParse(body);
  const [choice] = parsed.data?.choices ?? [];
  if (!parsed.success || !choice) {
    const { message } = readServerMessage(body);
    const what =
      message === "" || typeof body === "string" ? "" : `: ${presentable(message, context)}`;
    throw nonsenseFault(`the answer holds no message${what}`, context);
  }
  const { content, refusal } = choice.message;
  if (!content) {
    const why = refusal ? "the model refused to answer" : "the model's answer is empty";
    throw nonsenseFault(why, context);
  }
  const { usage } = parsed.data;
  return {
    text: content,
    cut: choice.finish_reason === "length",
    tokens: usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : null,
  };
}
