import type { JoinedStore } from "./joined-store.ts";
import { withoutVersion, type LogRecord } from "../domain/log-record.ts";
import { isOfModel, renewedStamp, type VectorModel } from "../domain/stamp.ts";
import { vectorProblem } from "../domain/vector.ts";
import type { CurrentState, Update } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { rewriteScanned, type Rewritten } from "./rewrite-scanned.ts";
import type { Signer } from "./signer.ts";
import type { ToText } from "./text.ts";

type AdoptDeps = {
  store: Pick<JoinedStore, "openUnsignedScan" | "readCurrent" | "write" | "makeVisible">;
  signer: Pick<Signer, "textOf" | "textHash" | "sign">;
  toText: ToText;
  inForce: VectorModel;
  /** After each page: documents that have had their turn. */
  progress(seen: number): void;
};

/** Vectors of 1536 dimensions come as 17 KB each. */
const PAGE = 50;

/**
 * Signs the vectors of before that belong to the texts beside them. The others are left: their vector is of another text,
 * cannot be searched, or has a signature by now. Throws a Fault only where nothing was done before it.
 */
export async function adoptStamps(
  deps: AdoptDeps,
  indices: readonly string[],
  stop: StopSignals,
): Promise<Rewritten> {
  const { store, progress } = deps;
  return rewriteScanned(
    {
      store,
      open: store.openUnsignedScan,
      page: PAGE,
      progress,
      async updatesOf(records, signal) {
        const looks = await store.readCurrent(records.map(withoutVersion), signal);
        return {
          updates: looks.flatMap((look) => updateOf(deps, look)),
          unread: looks.filter(({ state }) => state === "unreadable").length,
        };
      },
    },
    indices,
    stop,
  );
}

function updateOf({ signer, toText, inForce }: AdoptDeps, look: CurrentState): Update[] {
  if (look.state !== "current" || !look.vector) return [];
  const { record, vector } = look;
  const { stamp = {} } = record;
  if (!isAdoptable(record, inForce) || vectorProblem(vector, inForce.dimensions)) return [];
  const text = toText(record.text);
  if (signer.textOf(stamp, text) !== "this") return [];
  const own = renewedStamp(stamp, { ...inForce, text_hash: signer.textHash(text) });
  return [{ record, vector, stamp: signer.sign(own, vector) }];
}

function isAdoptable({ stamp = {} }: LogRecord, inForce: VectorModel): boolean {
  const isBare = stamp["key"] === undefined || stamp["key"] === null;
  return isBare && isOfModel(stamp, inForce);
}
