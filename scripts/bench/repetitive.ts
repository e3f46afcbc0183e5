import { createTokenCounter } from "../../src/adapters/tokens/token-counter.ts";
import { openAiPrice } from "../../src/adapters/openai/openai-price.ts";
import { createToText, isBlank } from "../../src/pipeline/text.ts";
import { MODEL, type Bench, type Measured, type Row } from "./bench.ts";
import { round } from "./samples.ts";
import { readSampleLogs, sampleLogsFolder } from "./sample-logs.ts";

const FORMS = ["message", "template"] as const;

/** Of real logs: how many texts are paid for per thousand documents, and what that saves. */
export async function benchRepetitive(bench: Bench): Promise<Measured> {
  const folder = sampleLogsFolder();
  if (folder === undefined) {
    const skipped = "no real logs here: LOG_VECTORIZER_LOGS names a folder with *.log files";
    return { figures: { skipped }, rows: [{ what: "texts of real logs", value: skipped }] };
  }
  const counter = await createTokenCounter();
  const price = openAiPrice(MODEL, "https://api.openai.com/v1") ?? 0;
  const files = [];
  const rows: Row[] = [];
  for (const { file, messages } of await readSampleLogs()) {
    bench.signal.throwIfAborted();
    bench.say(`Texts of ${file}`);
    const filled = messages.filter((message) => !isBlank(message));
    const forms = FORMS.map((form) => {
      const toText = createToText({ redaction: "secrets", form });
      const tokensOf = new Map<string, number>();
      let all = 0;
      for (const message of filled) {
        const text = toText(message);
        const tokens = tokensOf.get(text) ?? counter.count(text);
        tokensOf.set(text, tokens);
        all += tokens;
      }
      const paid = [...tokensOf.values()].reduce((sum, tokens) => sum + tokens, 0);
      return {
        form,
        texts_per_1000: round((tokensOf.size * 1000) / filled.length),
        tokens_without: all,
        tokens_paid: paid,
        usd_saved: round(((all - paid) * price) / 1e6, 6),
      };
    });
    files.push({ file, documents: filled.length, forms });
    for (const { form, texts_per_1000: texts, tokens_paid: paid, tokens_without: all } of forms) {
      rows.push({
        what: `${file}, ${form}`,
        value: `${texts} texts per 1,000`,
        reference: `${paid} of ${all} tokens`,
        ratio: round(paid / all, 3),
      });
    }
  }
  return { figures: { price_per_million_tokens: price, files }, rows };
}
