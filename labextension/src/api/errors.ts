// A call that failed, in the words that the server chose for the person.

/** A failed call: `kind` as in the contract, a sentence, and what to do next. */
export class CallError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly hint: string,
    readonly status: number,
    readonly reason?: unknown
  ) {
    super(message);
    this.name = 'CallError';
  }
}

/** The error in an answer; an answer that is not ours still gives a sentence. */
export function readError(status: number, text: string): CallError {
  try {
    const told = JSON.parse(text) as { message?: string; hint?: string; kind?: string };
    if (told.message) {
      return new CallError(told.kind ?? 'Failed', told.message, told.hint ?? '', status);
    }
  } catch (reason) {
    return new CallError('Failed', sentence(status), hintFor(status), status, reason);
  }
  return new CallError('Failed', sentence(status), hintFor(status), status);
}

/** Any thrown value as a CallError. */
export function asCallError(reason: unknown): CallError {
  if (reason instanceof CallError) {
    return reason;
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new CallError('Failed', message, '', 0, reason);
}

function sentence(status: number): string {
  if (status === 404) {
    return 'Perijove’s server part is not there.';
  }
  if (status === 403) {
    return 'You are not logged in to this server any more.';
  }
  return `The server answered ${status}.`;
}

function hintFor(status: number): string {
  if (status === 404) {
    return 'Run “jupyter server extension list”: perijove should be enabled.';
  }
  return status === 403 ? 'Reload the page and log in.' : 'Look at the server’s log.';
}
