import type { JoinedStore } from "./joined-store.ts";
import { Fault } from "../domain/faults.ts";
import { withoutVersion, type LogRecord } from "../domain/log-record.ts";
import { isOfModel, renewedStamp, type VectorModel } from "../domain/stamp.ts";
import { vectorProblem } from "../domain/vector.ts";
import type { CurrentState, Update } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
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

export type Adopted = {
  /** Documents with an unsigned vector of the model in force. */
  seen: number;
  signed: number;
  /** Their vector is of another text, cannot be searched, or has a signature by now. */
  left: number;
  /** They changed in the meantime, or could not be written; another run comes to them again. */
  failed: number;
  /** What ended it before all had their turn. */
  fault?: Fault;
};

/** Vectors of 1536 dimensions come as 17 KB each. */
const PAGE = 50;

/**
 * Signs the vectors of before that belong to the texts beside them; nothing is embedded. A run that
 * was cut off goes on from what the store says. Throws a Fault only where nothing was done before it.
 */
export async function adoptStamps(
  deps: AdoptDeps,
  indices: readonly string[],
  stop: StopSignals,
): Promise<Adopted> {
  const adopted: Adopted = { seen: 0, signed: 0, left: 0, failed: 0 };
  try {
    for (const index of indices) {
      if (stop.requested.aborted) break;
      const before = adopted.signed;
      await adoptIndex(deps, index, adopted, stop);
      if (adopted.signed > before) await deps.store.makeVisible([index], stop.everything);
    }
  } catch (error) {
    if (!(error instanceof Fault) || adopted.seen === 0) throw error;
    adopted.fault = error;
  }
  return adopted;
}

async function adoptIndex(
  deps: AdoptDeps,
  index: string,
  adopted: Adopted,
  stop: StopSignals,
): Promise<void> {
  const { store } = deps;
  await using scan = await store.openUnsignedScan(index, stop.everything);
  while (!stop.requested.aborted) {
    const records = await scan.next(PAGE, stop.everything);
    if (records.length === 0) return;
    adopted.seen += records.length;
    const looks = await store.readCurrent(records.map(withoutVersion), stop.everything);
    const updates = looks.flatMap((look) => updateOf(deps, look));
    const results = updates.length > 0 ? await store.write(updates, stop.everything) : [];
    const signed = results.filter(({ status }) => status === "written").length;
    const unread = looks.filter(({ state }) => state === "unreadable").length;
    adopted.signed += signed;
    adopted.failed += updates.length - signed + unread;
    adopted.left += records.length - updates.length - unread;
    deps.progress(adopted.seen);
    const refused = results.every(({ status }) => status === "failed") ? results[0] : undefined;
    if (refused?.status === "failed") throw refused.fault;
  }
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
