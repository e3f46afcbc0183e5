import { z } from "zod";
import { noteShape } from "./note.ts";

/**
 * Why people are told of a group: it was not seen in the look-back; it is back after a silence or after it was resolved; it is known
 * and back; it comes more often than usual, and no more so; the episode that they were told of has ended.
 */
export const ERROR_ALERT_KINDS = ["new", "back", "known", "spike", "spike_ended", "ended"] as const;
export type ErrorAlertKind = (typeof ERROR_ALERT_KINDS)[number];

const ms = z.number();
const nullable = z.string().nullable();

/** What an error is, as people are told. Names are null where its records have none. */
const traitsShape = z.object({
  group: z.string(),
  service: nullable,
  exception: nullable,
  level: nullable,
  /** Its texts with what varies masked, and secrets. */
  template: z.string(),
});
export type ErrorTraits = z.infer<typeof traitsShape>;

const otherGroupShape = traitsShape.pick({ group: true, service: true, template: true });

/** Names now and before, where some of now were not there before. */
const otherNamesShape = z.object({ now: z.array(z.string()), before: z.array(z.string()) });
export type OtherNames = z.infer<typeof otherNamesShape>;

/** The past case that is most like what people are told of. */
const likeCaseShape = otherGroupShape.extend({
  /** Its id. */
  episode: z.string(),
  /** It is an earlier episode of the same group. */
  same_group: z.boolean(),
  /** 0 to 1, as `rankPastCases` says it. */
  likeness: z.number(),
  from: ms,
  to: ms,
  count: z.int(),
  /** What rose with this one and not with that, and the other way round, the heaviest first. */
  only_now: z.array(otherGroupShape),
  only_then: z.array(otherGroupShape),
  /** Absent where all of now were there then, or where that is not known. */
  hosts: otherNamesShape.exactOptional(),
  versions: otherNamesShape.exactOptional(),
  /** What a person wrote of it; absent where nobody did. */
  note: noteShape
    .pick({ cause: true, fix: true, link: true, author: true, at: true })
    .extend({ confirmed: z.boolean() })
    .exactOptional(),
});
export type LikeCase = z.infer<typeof likeCaseShape>;

/** One thing about an error that people are told, once. Times are in ms since the epoch. */
export const errorAlertShape = traitsShape.extend({
  kind: z.enum(ERROR_ALERT_KINDS),
  /** When it began. */
  since: ms,
  /** When it ended; of what was over when it was found, too. */
  until: ms.exactOptional(),
  /** Records since then, as far as they were seen; of `spike` in the latest window. */
  count: z.int().exactOptional(),
  /** For how long it was not seen, in ms; of `back` and `known`. */
  silent: ms.exactOptional(),
  /** A person said that it is resolved, and it is here again. */
  was_resolved: z.boolean().exactOptional(),
  /** Records a window as it is usual, and the length of a window; of spikes. */
  usual: z.object({ records: z.number(), window: ms }).exactOptional(),
  /** The spike lasted for a day, and is the usual rate now. */
  accepted: z.boolean().exactOptional(),
  like: likeCaseShape.exactOptional(),
});
export type ErrorAlert = z.infer<typeof errorAlertShape>;
