import type { EpisodeRow, EpisodesAnswer } from "../analysis/group-answers.ts";
import type { EpisodesQuery } from "../analysis/list-episodes.ts";
import { count } from "../domain/count.ts";
import { gapsLine } from "../domain/partial.ts";
import { notSearched } from "../search/search-remarks.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { cut, minute, oneLine, printMessages, type Terminal } from "./print-rows.ts";
import { runToEnd } from "./run-to-end.ts";

export type EpisodesOptions = EpisodesQuery & { json?: boolean };

/** Shows when errors ran. Nothing is embedded or written. */
export async function episodes(
  { json = false, ...query }: EpisodesOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await (await service.errorGroups()).episodes(query, stop.requested);
    const { stdout } = context.process;
    if (json) printJson(stdout, answer);
    else printEpisodes(stdout, answer, query);
    return answer.gaps.length === 0 ? EXIT.ok : EXIT.incomplete;
  });
}

export function printEpisodes(
  stream: Terminal,
  answer: EpisodesAnswer,
  { limit }: Pick<EpisodesQuery, "limit">,
): void {
  const { episodes: shown, gaps } = answer;
  const errors = new Set(shown.map(({ group }) => group)).size;
  const more = shown.length === limit ? "; there may be earlier ones (--limit)" : "";
  printLine(
    stream,
    shown.length === 0
      ? "No episodes."
      : `${count(shown.length, "episode")} of ${count(errors, "error")}${more}.`,
  );
  if (shown.length > 0) printRows(stream, shown);
  if (shown.some((one) => one.began_before)) {
    printLine(
      stream,
      "< This episode began before what was read: it has more records than are counted.",
    );
  }
  const rose = shown.find((one) => one.rose !== undefined)?.rose;
  if (rose) printRises(stream, rose);
  for (const line of notSearched(answer)) printLine(stream, line);
  const unseen = gapsLine(gaps);
  if (unseen !== undefined) {
    printLine(stream, `Counts are too low, for not all could be seen: ${unseen}`);
  }
}

function printRows(stream: Terminal, shown: readonly EpisodeRow[]): void {
  printMessages(
    stream,
    [
      { head: "group" },
      { head: "from (UTC)" },
      { head: "to" },
      { head: "state" },
      { head: "count", align: "right" },
      { head: "service" },
      { head: "template" },
    ],
    shown.map((one) => [
      one.group,
      `${one.began_before ? "< " : ""}${minute(one.from)}`,
      minute(one.to),
      one.ended ? "ended" : "open",
      String(one.count),
      cut(oneLine(one.service ?? ""), 24),
      oneLine(one.template),
    ]),
  );
}

function printRises(stream: Terminal, rose: NonNullable<EpisodeRow["rose"]>): void {
  printLine(stream, "");
  if (rose.length === 0) {
    printLine(stream, "Nothing rose with the latest one.");
    return;
  }
  printLine(
    stream,
    "Rose with the latest one (records within 10 minutes of its beginning, and in the time before that):",
  );
  printMessages(
    stream,
    [
      { head: "group" },
      { head: "lift", align: "right" },
      { head: "during", align: "right" },
      { head: "before", align: "right" },
      { head: "service" },
      { head: "template" },
    ],
    rose.map(({ group, lift, during, before, service, template }) => [
      group,
      lift.toFixed(1),
      String(during),
      String(before),
      cut(oneLine(service ?? ""), 24),
      oneLine(template),
    ]),
  );
}
