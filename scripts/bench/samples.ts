/** The middle of several runs, and the lowest and highest of them. */
export type Sample = { median: number; low: number; high: number; runs: number };

/** Of no runs: not a number. */
export function sampleOf(values: readonly number[], digits = 1): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number) => Number((sorted[place] ?? Number.NaN).toFixed(digits));
  const last = sorted.length - 1;
  return { median: at(Math.floor(last / 2)), low: at(0), high: at(last), runs: sorted.length };
}

/** Measures one after the other, and all again, so that what slows the machine for a while slows all of them. */
export async function alternate<Name extends string>(
  rounds: number,
  measurements: Readonly<Record<Name, (number: number) => Promise<number>>>,
): Promise<Record<Name, number[]>>;
export async function alternate(
  rounds: number,
  measurements: Readonly<Record<string, (number: number) => Promise<number>>>,
): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (let number = 0; number < rounds; number++) {
    const all = Object.entries(measurements);
    const first = number % all.length;
    for (const [name, measure] of [...all.slice(first), ...all.slice(0, first)]) {
      (values[name] ??= []).push(await measure(number));
    }
  }
  return values;
}

/** How long each of several goes takes, in ms. */
export async function timeEach(goes: number, work: (go: number) => Promise<unknown>) {
  const times: number[] = [];
  for (let go = 0; go < goes; go++) {
    const startedAt = performance.now();
    await work(go);
    times.push(performance.now() - startedAt);
  }
  return sampleOf(times);
}

export function ratio(value: number, reference: number): number {
  return Number((value / reference).toFixed(3));
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** "640 (620–655) docs/s" */
export function shown({ median, low, high, runs }: Sample, unit: string): string {
  return runs > 1 ? `${median} (${low}–${high}) ${unit}` : `${median} ${unit}`;
}
