import type { Survey, UnfitIndex } from "../../domain/survey.ts";
import type { Events } from "../../ports/events.ts";

/** Tells of each unfit index with its reason once, and of its recovery. */
export type UnfitWatch = {
  surveyed(survey: Survey): void;
  refused(unfit: readonly UnfitIndex[]): void;
};

export function createUnfitWatch(events: Pick<Events, "indexUnfit" | "indexFitAgain">): UnfitWatch {
  const told = new Map<string, string>();
  const tell = (unfit: UnfitIndex) => {
    if (told.get(unfit.index) === unfit.reason) return;
    told.set(unfit.index, unfit.reason);
    events.indexUnfit(unfit);
  };
  // An index that only refused its mapping looks fit to every survey: its recovery shows elsewhere.
  const refusedMapping = new Set<string>();
  return {
    surveyed({ fit, unfit }) {
      unfit.forEach(tell);
      const known = new Set(unfit.map(({ index }) => index));
      for (const { index, mapped } of fit) {
        if (refusedMapping.has(index) && !mapped) known.add(index);
      }
      for (const index of told.keys()) {
        if (known.has(index)) continue;
        told.delete(index);
        refusedMapping.delete(index);
        if (fit.some((one) => one.index === index)) events.indexFitAgain({ index });
      }
    },
    refused(unfit) {
      for (const one of unfit) {
        refusedMapping.add(one.index);
        tell(one);
      }
    },
  };
}
