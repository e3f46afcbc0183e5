import { count } from "../../domain/count.ts";
import { FAULT_POLICIES, isFaultKind, isTransient } from "../../domain/fault-policy.ts";
import { otherDimensionsLine, otherModelsLine, unnamedHashing } from "../../domain/other-models.ts";
import type { CountedFacts, IssueFacts } from "./facts.ts";
import { modelInForce } from "../status-shape.ts";
import type { Issue } from "./issue.ts";

/** What a count of the store found: indices that are skipped, seen in part or hold no text, vectors that no search finds. */
export function collectionIssues(facts: IssueFacts): Issue[] {
  const { counted } = facts;
  if (!counted) return uncountedIssues(facts);
  return [
    ...noIndex(counted),
    ...partial(counted),
    ...unfit(counted),
    ...unsearchable(counted),
    ...looping(counted),
    ...textless(counted),
    ...defaultModel(counted),
    ...otherVectors(counted),
  ];
}

function uncountedIssues({ uncounted, dependencies }: IssueFacts): Issue[] {
  if (!uncounted) return [];
  const kind = isFaultKind(uncounted.kind) ? uncounted.kind : "outage";
  const isDown = dependencies.some(({ name, error }) => name === "opensearch" && error !== null);
  return [
    {
      id: "uncounted",
      which: "",
      subject: { kind: "dependency", name: "opensearch" },
      severity: "warning",
      kind,
      since: null,
      transient: isTransient(kind),
      title: "Records cannot be counted",
      past: "Records could not be counted",
      detail: uncounted.message,
      impact: "coverage and backlog are unknown; records are not affected",
      action: uncounted.hint ?? FAULT_POLICIES[kind].advice,
      ...(isDown ? { follows_from: "opensearch" as const } : {}),
    },
  ];
}

function noIndex({ indices, unfit: others }: CountedFacts): Issue[] {
  if (indices.length > 0) return [];
  return [
    {
      id: "no_index",
      which: "",
      subject: { kind: "dependency", name: "opensearch" },
      severity: "warning",
      since: null,
      transient: true,
      title: "No fit index behind OPENSEARCH_INDEX_PATTERN",
      past: "There was no fit index behind OPENSEARCH_INDEX_PATTERN",
      detail:
        others.length === 0
          ? "no index matches it, or none may be seen by this user"
          : `${count(others.length, "index")} behind it, and none can be used`,
      impact: "no record gets a vector",
      action: "log-vectorizer check shows each index and what is wrong with it.",
      effect: "stuck",
    },
  ];
}

type OfIndex = Pick<Issue, "id" | "title" | "past" | "detail" | "impact" | "action"> &
  Partial<Pick<Issue, "severity" | "transient" | "effect">>;

function ofIndex(index: string, words: OfIndex): Issue {
  return {
    which: index,
    subject: { kind: "collection", name: index },
    severity: "warning",
    since: null,
    transient: false,
    ...words,
  };
}

function partial({ gaps }: CountedFacts): Issue[] {
  return [...Map.groupBy(gaps, ({ index }) => index)].map(([index, all]) =>
    ofIndex(index, {
      id: "partial",
      transient: true,
      title: `Index ${index} cannot be seen in whole`,
      past: `Index ${index} could not be seen in whole`,
      detail: all.map(({ reason }) => reason).join("; "),
      impact: "records that cannot be seen are not counted and stay pending",
      action: "GET _cluster/allocation/explain on OpenSearch says what keeps a shard away.",
      effect: "waiting",
    }),
  );
}

function unfit({ unfit: all }: CountedFacts): Issue[] {
  return all.map(({ index, reason, fix, intentional: isIntended = false }) =>
    ofIndex(index, {
      id: "unfit",
      severity: isIntended ? "info" : "warning",
      title: `Index ${index} is skipped`,
      past: `Index ${index} was skipped`,
      detail: reason,
      impact: "its records get no vector",
      action:
        fix ??
        "log-vectorizer check says how to make it fit; or exclude it from OPENSEARCH_INDEX_PATTERN.",
    }),
  );
}

function unsearchable({ unsearchable: all }: CountedFacts): Issue[] {
  return all.map(({ index, reason }) =>
    ofIndex(index, {
      id: "unsearchable",
      title: `Index ${index} cannot be searched by meaning`,
      past: `Index ${index} could not be searched by meaning`,
      detail: reason,
      impact: "its records get vectors, which no search finds",
      action: "log-vectorizer check shows how each index is searched.",
    }),
  );
}

function looping({ looping: all }: CountedFacts): Issue[] {
  return all.map(({ index, records }) =>
    ofIndex(index, {
      id: "looping",
      title: `Index ${index} loses its vectors repeatedly`,
      past: `Index ${index} lost its vectors repeatedly`,
      detail: `${count(records, "record")} lost the vector each time that it was written`,
      impact: "they get no new vector, because each would be paid for and lost again",
      action: "Find what replaces these documents or removes the vector: it must keep the field.",
    }),
  );
}

const FIELDS_NAMED = 3;

/** Indices in which the text is looked for where there is none. */
function textless({ textless: all }: CountedFacts): Issue[] {
  return all.map(({ index, looked_in: lookedIn, fields }) => {
    const [field] = fields;
    const others =
      field === undefined
        ? "no other field holds text"
        : `there is text in ${fields.slice(0, FIELDS_NAMED).join(", ")}`;
    return ofIndex(index, {
      id: "textless",
      title: `Index ${index} has no text`,
      past: `Index ${index} had no text`,
      detail: `none of its records has a text in ${lookedIn.join(", ")}; ${others}`,
      impact: "its records get no vector",
      action:
        field === undefined
          ? "Set MESSAGE_FIELD to the field that holds their text, or exclude the index from OPENSEARCH_INDEX_PATTERN."
          : `Set MESSAGE_FIELD=${field}.`,
    });
  });
}

/** Something that is so, and no failure. */
const KNOWN = {
  which: "",
  subject: { kind: "dependency", name: "opensearch" },
  severity: "info",
  since: null,
  transient: false,
} as const;

function defaultModel({ model }: CountedFacts): Issue[] {
  const words = unnamedHashing(modelInForce(model));
  if (!words) return [];
  const title = "The default model is not used";
  return [
    { ...KNOWN, id: "default_model", title, past: "The default model was not used", ...words },
  ];
}

/** Vectors that search does not compare with those of the model in force. */
function otherVectors({ other_models: others, unfit: all, model }: CountedFacts): Issue[] {
  const lengths = otherDimensionsLine(all, modelInForce(model));
  const issues: Issue[] = [];
  if (others) {
    issues.push({
      ...KNOWN,
      id: "other_model",
      title: "Vectors of another model",
      past: "There were vectors of another model",
      detail: otherModelsLine(others),
      impact: "search does not find these records",
      action: `${others.command} --dry-run counts and writes nothing; the old vectors stay until the new ones are written.`,
    });
  }
  if (lengths !== undefined) {
    issues.push({
      ...KNOWN,
      id: "other_length",
      title: "Vectors of another length",
      past: "There were vectors of another length",
      detail: lengths,
      impact: "search does not find these records, and new ones there get no vector",
      action: "log-vectorizer check shows the request that makes such an index fit.",
    });
  }
  return issues;
}
