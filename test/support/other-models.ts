import { createOtherModels } from "../../src/status/other-models.ts";
import type { ReadOtherModels } from "../../src/domain/other-models.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { RecordStore } from "../../src/ports/record-store.ts";
import type { LocalQuarantine } from "../../src/pipeline/quarantine/local-quarantine.ts";
import { createTokens } from "./fakes/token-counter.ts";

type Parts = {
  store: Pick<RecordStore, "findOutdated">;
  clock: Pick<Clock, "now">;
  localQuarantine?: Pick<LocalQuarantine, "keys">;
  price?: number | null;
};

/** What it takes to make new vectors, at a dollar for a million tokens. */
export function otherModelsIn({
  store,
  clock,
  localQuarantine = { keys: () => [] },
  price = 1,
}: Parts): ReadOtherModels {
  return createOtherModels({
    store,
    clock,
    localQuarantine,
    tokens: createTokens().tokens,
    toText: (message) => message,
    maxTokensPerText: 8192,
    pricePerMillionTokens: price,
  });
}
