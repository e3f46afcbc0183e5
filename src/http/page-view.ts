import type { QuarantineList } from "../pipeline/quarantine/list-quarantined.ts";
import { Fault } from "../domain/faults.ts";
import { NEWEST } from "./page/quarantine-panel.ts";
import type { View } from "./page/view.ts";
import type { HttpParts } from "./parts.ts";
import { createSharedAnswer } from "./shared-answer.ts";
import type { SharedParts } from "./shared-parts.ts";

/** To list it, all of it is read: seldom is enough. */
const QUARANTINE_MAX_AGE_MS = 10_000;

/** What the page shows; read once for all who look. */
export function createPageView(
  { quarantine, stop, clock }: HttpParts,
  { overview }: Pick<SharedParts, "overview">,
): () => Promise<View> {
  let known: { total: number; read: () => Promise<QuarantineList | Fault> } | undefined;
  const list = (total: number) => {
    // Another number is another list.
    if (known?.total !== total) {
      const read = async () => {
        try {
          return await quarantine.list({ filter: {}, limit: NEWEST }, stop.everything);
        } catch (error) {
          if (error instanceof Fault) return error;
          throw error;
        }
      };
      known = { total, read: createSharedAnswer(read, { maxAgeMs: QUARANTINE_MAX_AGE_MS, clock }) };
    }
    return known.read();
  };
  let view: View | undefined;
  return async () => {
    const now = await overview();
    if (view?.overview === now) return view;
    const total = now.coverage?.total.quarantined ?? 0;
    const listed = total === 0 ? undefined : await list(total);
    view = {
      overview: now,
      quarantine: listed instanceof Fault ? undefined : listed,
      quarantineProblem: listed instanceof Fault ? listed.message : undefined,
    };
    return view;
  };
}
