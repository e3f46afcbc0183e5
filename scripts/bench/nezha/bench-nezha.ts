import { alikeThresholds } from "../../../src/analysis/alike-groups.ts";
import { likePastCase, type PastCase } from "../../../src/analysis/past-cases.ts";
import type { Bench, Measured, Row } from "../bench.ts";
import { round } from "../samples.ts";
import { embedAll, embeddersAtHand } from "../search-embedders.ts";
import { judgeNew } from "./judge-new.ts";
import { judgePastCases, rankFigures } from "./judge-past-cases.ts";
import { readNezha, type Fault, type NezhaDay } from "./read-nezha.ts";

/** Faults of nezha come back after 4 to 19 minutes, so a silence of three divides their episodes. */
const QUIET = { leastMs: 3 * 60_000, factor: 0 };

/**
 * What nezha's injected faults come to: where the earlier case of the same fault stands among the past cases, by embedder, and how
 * many groups are told as new. Skipped where `folder` has no nezha.
 */
export async function benchNezha(folder: string, bench: Bench): Promise<Measured> {
  const days = await readNezha(folder);
  if (days.length === 0) {
    const skipped = `no nezha/rca_data in ${folder}`;
    return { figures: { skipped }, rows: [{ what: "nezha", value: `skipped: ${skipped}` }] };
  }
  await using stack = new AsyncDisposableStack();
  const { embedders, skipped } = await embeddersAtHand(stack, bench);
  const rows: Row[] = skipped.map(({ what, value }) => ({ what: `past cases, ${what}`, value }));
  const figures: Record<string, unknown> = {};
  for (const day of days) {
    const told = judgeNew(day, QUIET);
    rows.push({
      what: `told as new, nezha ${day.day}`,
      value: `${told.new} for ${told.faults} faults, ${told.faults_hit} of them hit`,
      reference: `${told.faults_hit_in_own_service} in the injected service`,
    });
    const embedded: Record<string, unknown> = {};
    for (const embedder of embedders) {
      bench.say(`Past cases of nezha, ${day.day}, with ${embedder.model}`);
      const texts = textsOf(day);
      const made = await embedAll(embedder, [...texts.values()], bench.signal);
      const vectors = new Map([...texts.keys()].map((group, i) => [group, made[i] ?? none]));
      const { surely } = alikeThresholds(embedder.model);
      const found = summarize(judgePastCases(day, QUIET, vectors, "injected service"), surely);
      const blind = judgePastCases(day, QUIET, vectors, "any service").repeats;
      const loudest = rankFigures(blind.map(({ rank }) => rank));
      embedded[embedder.model] = { ...found, loudest };
      const { asked, hit_at_1: first, hit_at_3: three, mrr } = found.ranked;
      rows.push({
        what: `past cases, nezha ${day.day}, ${embedder.model}`,
        value: `${asked} repeats: hit@1 ${first}, hit@3 ${three}, MRR ${mrr}`,
        reference: `the latest first: hit@1 ${found.latest_first.hit_at_1}; asked about the loudest of all services: ${loudest.hit_at_1}`,
      });
      const { repeats, right, never_before: never, of_never_before: all } = found.told_as_like;
      rows.push({
        what: `told as like a past case, ${embedder.model}`,
        value: `${repeats} of ${asked} repeats, ${right} of them right`,
        reference: `${never} of ${all} faults that were never before`,
      });
    }
    figures[day.day] = { told, past_cases: embedded };
  }
  return { figures, rows };
}

const none = new Float32Array(0);

/** The first text of each group. */
function textsOf({ errors }: NezhaDay): Map<string, string> {
  return new Map(errors.toReversed().map(({ group, text }) => [group, text]));
}

function summarize(
  { repeats, notAsked, firsts }: ReturnType<typeof judgePastCases>,
  surely: number,
) {
  const isTold = (ranked: readonly PastCase[]) => likePastCase(ranked, surely) !== undefined;
  const told = repeats.filter(({ first }) => first && isTold([first]));
  const reasons = Map.groupBy(notAsked, (reason) => reason);
  return {
    ranked: rankFigures(repeats.map(({ rank }) => rank)),
    latest_first: rankFigures(repeats.map(({ latestRank }) => latestRank)),
    /** Told as like a past case: of the repeats, those of them where it is the right one, and of faults that were never before. */
    told_as_like: {
      repeats: told.length,
      right: told.filter(({ rank }) => rank === 1).length,
      never_before: firsts.filter(({ like }) => isTold([like])).length,
      of_never_before: firsts.length,
    },
    episode_goes_on: repeats.filter(({ ongoing }) => ongoing).length,
    not_asked: Object.fromEntries([...reasons].map(([reason, all]) => [reason, all.length])),
    repeats: repeats.map(({ fault, ongoing, rank, first }) => ({
      ...shownFault(fault),
      ongoing,
      rank: rank ?? null,
      first: first ? shownCase(first) : null,
    })),
    never_before: firsts.map(({ fault, like }) => ({
      ...shownFault(fault),
      first: shownCase(like),
    })),
  };
}

function shownFault({ atMs, service, kind }: Fault) {
  return { at: new Date(atMs).toISOString(), service, kind };
}

function shownCase({ case: past, sameGroup, likeness, error }: PastCase) {
  return {
    from: new Date(past.fromMs).toISOString(),
    service: past.service,
    same_group: sameGroup,
    likeness: round(likeness, 3),
    error: round(error, 3),
  };
}
