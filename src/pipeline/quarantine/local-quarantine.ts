import { z } from "zod";
import type { Fault } from "../../domain/faults.ts";
import { indexKey, recordKey, type LogRecord, type RecordId } from "../../domain/log-record.ts";
import { asVersion, type Version } from "../../domain/version.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { refusalMark } from "./refusal-mark.ts";

const fieldsShape = z.object({
  index: z.string(),
  /** Absent where the store does not tell it. */
  index_uuid: z.string().optional(),
  id: z.string(),
  shard_key: z.string().optional(),
  /** Of the document that was looked at last. */
  version: z.string().transform(asVersion),
  /** Of the text that it is about: with another text the verdict falls. */
  text_hash: z.string(),
  /** It loses its vector as often as it is given one, which only this service's own record of writes shows. */
  cause: z.literal("loop").optional(),
  attempts: z.int().min(1),
  error: z.string(),
  /** Of the log. */
  timestamp: z.string().optional(),
  /** When it is tried again, ISO 8601, UTC; absent: never. */
  next_try: z.string().optional(),
});

const formerShape = z.looseObject({
  seq_no: z.int().optional(),
  primary_term: z.int().optional(),
  routing: z.string().optional(),
});

/** Entries of earlier versions of this program have OpenSearch's two numbers and its word for the shard key. */
const entryShape = z.preprocess((entry) => {
  const { data } = formerShape.safeParse(entry);
  if (!data) return entry;
  const { seq_no: seqNo, primary_term: primaryTerm, routing, ...rest } = data;
  return {
    ...(seqNo === undefined ? {} : { version: `${seqNo}:${primaryTerm}` }),
    ...(routing === undefined ? {} : { shard_key: routing }),
    ...rest,
  };
}, fieldsShape);

/** A record in the quarantine whose document bears no mark of it. */
export type Kept = z.infer<typeof entryShape>;

/** What a refusal is about, and why. `textHash`: of the text as it is embedded. */
type Refusal = { textHash: string; fault: Fault; cause?: "loop" };

/** What the entry is of. */
export function keptId({ index, index_uuid: indexUuid, id }: Kept): RecordId {
  return { index, id, ...(indexUuid === undefined ? {} : { indexUuid }) };
}

/** The quarantine of records whose documents cannot carry a mark, kept in the state directory. */
export type LocalQuarantine = {
  /** Whether the record is to be skipped now; false again once it is due, or where its text is another one by now. */
  has(recordKey: string, textHash?: string): boolean;
  /** Keys of all that `has` holds of, newest first. */
  keys(): string[];
  all(): Kept[];
  /** How many of these indices are skipped now because they lose their vectors repeatedly; by `indexKey`. */
  looping(indexKeys: ReadonlySet<string>): number;
  /** Counts one more refusal. */
  add(record: KeptRecord, refusal: Refusal): void;
  clear(recordKeys: Iterable<string>): void;
  /** Its document has another version by now, with the same text. */
  moved(recordKey: string, version: Version): void;
  /** Never to be tried again. */
  giveUp(recordKeys: Iterable<string>): void;
  /** Takes over what other processes have changed, and keeps what was changed here. Never throws. */
  sync(): Promise<void>;
  /** The same where anything was changed here. */
  keep(): Promise<void>;
};

type KeptRecord = RecordId & Pick<LogRecord, "shardKey" | "version" | "timestamp">;

type LocalQuarantineDeps = {
  state: StateStore;
  clock: Pick<Clock, "now">;
  events: Pick<Events, "quarantineFull">;
  maxEntries?: number;
};

/** As many records as one query may leave out without becoming slow. */
const MAX_ENTRIES = 10_000;
const DOCUMENT = "quarantine";

