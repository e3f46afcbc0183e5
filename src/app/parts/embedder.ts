import { join } from "node:path";
import { NO_PRICE } from "../../config/rules.ts";
import { ConfigError } from "../../config/problems.ts";
import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { Events } from "../../ports/events.ts";
import type { ProcessTable } from "../../ports/process-table.ts";
import type { Tracer } from "../../ports/tracer.ts";
import { watchEmbedder } from "../../status/embedder-watch.ts";
import { traceEmbedder, tracedFetch } from "../../telemetry/tracer.ts";
import type { Enrichment, openEnrichment } from "../../pipeline/open-enrichment.ts";
import { createSigner, type Signer } from "../../pipeline/signer.ts";
import { textVersion } from "../../pipeline/text.ts";
import type { Logger } from "../../telemetry/logger.ts";

/**
 * The embedder that the settings name, traced, with a record of how its requests went. What it holds open is released with
 * `stack`. Throws a ConfigError.
 */
export async function openWatchedEmbedder(
  config: Config,
  { tracer, clock, events }: { tracer: Tracer; clock: Clock; events: Events },
  stack: AsyncDisposableStack,
) {
  const embedder = withPrice(await openEmbedder(config, tracer, stack), config);
  return watchEmbedder(traceEmbedder(embedder, tracer), clock, events);
}

async function openEmbedder(
  { embedding, modelDir }: Config,
  tracer: Tracer,
  stack: AsyncDisposableStack,
): Promise<Embedder> {
  const fetch = tracedFetch(tracer);
  switch (embedding?.provider) {
    case "openai": {
      const { createOpenAiEmbedder } = await import("../../adapters/openai/openai-embedder.ts");
      return createOpenAiEmbedder({ ...embedding, fetch });
    }
    case "ai-service": {
      const { createAiServiceEmbedder } =
        await import("../../adapters/ai-service/ai-service-embedder.ts");
      return createAiServiceEmbedder({ ...embedding, fetch });
    }
    case "local": {
      const { createLocalEmbedder } =
        await import("../../adapters/local-embedder/local-embedder.ts");
      const { findModel } = await import("../../adapters/local-embedder/model-places.ts");
      const { name, model: _stamp, ...options } = embedding;
      return stack.use(
        createLocalEmbedder(
          name === "hashing"
            ? options
            : { ...options, model: name, file: findModel(name, modelDir) },
        ),
      );
    }
    case undefined:
      throw new Error("A command without an embedder asked for one");
  }
}

/** Of a million tokens in USD, known also where the embedder cannot be opened; null where it is unknown. */
export async function priceOf({ inForce, embedding }: Config): Promise<number | null> {
  const { provider, model, pricePerMillionTokens: given } = inForce;
  if (provider === "local") return 0;
  if (given !== undefined || provider === "ai-service") return given ?? null;
  const { openAiPrice, OPENAI_URL } = await import("../../adapters/openai/openai-price.ts");
  const baseUrl = embedding?.provider === "openai" ? embedding.baseUrl : undefined;
  return openAiPrice(model, baseUrl ?? OPENAI_URL);
}

/** A limit in money says nothing where the price of a token is unknown. */
function withPrice(embedder: Embedder, { limits: { usdPerDay } }: Config): Embedder {
  if (usdPerDay === undefined || embedder.pricePerMillionTokens !== null) return embedder;
  throw new ConfigError([{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }]);
}

type Parts = Omit<Parameters<typeof openEnrichment>[0], "settings" | "spool"> & {
  processes: ProcessTable;
};

/** With what earlier processes left in the state directory; kept there again when `stack` is disposed of. */
export async function openSharedEnrichment(
  { cache, limits, inForce, stateDir }: Config,
  { processes, ...parts }: Parts,
  stack: AsyncDisposableStack,
): Promise<Enrichment> {
  const [pipeline, { heldVectorsLabel }, { HOLD_MS, MAX_HELD_BYTES }, { createSpool }] =
    await Promise.all([
      import("../../pipeline/open-enrichment.ts"),
      import("../../pipeline/held-vectors.ts"),
      import("../../pipeline/vector-cache.ts"),
      import("../../adapters/state-directory/spool.ts"),
    ]);
  const { embedder, signer, events } = parts;
  const path = heldVectorsFolder(stateDir);
  const spool = createSpool({
    folder: path,
    label: heldVectorsLabel(embedder, signer),
    processes,
    maxBytes: MAX_HELD_BYTES,
    maxAgeMs: HOLD_MS,
    onUnwritable: (problem) => events.heldVectorsUnkept({ path, problem }),
  });
  stack.defer(() => spool.close());
  const settings = { cache, text: inForce.text, limits };
  const opened = pipeline.openEnrichment({ ...parts, spool, settings });
  const { writeLoops, unseen, trials, embedderLimits, paused } = opened;
  await Promise.all([writeLoops.load(), unseen.load(), trials.load(), embedderLimits.load()]);
  stack.defer(() => embedderLimits.flush());
  stack.defer(() => unseen.save());
  stack.defer(() => paused.save());
  stack.defer(() => trials.save());
  return opened;
}

function heldVectorsFolder(stateDir: string): string {
  return join(stateDir, "held-vectors");
}

/** Vectors that are paid for and that no record has yet, of all processes with this state directory. */
export async function readHeldVectors({ stateDir }: Config): Promise<number> {
  const [{ countHeldVectors }, { MAX_HELD_BYTES }, { readSegments }] = await Promise.all([
    import("../../pipeline/held-vectors.ts"),
    import("../../pipeline/vector-cache.ts"),
    import("../../adapters/state-directory/spool.ts"),
  ]);
  return countHeldVectors(readSegments(heldVectorsFolder(stateDir), MAX_HELD_BYTES));
}

/** Signs with STAMP_KEY or with the key in the state directory, which is made on first use. Throws a ConfigError. */
export async function openSigner(config: Config, logger: Logger): Promise<Signer> {
  return signerWith(config.stampKey ?? (await keptStampKey(config.stateDir, logger)), config);
}

/** The public id of that key; undefined where none was made yet. */
export async function readKeyId(config: Config): Promise<string | undefined> {
  const { readStampKey } = await import("../../adapters/state-directory/stamp-key.ts");
  const secret = config.stampKey ?? (await readStampKey(config.stateDir));
  return secret === undefined ? undefined : signerWith(secret, config).key;
}

function signerWith(secret: string, { inForce, logs }: Config): Signer {
  return createSigner({ secret, textVersion: textVersion(inForce.text, logs.messageFields) });
}

async function keptStampKey(path: string, logger: Logger): Promise<string> {
  const { openStampKey } = await import("../../adapters/state-directory/stamp-key.ts");
  try {
    return await openStampKey(path, (problem) =>
      logger.log(
        "warn",
        `State directory ${path} takes no stamp.key (${problem}). Vectors are written and searched, but other processes ` +
          "cannot tell them from forged ones, and pay for equal texts again. Set STAMP_KEY, or STATE_DIR to a folder that can be written.",
        { "event.action": "stamp-key-unkept" },
      ),
    );
  } catch (error) {
    throw new ConfigError([], [error instanceof Error ? error.message : String(error)]);
  }
}
