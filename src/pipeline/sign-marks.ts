import type { LogStore, Update } from "../ports/log-store.ts";
import type { Signer } from "./signer.ts";

/** The store, which signs each mark that it is given to write; the signer is opened with the first. */
export function signMarks(
  store: LogStore,
  signer: () => Promise<Pick<Signer, "signMark">>,
): LogStore {
  const signed = async (update: Update): Promise<Update> => {
    if (!("mark" in update)) return update;
    const { record, mark } = update;
    return { record, mark: (await signer()).signMark(record, mark) };
  };
  return {
    ...store,
    async write(updates, signal, urgent) {
      return store.write(await Promise.all(updates.map(signed)), signal, urgent);
    },
  };
}
