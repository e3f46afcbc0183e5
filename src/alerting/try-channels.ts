import { timeLimit } from "../concurrency/time-limit.ts";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Fault, faultShape } from "../domain/faults.ts";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { CHANNEL_NAMES, type AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Sender } from "./message-frame.ts";
import { testMessage } from "./message.ts";

/** The result of a test message at one channel. */
export const triedShape = z.object({
  channel: z.enum(CHANNEL_NAMES),
  result: z.enum(["sent", "failed"]),
  duration_ms: z.number().nonnegative(),
  error: faultShape.extend({ hint: z.string() }).nullable(),
});
export type Tried = z.infer<typeof triedShape>;

const TRY_MS = 15_000;

/** Sends one message by every channel, once. Never throws a Fault. */
export async function tryChannels(
  {
    channels,
    sender,
    clock,
  }: { channels: readonly AlertChannel[]; sender: Sender; clock: Pick<Clock, "now"> },
  signal: AbortSignal,
): Promise<Tried[]> {
  const message = testMessage(sender, `test-${randomBytes(4).toString("hex")}`, clock.now());
  return Promise.all(
    channels.map(async (channel): Promise<Tried> => {
      const startedAt = clock.now();
      const ended = (result: Tried["result"], error: Tried["error"] = null): Tried => ({
        channel: channel.name,
        result,
        duration_ms: clock.now() - startedAt,
        error,
      });
      using limit = timeLimit(signal, TRY_MS);
      try {
        await channel.send(message, limit.signal);
        return ended("sent");
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const { kind, message: said, hint = FAULT_POLICIES[kind].advice } = error;
        return ended("failed", { kind, message: said, hint });
      }
    }),
  );
}