/** The latest 10,000; the oldest of more comes up again, and is refused again. */
export function createLocalQuarantine({
  state,
  clock,
  events,
  maxEntries = MAX_ENTRIES,
}: LocalQuarantineDeps): LocalQuarantine {
  let entries = new Map<string, Kept>();
  /** What this process has changed since it last saved; undefined: taken out. */
  const changes = new Map<string, Kept | undefined>();
  let told = false;
  let syncing: Promise<void> = Promise.resolve();

  const isOut = ({ next_try: at }: Kept) => at === undefined || Date.parse(at) > clock.now();
  const change = (key: string, entry: Kept | undefined) => {
    changes.set(key, entry);
    apply(entries, key, entry);
    shorten();
  };
  const shorten = () => {
    for (const key of entries.keys()) {
      if (entries.size <= maxEntries) return;
      entries.delete(key);
      if (!told) events.quarantineFull({ entries: maxEntries });
      told = true;
    }
  };
  const takeOver = (kept: unknown) => {
    entries = new Map(entriesIn(kept).map((entry) => [recordKey(keptId(entry)), entry]));
    for (const [key, entry] of changes) apply(entries, key, entry);
    shorten();
  };
  const syncNow = async () => {
    if (changes.size === 0) return takeOver(await state.load(DOCUMENT));
    await state.change(DOCUMENT, (kept) => {
      takeOver(kept);
      changes.clear();
      return [...entries.values()];
    });
  };
  const sync = () => {
    syncing = syncing.then(syncNow);
    return syncing;
  };
  return {
    has(key, textHash) {
      const entry = entries.get(key);
      const isOfIt = textHash === undefined || entry?.text_hash === textHash;
      return entry !== undefined && isOfIt && isOut(entry);
    },
    keys: () => [...entries].flatMap(([key, entry]) => (isOut(entry) ? [key] : [])).toReversed(),
    all: () => [...entries.values()].toReversed(),
    looping: (indexKeys) =>
      [...entries.values()].filter((entry) => {
        const isLoop = entry.cause === "loop" && isOut(entry);
        return isLoop && indexKeys.has(indexKey(keptId(entry)));
      }).length,
    add(record, { textHash, fault, cause }) {
      const key = recordKey(record);
      const { index, indexUuid, id, shardKey, version, timestamp } = record;
      const before = entries.get(key);
      const isSame = before?.text_hash === textHash;
      const stamp = isSame
        ? { skipped: "refused", attempts: before.attempts, text_hash: textHash }
        : undefined;
      const {
        attempts,
        error,
        next_try: nextTry,
      } = refusalMark(stamp, fault, clock.now(), { text_hash: textHash });
      change(key, {
        index,
        ...(indexUuid === undefined ? {} : { index_uuid: indexUuid }),
        id,
        ...(shardKey === undefined ? {} : { shard_key: shardKey }),
        version,
        text_hash: textHash,
        ...(cause === undefined ? {} : { cause }),
        attempts,
        error,
        ...(timestamp === undefined ? {} : { timestamp }),
        ...(nextTry === undefined ? {} : { next_try: nextTry }),
      });
    },
    clear(keys) {
      for (const key of keys) if (entries.has(key)) change(key, undefined);
    },
    moved(key, version) {
      const entry = entries.get(key);
      if (!entry) return;
      const now = { ...entry, version };
      changes.set(key, now);
      entries.set(key, now);
    },
    giveUp(keys) {
      for (const key of keys) {
        const entry = entries.get(key);
        if (!entry) continue;
        const { next_try: _, ...forGood } = entry;
        change(key, forGood);
      }
    },
    sync,
    keep: () => (changes.size > 0 ? sync() : syncing),
  };
}

/** Entries that do not say what they rest on, as earlier versions wrote them, are left out: their records come up again. */
function entriesIn(kept: unknown): Kept[] {
  const list = z.array(z.unknown()).safeParse(kept);
  return (list.data ?? []).flatMap((entry) => entryShape.safeParse(entry).data ?? []);
}

/** An entry that changed is the newest. */
function apply(entries: Map<string, Kept>, key: string, entry: Kept | undefined): void {
  entries.delete(key);
  if (entry) entries.set(key, entry);
}
