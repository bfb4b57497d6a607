/** Cloud Storage's resumable protocol, from a browser: chunks, how far they got, and going on from there. */

const UNIT_BYTES = 256 * 1024; // chunks are multiples of this, but for the last
const CHUNK_BYTES = 32 * UNIT_BYTES;
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** Why a transfer can't go on, in a sentence. */
export class TransferError extends Error {
  constructor(detail, isGone = false) {
    super(detail);
    this.detail = detail;
    /** Whether the session does not exist any more, so that the upload has to begin again. */
    this.isGone = isGone;
  }
}

/**
 * Sends what is missing of a file.
 * @param {File} file The file.
 * @param {string} url The upload session.
 * @param {Object} options
 * @param {number} [options.most_bytes] Most bytes in one chunk.
 * @param {boolean} [options.isBegun] Whether something may have been sent before.
 * @param {function(number)} options.onSent Told how many bytes are there.
 * @param {function(boolean)} options.onWaiting Told when it waits for a server or a network that is away.
 * @param {AbortSignal} options.signal Stops it; what was sent stays there.
 */
export async function transfer(file, url, {most_bytes = CHUNK_BYTES, isBegun = false, onSent, onWaiting, signal}) {
  const chunk_bytes = Math.max(UNIT_BYTES, Math.floor(Math.min(most_bytes, CHUNK_BYTES) / UNIT_BYTES) * UNIT_BYTES);
  let from = 0;
  let failures = 0;
  let isSure = !isBegun;
  for (;;) {
    signal.throwIfAborted();
    const to = Math.min(from + chunk_bytes, file.size);
    const range = isSure ? `bytes ${from}-${to - 1}/${file.size}` : `bytes */${file.size}`;
    const answer = await put(url, isSure ? file.slice(from, to) : null, range, sent => onSent(from + sent), signal);
    if (answer.status === 200 || answer.status === 201) return onSent(file.size);
    if (answer.status === 308) {
      const there = arrived(answer.range);
      failures = there > from || !isSure ? 0 : failures + 1;
      if (failures > 3) throw new TransferError('The bucket does not say how much has arrived. Its CORS settings must expose the header Range.');
      [from, isSure] = [there, true];
      onSent(from);
      onWaiting(false);
      continue;
    }
    if (answer.status === 404 || answer.status === 410) throw new TransferError('The place to upload to has expired; begin again.', true);
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
      throw new TransferError(`The bucket refused the file (${answer.status}). ${answer.text.slice(0, 200)}`, true);
    }
    isSure = false; // how much of the chunk arrived, only the bucket knows
    onWaiting(true);
    await pause(WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)], signal);
  }
}

/** Returns how many bytes there are, as `Range: bytes=0-41` says. */
function arrived(range) {
  const match = range?.match(/^bytes=0-(\d+)$/);
  return match ? Number(match[1]) + 1 : 0;
}

/** Fetch does not tell how much of a body has gone out; this does. Status 0 means that nobody answered. */
function put(url, body, range, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = status => {
      signal.removeEventListener('abort', stop);
      resolve({status, range: status ? request.getResponseHeader('Range') : null, text: request.responseText});
    };
    request.open('PUT', url);
    request.setRequestHeader('Content-Range', range);
    request.upload.onprogress = event => onSent(event.loaded);
    request.onload = () => end(request.status);
    request.onerror = () => end(0);
    request.onabort = () => { signal.removeEventListener('abort', stop); reject(signal.reason); };
    signal.addEventListener('abort', stop);
    request.send(body);
  });
}

function pause(time_ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal.removeEventListener('abort', stop); resolve(); }, time_ms);
    signal.addEventListener('abort', stop, {once: true});
  });
}
