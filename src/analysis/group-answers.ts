import { z } from "zod";
import { noteShape } from "../domain/memory/note.ts";
import { gapsShape } from "../domain/partial.ts";

const whole = z.int().nonnegative();
const nullable = z.string().nullable();

/** In the order of their weight: what a person should look at first. */
export const SHOWN_STATES = ["new", "back", "open", "known", "muted", "resolved"] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

/** A group as the list shows it. Times are ISO 8601, UTC. */
const groupRowShape = z.object({
  group: z.string().describe("Its id, 16 hex digits, as in the stamps of its records."),
  merged: z
    .array(z.string())
    .describe("Groups that people merged into it; their records are counted with its own."),
  state: z
    .enum(SHOWN_STATES)
    .describe(
      "What people said of it. new: open, and first seen less than a day ago; back: seen again after it was resolved.",
    ),
  service: nullable,
  exception: nullable,
  template: z
    .string()
    .describe("What its messages have in common; <*> varies. Secrets are masked."),
  example: z.string().describe("The newest message. Secrets are masked; cut where it is long."),
  index: z.string().describe("Where the example stands."),
  id: z.string(),
  shard_key: nullable,
  count: whole.describe("Records, under the filters."),
  first_seen: nullable,
  last_seen: nullable,
  hours: z.array(whole).length(24).describe("Records in each of the last 24 hours, latest last."),
});
export type GroupRow = z.infer<typeof groupRowShape>;

const memoryAnswerShape = z.object({
  kept: z.boolean().describe("Whether there are indices for it. Without them all are new or open."),
  problems: z
    .array(z.object({ message: z.string(), hint: nullable.describe("What to do about it.") }))
    .describe(
      "What of it could not be read: states, merges, notes or alike errors may be missing here.",
    ),
});
/** How much of what people said of the groups is in an answer. */
export type MemoryAnswer = z.infer<typeof memoryAnswerShape>;

const differsShape = z
  .array(z.enum(["service", "exception"]))
  .describe("What differs beside the words.");
/** A group that may be the same error as another one. */
const alikeRowShape = groupRowShape
  .pick({ state: true, service: true, exception: true, template: true })
  .extend({
    group: z.string().describe("Its id; where the alike one is merged, of the group it counts as."),
    surely: z
      .boolean()
      .describe("Of the same service, exception and words, and near by meaning. Else: perhaps."),
    cosine: z.number().describe("How near their texts are by meaning: 1 is equal."),
    common: z.array(z.string()).describe("Words of both templates, in their order."),
    only_this: z.array(z.string()).describe("Words of the template that was asked about only."),
    only_other: z.array(z.string()).describe("Words of this one only."),
    differs: differsShape,
    notes: z
      .array(noteShape)
      .nullable()
      .describe("Its newest three that nobody calls wrong or outdated; null: they cannot be read."),
  });
export type AlikeRow = z.infer<typeof alikeRowShape>;

const likeShape = alikeRowShape
  .pick({ group: true, service: true, template: true, surely: true, cosine: true })
  .extend({
    note: z
      .boolean()
      .nullable()
      .describe("Whether it has a note that nobody calls wrong or outdated; null: not known."),
  });
/** The group that another one is most like. */
export type Like = z.infer<typeof likeShape>;

const listedRowShape = groupRowShape.extend({
  like: likeShape
    .nullable()
    .exactOptional()
    .describe(
      "The group that it is most like by the meaning of their texts; null: none. Left out where that could not be looked for: memory says why.",
    ),
});
export type ListedRow = z.infer<typeof listedRowShape>;

/** What `groups list` prints with `--json`, and its route answers. */
export const groupsAnswerShape = z.object({
  groups: z.array(listedRowShape).describe("In the order that was asked for."),
  total: whole.describe("Groups under the filters, shown or not."),
  records: whole.describe("Records of all of them."),
  ungrouped: whole
    .nullable()
    .describe("Records with a vector that name no group yet; null where not all were visible."),
  left_out: z
    .array(z.object({ index: z.string(), reason: z.string() }))
    .describe("Indices whose records get no vectors, and so no groups."),
  other_model: whole.describe(
    "Of the groups shown, those whose vector is of another model than the one in force: what they are like is not known.",
  ),
  memory: memoryAnswerShape,
  gaps: gapsShape.describe("Parts of the indices that did not answer: counts are too low."),
});
export type GroupsAnswer = z.infer<typeof groupsAnswerShape>;

const riseShape = z.object({
  group: z.string(),
  service: nullable,
  template: z.string(),
  during: whole.describe("Its records from 10 minutes before the episode began to 10 after it."),
  before: whole.describe("Its records in the 20 minutes before that."),
  lift: z.number().describe("How many times as many as before, drawn towards 1 by few records."),
});

