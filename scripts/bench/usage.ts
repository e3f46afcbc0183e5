import { z } from "zod";

/** What a process used until it ended. */
export const usageShape = z.object({
  cpuMs: z.number(),
  peakMegabytes: z.number(),
  /** By kind of work: ms of the processor, or bytes allocated. */
  profile: z.record(z.string(), z.number()).optional(),
});
export type Usage = z.infer<typeof usageShape>;
