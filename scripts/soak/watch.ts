import { residentMegabytes, type Crew, type Life } from "./crew.ts";

const SAMPLE_MS = 1000;
/** So many values of each process are told. */
const SHOWN = 10;
const GROWTH_MB = 60;

export type Watched = AsyncDisposable & {
  /** Memory of each process over its life, in equal steps. */
  megabytes(): Record<string, number[]>;
  /** The most that any of them held. */
  peakMegabytes(): number;
  /** Whether the last fifth of its life took much more than the second, when it had long been at work. */
  grew(name: string): boolean;
};

/** Looks at the memory of the processes once a second. */
export function watch({ lives }: Crew): Watched {
  const samples = new Map<Life, number[]>();
  const timer = setInterval(() => {
    for (const life of lives) {
      const now = life.ended ? undefined : residentMegabytes(life.pid);
      if (now !== undefined) samples.set(life, [...(samples.get(life) ?? []), now]);
    }
  }, SAMPLE_MS);
  return {
    megabytes() {
      const told = [...samples].map(([life, all]) => {
        const step = Math.max(1, Math.ceil(all.length / SHOWN));
        return [`${life.name} (${life.pid})`, all.filter((_, i) => i % step === 0)] as const;
      });
      return Object.fromEntries(told);
    },
    grew(name) {
      return [...samples].some(([life, all]) => {
        const fifth = Math.floor(all.length / 5);
        const early = Math.max(...all.slice(fifth, 2 * fifth));
        return life.name === name && Math.max(...all.slice(-fifth)) > early + GROWTH_MB;
      });
    },
    peakMegabytes: () => Math.max(0, ...[...samples.values()].flat()),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}
