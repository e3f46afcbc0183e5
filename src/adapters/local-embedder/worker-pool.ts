import type { Worker } from "node:worker_threads";
import { Fault } from "../../domain/faults.ts";

/** Vectors one after the other; `isCut` has an entry for each text. */
export type Computed = { vectors: Float32Array<ArrayBuffer>; isCut: boolean[] };
export type Request = { id: number; texts: readonly string[] };
export type Response = Computed & { id: number };

/** A second request waits in the worker, so that it need not wait for this thread between two. */
const MAX_REQUESTS_PER_WORKER = 2;

type Job = {
  texts: readonly string[];
  resolve(computed: Computed): void;
  reject(fault: Fault): void;
};
type Member = { worker: Worker; jobs: Map<number, Job> };

export type WorkerPool = AsyncDisposable & {
  /** Computes the vectors of the texts in one worker. Throws a Fault: `outage` where the worker dies or the signal aborts. */
  compute(texts: readonly string[], signal: AbortSignal): Promise<Computed>;
};

/**
 * Up to `size` workers, each started when there is work that no other is free for. A worker that dies is replaced by the
 * next work. Idle ones do not keep the process alive.
 */
export function createWorkerPool(size: number, start: (number: number) => Worker): WorkerPool {
  const members = new Map<number, Member>();
  const queue: Job[] = [];
  let nextId = 0;
  let isClosed = false;

  /** The member with the fewest requests, a new one before a second request for any. */
  function free(): Member | undefined {
    const [least] = [...members.values()].toSorted((a, b) => a.jobs.size - b.jobs.size);
    if (least?.jobs.size === 0) return least;
    if (members.size < size) return startMember();
    return least && least.jobs.size < MAX_REQUESTS_PER_WORKER ? least : undefined;
  }

  function startMember(): Member {
    let number = 0;
    while (members.has(number)) number += 1;
    const member: Member = { worker: start(number), jobs: new Map() };
    members.set(number, member);
    const { worker, jobs } = member;
    worker.on("message", ({ id, vectors, isCut }: Response) => {
      const job = jobs.get(id);
      jobs.delete(id);
      if (jobs.size === 0) worker.unref();
      job?.resolve({ vectors, isCut });
      assign();
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      members.delete(number);
      for (const job of jobs.values()) job.reject(died(cause));
      if (!isClosed) assign();
    });
    return member;
  }

  function assign(): void {
    while (queue.length > 0) {
      const member = free();
      const job = member && queue.shift();
      if (!job) return;
      const id = nextId++;
      member.jobs.set(id, job);
      member.worker.ref();
      const request: Request = { id, texts: job.texts };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      member.worker.postMessage(request);
    }
  }

  return {
    compute(texts, signal) {
      if (signal.aborted || isClosed) return Promise.reject(stopped());
      const { promise, resolve, reject } = Promise.withResolvers<Computed>();
      const job: Job = { texts, resolve, reject };
      const onAbort = () => {
        const place = queue.indexOf(job);
        if (place >= 0) queue.splice(place, 1);
        reject(stopped());
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.push(job);
      assign();
      return promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const job of queue.splice(0)) job.reject(stopped());
      await Promise.all([...members.values()].map(({ worker }) => worker.terminate()));
    },
  };
}

function stopped(): Fault {
  return new Fault("outage", "local: stopped while waiting");
}

function died(cause: unknown): Fault {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new Fault("outage", `local: the thread that computes vectors died${why}`, { cause });
}
