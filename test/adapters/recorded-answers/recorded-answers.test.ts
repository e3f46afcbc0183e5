import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createAiServiceEmbedder } from "../../../src/adapters/ai-service/ai-service-embedder.ts";
import { createApi } from "../../../src/adapters/opensearch/api.ts";
import { openClient } from "../../../src/adapters/opensearch/client.ts";
import { itemFault } from "../../../src/adapters/opensearch/faults.ts";
import { createOpenAiEmbedder } from "../../../src/adapters/openai/openai-embedder.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import type { Fault } from "../../../src/domain/faults.ts";
import { FIELDS } from "../opensearch/index-facts.ts";
import { z } from "zod";
import { AI_SERVICE_ANSWERS } from "./ai-service.ts";
import { AZURE_ANSWERS } from "./azure-openai.ts";
import { LITELLM_ANSWERS, PROXY_ANSWERS } from "./gateways.ts";
import { OPENAI_ANSWERS } from "./openai.ts";
import { ITEM_ANSWERS, WHOLE_ANSWERS } from "./opensearch.ts";
import { KEY, type RecordedAnswer, TEXT } from "./recorded-answer.ts";
import { LLAMA_CPP_ANSWERS, OLLAMA_ANSWERS, TEI_ANSWERS, VLLM_ANSWERS } from "./self-hosted.ts";
import { assertPresentable, faultOf, serveAnswer } from "./serve-answer.ts";
import { recordEvents } from "../../support/recorded-events.ts";

const OPENAI_COMPATIBLE = [
  ...OPENAI_ANSWERS,
  ...AZURE_ANSWERS,
  ...VLLM_ANSWERS,
  ...TEI_ANSWERS,
  ...OLLAMA_ANSWERS,
  ...LLAMA_CPP_ANSWERS,
  ...LITELLM_ANSWERS,
  ...PROXY_ANSWERS,
];
const INPUTS = [{ text: TEXT, logId: "1" }];

function assertFault(fault: Fault, recorded: RecordedAnswer): void {
  assert.equal(fault.kind, recorded.kind, fault.message);
  assert.equal(fault.retryAfterMs, recorded.retryAfterMs);
  assert.match(fault.message, recorded.says);
  assertPresentable(fault.message);
  assertPresentable(fault.hint ?? "");
}

suite("an embedder on OpenAI's API", () => {
  for (const recorded of OPENAI_COMPATIBLE) {
    test(`${recorded.from}: ${recorded.what} (${recorded.status}) is ${recorded.kind}`, async (t) => {
      const embedder = createOpenAiEmbedder({
        apiKey: KEY,
        baseUrl: `${await serveAnswer(t, recorded)}/v1`,
        // This one keeps asking for its dimensions, so that a refusal of them is not tried around.
        model: "text-embedding-3-large",
        dimensions: 8,
        encoding: "float",
        timeoutMs: 10_000,
      });
      assertFault(await faultOf(embedder.embed(INPUTS, t.signal)), recorded);
    });
  }
});

suite("the AI service's embedder", () => {
  for (const recorded of [...AI_SERVICE_ANSWERS, ...PROXY_ANSWERS]) {
    test(`${recorded.from}: ${recorded.what} (${recorded.status}) is ${recorded.kind}`, async (t) => {
      const url = new URL(await serveAnswer(t, recorded));
      url.username = "user";
      url.password = KEY;
      const embedder = createAiServiceEmbedder({
        url: url.href,
        model: "ai-service",
        dimensions: 8,
        maxTokensPerText: 8192,
        timeoutMs: 10_000,
      });
      assertFault(await faultOf(embedder.embed(INPUTS, t.signal)), recorded);
    });
  }
});

suite("OpenSearch", () => {
  for (const recorded of WHOLE_ANSWERS) {
    test(`${recorded.from}: ${recorded.what} (${recorded.status}) is ${recorded.kind}`, async (t) => {
      const url = await serveAnswer(t, recorded);
      const client = await openClient({ urls: [url], tls: { verify: true }, timeoutMs: 10_000 });
      t.after(() => client.close());
      const api = createApi(client, { urls: [url], timeoutMs: 30_000 }, recordEvents().events);
      const call = api.send(
        { method: "POST", path: "/_bulk", lines: "{}\n" },
        z.unknown(),
        t.signal,
      );
      assertFault(await faultOf(call), recorded);
    });
  }

  for (const { from, what, status, error, kind, says } of ITEM_ANSWERS) {
    test(`${from}: of one update, ${what} (${status}) is ${kind}`, () => {
      const fault = itemFault(status, error, FIELDS);
      assert.equal(fault.kind, kind);
      assert.match(fault.message, says);
      assertPresentable(fault.message);
    });
  }
});

test("every kind of fault is among the recorded answers", () => {
  const all = [...OPENAI_COMPATIBLE, ...AI_SERVICE_ANSWERS, ...WHOLE_ANSWERS, ...ITEM_ANSWERS];
  const kinds = new Set(all.map(({ kind }) => kind));
  assert.deepEqual([...kinds].toSorted(), Object.keys(FAULT_POLICIES).toSorted());
});
