import type { ErrorAlert, ErrorAlertKind } from "../../domain/memory/error-alert.ts";
import { count } from "../../domain/count.ts";
import { lasted } from "../../telemetry/phrases.ts";

export type Language = "en" | "ko";

type NamedKind = "host" | "version";

/** The words of messages about errors. Times are shown already; counts are numbers of records, `s` whole seconds. */
export type Words = {
  /** In brackets, at the beginning of the first line. */
  tag(alert: ErrorAlert): string;
  withoutText(group: string): string;
  noService: string;
  where: string;
  level(name: string): string;
  since: string;
  /** "7 times, after 3 h of silence". */
  times(count: number): string;
  ago(s: number): string;
  silence(s: number): string;
  rate(count: number, usual: number, windowS: number): string;
  usually(usual: number, windowS: number): string;
  between(from: string, to: string, s: number): string;
  accepted: string;
  likeLabel: string;
  noLike: string;
  like(percent: number, from: string, to: string, count: number): string;
  sameError: string;
  otherError(template: string): string;
  cause: string;
  fix: string;
  by(author: string, day: string, confirmed: boolean): string;
  otherwise: string;
  otherService(now: string, then: string): string;
  onlyNow(names: string): string;
  onlyThen(names: string): string;
  /** Hosts or versions: others than then, and more than then. */
  otherNames(kind: NamedKind, now: string, then: string, count: number): string;
  moreNames(kind: NamedKind, names: string, count: number): string;
  /** After the first of many names. */
  andMore(count: number): string;
  links: string;
  thisOne: string;
  thatOne: string;
  more(count: number): string;
  subject(total: number, kinds: string): string;
  kind(kind: ErrorAlertKind, count: number): string;
  throttled(time: string): string;
};

const MINUTE_S = 60;

function lastedKo(s: number): string {
  if (s < 1) return "1초 미만";
  if (s < 2 * MINUTE_S) return `${s}초`;
  const units = [
    [Math.floor(s / 86_400), "일"],
    [Math.floor(s / 3600) % 24, "시간"],
    [Math.floor(s / 60) % 60, "분"],
    [s % 60, "초"],
  ] as const;
  const first = units.findIndex(([n]) => n > 0);
  return units
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(" ");
}

const timesOf = (n: number) => (n === 1 ? "once" : count(n, "time"));

const EN: Words = {
  tag: ({ kind, like, was_resolved: wasResolved }) =>
    [
      {
        new: "new",
        back: "back",
        known: "known",
        spike: "spike",
        spike_ended: "spike over",
        ended: "over",
      }[kind],
      ...(wasResolved ? ["was resolved"] : []),
      ...(like ? ["like a past case"] : []),
    ].join(", "),
  withoutText: (group) => `an error of group ${group}`,
  noService: "no service named",
  where: "Where",
  level: (name) => `level ${name}`,
  since: "Since",
  times: timesOf,
  ago: (s) => `${lasted(s)} ago`,
  silence: (s) => `after ${lasted(s)} of silence`,
  rate: (n, usual, windowS) => `${n} in the last ${lasted(windowS)}, usually ${usual}`,
  usually: (usual, windowS) => `usually ${usual} in ${lasted(windowS)}`,
  between: (from, to, s) => `${from} to ${to} (${lasted(s)})`,
  accepted: "it has lasted for a day and counts as usual from now on",
  likeLabel: "Like a past case",
  noLike: "none is known",
  like: (percent, from, to, n) => `${percent} % like ${from} to ${to} (${timesOf(n)})`,
  sameError: "the same error",
  otherError: (template) => `another error: ${template}`,
  cause: "Cause",
  fix: "Action",
  by: (author, day, confirmed) => `${author}, ${day}${confirmed ? ", confirmed" : ""}`,
  otherwise: "Other this time",
  otherService: (now, then) => `service ${now} instead of ${then}`,
  onlyNow: (names) => `with it rises ${names}`,
  onlyThen: (names) => `then rose ${names}`,
  otherNames: (kind, now, then, n) => `${n === 1 ? kind : `${kind}s`} ${now} instead of ${then}`,
  moreNames: (kind, names, n) => `also ${n === 1 ? kind : `${kind}s`} ${names}`,
  andMore: (n) => ` and ${n} more`,
  links: "Links",
  thisOne: "this",
  thatOne: "that",
  more: (n) => `And ${n} more: log-vectorizer groups list, or the page, shows them.`,
  subject: (total, kinds) => `[${count(total, "error")}] ${kinds}`,
  kind: (kind, n) =>
    ({
      new: `${n} new`,
      back: `${n} back`,
      known: `${n} known`,
      spike: n === 1 ? "1 spike" : `${n} spikes`,
      spike_ended: n === 1 ? "1 spike over" : `${n} spikes over`,
      ended: `${n} over`,
    })[kind],
  throttled: (time) =>
    `The limit of messages per hour is reached: what comes is summed up in one, from ${time} on.`,
};

