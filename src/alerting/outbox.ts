import type { AlertChannel, AlertMessage } from "../ports/alert-channel.ts";
import type { Letter } from "./book.ts";

type ChannelName = AlertChannel["name"];

/** A try takes less; who died with a letter in hand gives it to the next one. */
const TAKEN_MS = 30_000;
const WAITS_MS = [5000, 15_000, 60_000, 5 * 60_000, 15 * 60_000];
const MAX_LETTERS = 50;
/** Older news help nobody. */
const MAX_AGE_MS = 24 * 3_600_000;

/** A message for each channel. The oldest make room, and are dropped. */
export function posted(
  outbox: readonly Letter[],
  message: AlertMessage,
  channels: readonly ChannelName[],
  now: number,
): { outbox: Letter[]; dropped: Letter[] } {
  const letters = channels.map((channel) => ({
    channel,
    message,
    written_at: now,
    tries: 0,
    not_before: now,
  }));
  const all = [...outbox, ...letters];
  const surplus = Math.max(0, all.length - MAX_LETTERS);
  return { outbox: all.slice(surplus), dropped: all.slice(0, surplus) };
}

/** What this process is to send now, and takes upon itself. */
export function taken(
  outbox: readonly Letter[],
  channels: readonly ChannelName[],
  now: number,
): { outbox: Letter[]; mine: Letter[]; dropped: Letter[] } {
  const dropped = outbox.filter(({ written_at: at }) => Math.abs(now - at) >= MAX_AGE_MS);
  const mine: Letter[] = [];
  const left = outbox
    .filter((letter) => !dropped.includes(letter))
    .map((letter) => {
      if (!channels.includes(letter.channel) || !isFree(letter, now)) return letter;
      const own = { ...letter, tries: letter.tries + 1, taken_until: now + TAKEN_MS };
      mine.push(own);
      return own;
    });
  return { outbox: left, mine, dropped };
}

function isFree({ not_before: from, taken_until: until = 0 }: Letter, now: number): boolean {
  // Ahead of any wait there is, the clock was put back.
  const isDue = (at: number) => at <= now || at - now > MAX_AGE_MS;
  return isDue(from) && isDue(until);
}

/** Off the outbox: it was sent, or nobody tries again. */
export function without(outbox: readonly Letter[], letter: Letter): Letter[] {
  return outbox.filter((one) => !isSame(one, letter));
}

/** How long to wait for the next try; undefined: there were enough. */
export function waitAfter({ tries }: Letter, askedMs = 0): number | undefined {
  const ms = WAITS_MS[tries - 1];
  return ms === undefined ? undefined : Math.max(ms, Math.min(askedMs, MAX_AGE_MS / 24));
}

/** Back into the outbox for another try. */
export function again(outbox: readonly Letter[], letter: Letter, notBefore: number): Letter[] {
  return outbox.map((one) => {
    if (!isSame(one, letter)) return one;
    const { taken_until: _, ...free } = one;
    return { ...free, not_before: notBefore };
  });
}

function isSame(a: Letter, b: Letter): boolean {
  return a.channel === b.channel && a.message.id === b.message.id;
}
