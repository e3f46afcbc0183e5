import { runCommand } from "../run-command.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/** Whether a container engine with Compose answers here. */
export async function hasContainerEngine(signal?: AbortSignal): Promise<boolean> {
  const answers = (args: string[]) =>
    runCommand({
      program: "docker",
      args,
      timeoutMs: ANSWER_TIMEOUT_MS,
      ...(signal && { signal }),
    });
  try {
    // The client ends well without a server where a format is asked of it, so ask the server for something.
    const server = await answers(["info", "--format", "{{.ServerVersion}}"]);
    await answers(["compose", "version"]);
    return server.trim() !== "";
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}