const NAMED_KO: Readonly<Record<NamedKind, string>> = { host: "호스트", version: "버전" };

const KO: Words = {
  tag: ({ kind, like, was_resolved: wasResolved }) =>
    [
      {
        new: "새 오류",
        back: "다시 발생",
        known: "알려진 오류",
        spike: "급증",
        spike_ended: "급증 종료",
        ended: "종료",
      }[kind],
      ...(wasResolved ? ["해결된 것으로 표시됨"] : []),
      ...(like ? ["과거 사례와 유사"] : []),
    ].join(", "),
  withoutText: (group) => `그룹 ${group}의 오류`,
  noService: "서비스 이름 없음",
  where: "위치",
  level: (name) => `레벨 ${name}`,
  since: "시작",
  times: (n) => `${n}회`,
  ago: (s) => `${lastedKo(s)} 전`,
  silence: (s) => `${lastedKo(s)} 동안 없다가 다시 발생`,
  rate: (n, usual, windowS) => `최근 ${lastedKo(windowS)} 동안 ${n}회, 평소 ${usual}회`,
  usually: (usual, windowS) => `평소 ${lastedKo(windowS)}당 ${usual}회`,
  between: (from, to, s) => `${from} ~ ${to} (${lastedKo(s)})`,
  accepted: "하루 동안 이어져 이제부터 평소 수준으로 봅니다",
  likeLabel: "과거 사례",
  noLike: "알려진 것이 없음",
  like: (percent, from, to, n) => `${percent} % 유사: ${from} ~ ${to} (${n}회)`,
  sameError: "같은 오류",
  otherError: (template) => `다른 오류: ${template}`,
  cause: "원인",
  fix: "조치",
  by: (author, day, confirmed) => `${author}, ${day}${confirmed ? ", 확인됨" : ""}`,
  otherwise: "이번에 다른 점",
  otherService: (now, then) => `서비스 ${now} (과거: ${then})`,
  onlyNow: (names) => `함께 증가: ${names}`,
  onlyThen: (names) => `과거에만 증가: ${names}`,
  otherNames: (kind, now, then) => `${NAMED_KO[kind]} ${now} (과거: ${then})`,
  moreNames: (kind, names) => `과거에 없던 ${NAMED_KO[kind]}: ${names}`,
  andMore: (n) => ` 외 ${n}개`,
  links: "링크",
  thisOne: "이번",
  thatOne: "과거",
  more: (n) => `그 밖에 ${n}건: log-vectorizer groups list 또는 페이지에서 볼 수 있습니다.`,
  subject: (total, kinds) => `[오류 ${total}건] ${kinds}`,
  kind: (kind, n) =>
    ({
      new: `새 오류 ${n}건`,
      back: `다시 발생 ${n}건`,
      known: `알려진 오류 ${n}건`,
      spike: `급증 ${n}건`,
      spike_ended: `급증 종료 ${n}건`,
      ended: `종료 ${n}건`,
    })[kind],
  throttled: (time) =>
    `시간당 메시지 한도에 도달했습니다. 이후의 오류는 ${time}부터 하나로 모아 보냅니다.`,
};

export const WORDS: Readonly<Record<Language, Words>> = { en: EN, ko: KO };
