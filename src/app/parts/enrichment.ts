import type { Config } from "../../config/config.ts";
import type { Enrichment, openEnrichment } from "../../pipeline/open-enrichment.ts";

type Parts = Omit<Parameters<typeof openEnrichment>[0], "settings">;

/** With what earlier processes left in the state directory; kept there again when `stack` is disposed of. */
export async function openSharedEnrichment(
  { cache, limits, inForce }: Config,
  parts: Parts,
  stack: AsyncDisposableStack,
): Promise<Enrichment> {
  const pipeline = await import("../../pipeline/open-enrichment.ts");
  const settings = { cache, text: inForce.text, limits };
  const opened = pipeline.openEnrichment({ ...parts, settings });
  const { writeLoops, unseen, trials, embedderLimits, paused } = opened;
  await Promise.all([writeLoops.load(), unseen.load(), trials.load(), embedderLimits.load()]);
  stack.defer(() => embedderLimits.flush());
  stack.defer(() => unseen.save());
  stack.defer(() => paused.save());
  stack.defer(() => trials.save());
  return opened;
}
