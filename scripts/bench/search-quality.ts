import { createToText } from "../../src/pipeline/text.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import type { Bench, Measured, Row, Size } from "./bench.ts";
import { readTemplates } from "./event-templates.ts";
import { readSampleLogs, sampleLogsFolder } from "./sample-logs.ts";
import { round } from "./samples.ts";
import { dot, embedAll, embeddersAtHand } from "./search-embedders.ts";

const FORMS = ["message", "template"] as const;
/** Messages whose neighbours are looked up, evenly taken from all of a log. */
const SAMPLE: Record<Size, number> = { quick: 50, normal: 300, full: 2000 };
const NEAREST = [1, 5] as const;

/** Neighbours in real logs; skipped where there are none. */
export async function measureQuality(bench: Bench): Promise<Measured> {
  const folder = sampleLogsFolder();
  if (folder === undefined) {
    const skipped = "no real logs here: LOG_VECTORIZER_LOGS names a folder with *.log files";
    return { figures: { skipped }, rows: [{ what: "neighbours in real logs", value: skipped }] };
  }
  await using stack = new AsyncDisposableStack();
  const sample = SAMPLE[bench.size];
  const files = [];
  const logs = await readSampleLogs();
  const { embedders, skipped } = await embeddersAtHand(stack, bench);
  const rows: Row[] = [...skipped];
  for (const embedder of embedders) {
    for (const { file, messages } of logs) {
      const { truth, templateOf } = await readTemplates(folder, file, messages);
      for (const form of FORMS) {
        // Masked messages are the truth itself then.
        if (truth === "masked" && form === "template") continue;
        bench.signal.throwIfAborted();
        bench.say(`Neighbours in ${file} by ${embedder.name} (${embedder.model}), ${form}`);
        const found = await sameTemplate(embedder, { form, templateOf, sample }, bench.signal);
        const { name: by, model } = embedder;
        files.push({ embedder: by, model, file, form, truth, ...found });
        const [first, fifth] = [found.nearest_1, found.nearest_5];
        rows.push({
          what: `${file}, ${model}, ${form} (${truth} templates)`,
          value: `nearest ${first} of its template, nearest 5: ${fifth}`,
        });
      }
    }
  }
  return { figures: { sample, files }, rows };
}

type Found = { messages: number; asked: number; nearest_1: number; nearest_5: number };

/**
 * Of the nearest other messages the share that is of the same template; where a template has fewer others, those few
 * are the most that can be found. Messages that are alone with their template are not asked about.
 */
async function sameTemplate(
  embedder: Embedder,
  {
    form,
    templateOf,
    sample,
  }: { form: (typeof FORMS)[number]; templateOf: Map<string, string>; sample: number },
  signal: AbortSignal,
): Promise<Found> {
  const toText = createToText({ redaction: "secrets", form });
  // Records of one text are one hit.
  const templates = new Map([...templateOf].map(([message, name]) => [toText(message), name]));
  const texts = [...templates.keys()];
  const names = [...templates.values()];
  const vectors = await embedAll(embedder, texts, signal);
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const askable = names.flatMap((name, at) => ((sizes.get(name) ?? 0) > 1 ? [at] : []));
  const step = Math.max(1, Math.ceil(askable.length / sample));
  const asked = askable.filter((_, i) => i % step === 0);
  const shares = NEAREST.map(() => 0);
  for (const at of asked) {
    const own = vectors[at];
    if (!own) continue;
    const nearest = vectors
      .map((vector, other) => ({ other, score: other === at ? -Infinity : dot(own, vector) }))
      .toSorted((a, b) => b.score - a.score);
    NEAREST.forEach((count, i) => {
      const most = Math.min(count, (sizes.get(names[at] ?? "") ?? 1) - 1);
      const same = nearest.slice(0, most).filter(({ other }) => names[other] === names[at]).length;
      shares[i] = (shares[i] ?? 0) + same / most;
    });
  }
  const share = (i: number) => (asked.length > 0 ? round((shares[i] ?? 0) / asked.length, 3) : 1);
  return {
    messages: texts.length,
    asked: asked.length,
    nearest_1: share(0),
    nearest_5: share(1),
  };
}
