import type { RecordedAnswer } from "./recorded-answer.ts";

/** vLLM up to 0.9: nothing stands under `error`. */
const vllm = (message: string, type: string, code: number) => ({
  object: "error",
  message,
  type,
  param: null,
  code,
});
/** TEI on /v1/embeddings, all versions. */
const tei = (message: string, type: string, code: number) => ({ message, code, type });
const ollama = (message: string, type: string) => ({
  error: { message, type, param: null, code: null },
});

export const VLLM_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "vLLM 0.9.0",
    what: "a text that is too long",
    status: 400,
    body: vllm(
      "This model's maximum context length is 512 tokens. However, you requested 1451 tokens in the input for embedding generation. Please reduce the length of the input.",
      "BadRequestError",
      400,
    ),
    kind: "record",
    says: /maximum context length is 512 tokens/,
  },
  {
    from: "vLLM 0.9.0",
    what: "dimensions that the model does not have",
    status: 400,
    body: vllm(
      'Model "BAAI/bge-m3" does not support matryoshka representation, changing output dimensions will lead to poor results.',
      "BadRequestError",
      400,
    ),
    kind: "configuration",
    says: /matryoshka/,
  },
  {
    from: "vLLM 0.9.0",
    what: "an unknown model",
    status: 404,
    body: vllm("The model `bge` does not exist.", "NotFoundError", 404),
    kind: "configuration",
    says: /The model `bge` does not exist/,
  },
  {
    from: "vLLM 0.15.0",
    what: "a text that is too long, in the new form",
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 512 tokens. However, your request has 1451 input tokens. Please reduce the length of the input messages.",
        type: "BadRequestError",
        param: "input_tokens",
        code: 400,
      },
    },
    kind: "record",
    says: /has 1451 input tokens/,
  },
  {
    from: "vLLM 0.15.0",
    what: "a missing key",
    status: 401,
    body: { error: "Unauthorized" },
    kind: "credentials",
    says: /401 Unauthorized/,
  },
  {
    from: "vLLM 0.15.0",
    what: "an engine that died",
    status: 500,
    body: {
      error: {
        message: "EngineCore encountered an issue. See stack trace (above) for the root cause.",
        type: "InternalServerError",
        param: null,
        code: 500,
      },
    },
    kind: "outage",
    says: /EngineCore encountered an issue/,
  },
];

export const TEI_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "TEI 1.9.3",
    what: "a text that is too long",
    status: 422,
    body: tei(
      "Input validation error: `inputs` must have less than 512 tokens. Given: 534",
      "Validation",
      422,
    ),
    kind: "record",
    says: /must have less than 512 tokens/,
  },
  {
    from: "TEI 1.8",
    what: "more texts than it takes",
    status: 413,
    body: tei("batch size 64 > maximum allowed batch size 32", "Validation", 413),
    kind: "record",
    says: /batch size 64 > maximum allowed batch size 32/,
  },
  {
    from: "TEI 1.9.3",
    what: "more than it can do at once",
    status: 429,
    body: tei("Model is overloaded", "Overloaded", 429),
    kind: "rate",
    says: /Model is overloaded/,
  },
  {
    from: "TEI 1.9.3",
    what: "trouble in its backend",
    status: 424,
    body: tei(
      'Backend error: DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")',
      "Backend",
      424,
    ),
    kind: "outage",
    says: /Backend error/,
  },
  {
    from: "TEI 1.9.3",
    what: "trouble with one text",
    status: 422,
    body: tei("tokenizer error Encoding is not valid", "Tokenizer", 422),
    kind: "record",
    says: /tokenizer error/,
  },
  {
    from: "TEI 1.9.3",
    what: "a missing key, without a word",
    status: 401,
    body: "",
    kind: "credentials",
    says: /401 Unauthorized/,
  },
  {
    from: "TEI 1.9.3",
    what: "a body beyond its payload limit",
    status: 413,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: "Failed to buffer the request body: length limit exceeded",
    kind: "record",
    says: /length limit exceeded/,
  },
];

export const OLLAMA_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "Ollama 0.13",
    what: "a text that is too long",
    status: 400,
    body: ollama("the input length exceeds the context length", "invalid_request_error"),
    kind: "record",
    says: /exceeds the context length/,
  },
  {
    from: "Ollama 0.12.3",
    what: "an unknown model",
    status: 404,
    body: ollama('model "nomic-embed-text" not found, try pulling it first', "api_error"),
    kind: "configuration",
    says: /try pulling it first/,
  },
  {
    from: "Ollama 0.12.3",
    what: "too many requests waiting",
    status: 503,
    body: ollama("server busy, please try again.  maximum pending requests exceeded", "api_error"),
    kind: "outage",
    says: /server busy/,
  },
  {
    from: "Ollama 0.7.0",
    what: "a model process that went away",
    status: 500,
    body: ollama('do embedding request: Post "http://127.0.0.1:50544/embedding": EOF', "api_error"),
    kind: "outage",
    says: /EOF/,
  },
  {
    from: "Ollama 0.17",
    what: "the same, as a bad request",
    status: 400,
    body: ollama(
      'do embedding request: Post "http://127.0.0.1:35001/embedding": dial tcp 127.0.0.1:35001: connect: connection refused',
      "invalid_request_error",
    ),
    kind: "outage",
    says: /connection refused/,
  },
  {
    from: "Ollama 0.5.11",
    what: "a text whose vector is not a number",
    status: 500,
    body: ollama("failed to encode response: json: unsupported value: NaN", "api_error"),
    kind: "record",
    says: /unsupported value: NaN/,
  },
  {
    from: "Ollama 0.17",
    what: "the same, as a bad request",
    status: 400,
    body: ollama("embedding contains NaN or Inf values", "invalid_request_error"),
    kind: "record",
    says: /NaN or Inf/,
  },
];

export const LLAMA_CPP_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "llama.cpp, ggml-org/llama.cpp#11105",
    what: "a text that is too long, as its own trouble",
    status: 500,
    body: {
      error: {
        code: 500,
        message: "input is too large to process. increase the physical batch size",
        type: "server_error",
      },
    },
    kind: "record",
    says: /too large to process/,
  },
  {
    from: "llama.cpp",
    what: "a model that is still being loaded",
    status: 503,
    body: { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    kind: "outage",
    says: /Loading model/,
  },
];