/** A run of one group between two silences. Times are ISO 8601, UTC. */
const episodeRowShape = z.object({
  group: z.string().describe("The id of the group, as groups list shows it."),
  service: nullable,
  template: z.string().describe("What its messages have in common; <*> varies."),
  from: z.string().describe("The minute of its first record."),
  to: z.string().describe("The minute of its latest record."),
  count: whole.describe("Its records."),
  ended: z.boolean().describe("The group was silent for long enough since."),
  began_before: z
    .boolean()
    .describe("It goes back to before what was read: from is too late, and count too low."),
  rose: z
    .array(riseShape)
    .optional()
    .describe(
      "What rose with it, the surest first: of the latest episode where one group is asked for.",
    ),
});
export type EpisodeRow = z.infer<typeof episodeRowShape>;

const share = z.number().nullable();
const nowAndUsually = z.object({ count: whole, usual_count: whole });
/** Hosts, or versions. */
const placesShape = z.object({
  names: z
    .array(
      z.object({
        name: z.string(),
        count: whole.describe("Records with it now."),
        share: share.describe("Of all its records now, 0 to 1; null: there are none."),
        usual_count: whole
          .nullable()
          .describe("Records with it usually; null: unknown, for there are too many names."),
        usual_share: share.describe("Of all its records usually, 0 to 1."),
        new: z.boolean().describe("It is there now and usually not, though other names are."),
      }),
    )
    .describe("At most ten: those of now, the most frequent first, and then those of usually."),
  others: nowAndUsually.describe("Records with a name that is not listed."),
  unnamed: nowAndUsually.describe("Records without any."),
});
export type PlacesAnswer = z.infer<typeof placesShape>;
const whereShape = z.object({
  from: z
    .string()
    .describe("Now: its latest episode; of one that lasts longer, its last 24 hours."),
  to: z.string(),
  usual_from: z.string().describe("Usually: from here on, 30 days, up to from."),
  count: whole.describe("Its records now."),
  usual_count: whole,
  hosts: placesShape,
  versions: placesShape.describe("Of the service."),
});
/** Hosts and versions of a group, now against usually. */
export type WhereAnswer = z.infer<typeof whereShape>;

const differenceShape = z.object({
  what: z.enum(["service", "exception", "words", "host", "version"]),
  now: nullable,
  before: nullable.describe("Where the note was written."),
});
/** What is other this time than where a note was written. */
export type Difference = z.infer<typeof differenceShape>;

/** A note of an alike group. */
const carriedNoteShape = noteShape.extend({
  alike_group: z.string().describe("The alike group that it was written about, as alike names it."),
  surely: alikeRowShape.shape.surely,
  cosine: alikeRowShape.shape.cosine,
  mark: z
    .enum(["wrong", "outdated"])
    .nullable()
    .describe("What the newest word of others says of it; null: it is valid."),
  differs: z.array(differenceShape).describe("What is other this time; host, version: if known."),
});
export type CarriedNote = z.infer<typeof carriedNoteShape>;

export const carriedShape = z
  .array(carriedNoteShape)
  .nullable()
  .describe(
    "Notes of alike groups, where it has no valid one of its own: valid ones first, each newest first; null where they cannot be read.",
  );

/** What `groups show` prints with `--json`, and its route answers. */
export const groupAnswerShape = groupRowShape.extend({
  days: z
    .array(z.object({ day: z.string(), count: whole }))
    .describe("Records of each day (UTC) that has any, earliest first."),
  episodes: z
    .array(episodeRowShape)
    .describe(
      "The latest 20 of the 30 days before it was last seen, also of groups merged into it, latest first.",
    ),
  where: whereShape
    .nullable()
    .describe(
      "Its hosts and versions now against usually; null: no record of it has a time, or gaps say why.",
    ),
  notes: z
    .array(noteShape)
    .nullable()
    .describe("Of it and the groups merged into it, newest first; null where they cannot be read."),
  alike: z
    .array(alikeRowShape)
    .nullable()
    .describe("At most 5 groups that may be the same error, the surest first; null: not readable."),
  carried: carriedShape,
  more_notes: z.boolean().describe("There are older ones: log-vectorizer note list GROUP."),
  memory: memoryAnswerShape,
  gaps: gapsShape,
});
export type GroupAnswer = z.infer<typeof groupAnswerShape>;

/** What `episodes` prints with `--json`, and its route answers. */
export const episodesAnswerShape = z.object({
  episodes: z.array(episodeRowShape).describe("Latest seen first."),
  left_out: groupsAnswerShape.shape.left_out,
  gaps: gapsShape.describe("Parts of the indices that did not answer: counts are too low."),
});
export type EpisodesAnswer = z.infer<typeof episodesAnswerShape>;
