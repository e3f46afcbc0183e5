import { Fault } from "../domain/faults.ts";
import type { IndexCoverage } from "../domain/coverage.ts";
import type { Gap } from "../domain/partial.ts";
import { otherDimensionsLine, type OtherModels } from "../domain/other-models.ts";
import { otherKeysLine, SAME_STAMP_KEY } from "../domain/stamp-keys.ts";
import type { Service } from "./service.ts";

/** What search cannot compare with the model in force, as it is now. */
export type OtherVectors = {
  rows: IndexCoverage[];
  /** What was not seen of the indices. */
  gaps: readonly Gap[];
  indices: { fit: number; unfit: number };
  /** null where no record has a vector of another model. */
  models: OtherModels | null;
  /** One line where vectors are signed with other keys than ours. */
  otherKeys: string | undefined;
  /** One line where indices are mapped for vectors of another length. */
  lengths: string | undefined;
};

/** Over the fit indices that are meant. Throws a Fault. */
export async function readOtherVectors(
  service: Service,
  signal: AbortSignal,
  isMeant: (index: string) => boolean = () => true,
): Promise<OtherVectors> {
  const [store, localQuarantine, otherModels] = await Promise.all([
    service.store(),
    service.localQuarantine(),
    service.otherModels(),
  ]);
  const { fit, unfit } = await store.survey(signal);
  const indices = fit.map(({ index }) => index).filter(isMeant);
  const meant = unfit.filter(({ index }) => isMeant(index));
  const query = { indices, quarantinedKeys: localQuarantine.keys() };
  const { rows, gaps } = await store.coverage(query, signal);
  const key = await service.stampKey();
  const keys = await store.countStampKeys(indices, signal);
  return {
    rows,
    gaps,
    indices: { fit: indices.length, unfit: meant.length },
    models: await otherModels(rows, signal),
    otherKeys: otherKeysLine(keys.rows, key),
    lengths: otherDimensionsLine(meant, await service.inForce()),
  };
}

/** Says it in the log. Undefined, and nothing said, where it could not be found out now. */
export async function reportOtherVectors(
  service: Service,
  signal: AbortSignal,
): Promise<OtherVectors | undefined> {
  try {
    const found = await readOtherVectors(service, signal);
    if (found.lengths !== undefined) service.events.otherDimensionsFound({ line: found.lengths });
    if (found.models) service.events.otherModelsFound(found.models);
    if (found.otherKeys !== undefined) {
      service.events.otherKeysFound({ line: `${found.otherKeys}. ${SAME_STAMP_KEY}` });
    }
    return found;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
