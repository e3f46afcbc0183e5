import type { JoinedStore } from "../joined-store.ts";
import { z } from "zod";
import type { Signer } from "../signer.ts";
import { isBlank } from "../text.ts";
import type { IndexCoverage } from "../../domain/coverage.ts";
import { Fault } from "../../domain/faults.ts";
import { indexKey, withoutVersion, type LogRecord } from "../../domain/log-record.ts";
import { isDue } from "../../domain/stamp.ts";
import type { FitIndex } from "../../domain/survey.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RecordStore, Update } from "../../ports/record-store.ts";
import type { StateStore } from "../../ports/state-store.ts";

export type AuditDeps = {
  store: Pick<JoinedStore, "pageMarked" | "readCurrent" | "write" | "makeVisible">;
  state: Pick<StateStore, "load" | "save">;
  signer: Pick<Signer, "markOf">;
  clock: Pick<Clock, "now">;
};

/** Goes through all marks again and again, a part at a time, and removes those that this installation did not write. */
export type MarksAudit = {
  /** How many were taken away, by index. A failure leaves the rest for the next time. `rows`: of the fit indices. */
  run(
    what: { fit: readonly FitIndex[]; rows: readonly IndexCoverage[] },
    signal: AbortSignal,
  ): Promise<Map<string, number>>;
};

/** Where a pass has got to. Indices come in the order of their keys. */
const placeShape = z.object({
  started_at: z.number(),
  /** Absent where the pass is over. */
  /** `from`: a number where an earlier version kept it. */
  at: z
    .object({
      key: z.string(),
      from: z.union([z.string(), z.number().transform(String)]).optional(),
    })
    .optional(),
});
type Place = z.infer<typeof placeShape>;

const DOCUMENT = "marks-audit";
const PAGE = 1000;
/** A document has its text with it where it is looked at. */
const LOOK = 100;
/** From the beginning of one pass to that of the next. */
const PASS_MS = 6 * 3_600_000;
const MAX_PAGES = 100;
/** A pass of many marks takes so many runs, of which a day has more. */
const RUNS_A_PASS = 20;
const LEAST = 5000;

export function createMarksAudit(deps: AuditDeps): MarksAudit {
  const { store, state, clock } = deps;
  return {
    async run({ fit, rows }, signal) {
      const marks = new Map(rows.map((row) => [row.index, row.quarantined + row.withoutText]));
      const sought = fit
        .filter(({ index, mapped, unsigned }) => mapped && !unsigned && (marks.get(index) ?? 0) > 0)
        .map(({ index, uuid: indexUuid }) => ({ index, key: indexKey({ index, indexUuid }) }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
      const fallen = new Map<string, number>();
      if (sought.length === 0) return fallen;
      const place = startOf(placeShape.safeParse(await state.load(DOCUMENT)).data, clock.now());
      if (!place.at) return fallen;
      const sum = sought.reduce((all, { index }) => all + (marks.get(index) ?? 0), 0);
      let left = Math.max(LEAST, Math.ceil(sum / RUNS_A_PASS));
      let at: Place["at"] = place.at;
      try {
        for (let pages = 0; pages < MAX_PAGES && left > 0 && at; pages++) {
          const { key, from } = at;
          const i = sought.findIndex((one) => one.key >= key);
          const here = sought[i];
          if (!here) at = undefined;
          else {
            const isSame = here.key === key && from !== undefined;
            const query = { index: here.index, limit: PAGE, ...(isSame ? { from } : {}) };
            const { records, next } = await store.pageMarked(query, signal);
            left -= records.length;
            await judgePage(deps, records, fallen, signal);
            const after = sought[i + 1];
            at = next === undefined ? after && { key: after.key } : { key: here.key, from: next };
          }
        }
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      await state.save(DOCUMENT, { started_at: place.started_at, ...(at ? { at } : {}) });
      if (fallen.size > 0) await refresh(store, [...fallen.keys()], signal);
      return fallen;
    },
  };
}

/** Goes on where the last run stopped, or begins again where it is time. */
function startOf(kept: Place | undefined, now: number): Place {
  if (kept?.at && kept.started_at <= now) return kept;
  const isOver = kept && now - kept.started_at < PASS_MS && kept.started_at <= now;
  return isOver ? kept : { started_at: now, at: { key: "" } };
}

async function refresh(
  store: AuditDeps["store"],
  indices: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await store.makeVisible(indices, signal);
  } catch (error) {
    // The next refresh of its own shows them as well.
    if (!(error instanceof Fault)) throw error;
  }
}

async function judgePage(
  { store, signer, clock }: AuditDeps,
  records: readonly LogRecord[],
  fallen: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const now = clock.now();
  // What is due hides nothing.
  const suspect = records.filter((record) => {
    return signer.markOf(record) !== "signed" && !isDue(record.stamp ?? {}, now);
  });
  for (let start = 0; start < suspect.length; start += LOOK) {
    const part = suspect.slice(start, start + LOOK);
    const [empty, refused] = [part.filter(saysEmpty), part.filter((one) => !saysEmpty(one))];
    const updates = [
      ...refused.map((record): Update => ({ record, unmark: true })),
      ...(await judgeEmpty(store, empty, signal)),
    ];
    const results = await store.write(updates, signal);
    for (const [i, update] of updates.entries()) {
      if (results[i]?.status !== "written" || !("unmark" in update)) continue;
      const { index } = update.record;
      fallen.set(index, (fallen.get(index) ?? 0) + 1);
    }
  }
}

function saysEmpty({ stamp }: LogRecord): boolean {
  return stamp?.["skipped"] === "empty";
}

/**
 * That there is no text can be judged again at once: such a mark is written again, and so signed. A refusal is the
 * embedder's to give: its record is tried once more.
 */
async function judgeEmpty(
  store: Pick<RecordStore, "readCurrent">,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<Update[]> {
  if (records.length === 0) return [];
  const looks = await store.readCurrent(records.map(withoutVersion), signal);
  return looks.flatMap((look): Update[] => {
    if (look.state !== "current" || look.vector || !saysEmpty(look.record)) return [];
    const { record } = look;
    const { field, text_hash: hash } = record.stamp ?? {};
    if (!isBlank(record.text)) return [{ record, unmark: true }];
    const basis = {
      ...(typeof field === "string" ? { field } : {}),
      ...(typeof hash === "string" ? { text_hash: hash } : {}),
    };
    return [{ record, mark: { skipped: "empty", ...basis } }];
  });
}
