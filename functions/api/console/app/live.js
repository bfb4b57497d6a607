/**
 * What happens to videos, while it happens: server-sent events. They are read with fetch, because EventSource
 * can't send a token.
 */

import {send} from './api.js';

const SILENCE_MS = 60_000; // the server sends a heartbeat more often than that
const WAITS_MS = [500, 1000, 2000, 5000, 10_000, 30_000];

/** Says `video` for every change of a video, `again` when changes may have been missed, `state` for its own. */
class Live extends EventTarget {
  /** @type {'off'|'connecting'|'live'|'waiting'} */
  state = 'off';
  #lastId = null;
  #hasListened = false;
  #stop = null;

  start() {
    this.end();
    this.#stop = new AbortController();
    this.#run(this.#stop.signal);
  }

  end() {
    this.#stop?.abort();
    this.#stop = null;
    this.#lastId = null;
    this.#hasListened = false;
    this.#become('off');
  }

  /** Listens until a signal; the handler gets what the event carries. */
  on(type, handler, signal) {
    this.addEventListener(type, event => handler(event.detail), {signal});
  }

  async #run(signal) {
    let failures = 0;
    while (!signal.aborted) {
      if (this.state !== 'live') this.#become('connecting');
      let wait_ms = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] * (0.75 + Math.random() / 2);
      try {
        // Streams end after some minutes, and say so: that is no failure.
        if (await this.#listen(signal, () => { failures = 0; })) continue;
      } catch (error) {
        if (signal.aborted || error.status === 401) return;
        if (error.code === 'bad_cursor') this.#lastId = null;
        if (error.retryAfter_s) wait_ms = error.retryAfter_s * 1000;
        console.info(`Live updates: ${error.message}`);
      }
      if (signal.aborted) return;
      failures += 1;
      this.#become('waiting');
      await pause(wait_ms, signal);
    }
  }

  /** Listens to one stream; returns whether its end was announced. */
  async #listen(signal, onAlive) {
    const silence = new AbortController();
    const stop = () => silence.abort();
    signal.addEventListener('abort', stop);
    let timer = setTimeout(stop, SILENCE_MS);
    try {
      const headers = {Accept: 'text/event-stream', ...(this.#lastId ? {'Last-Event-ID': this.#lastId} : {})};
      const response = await send('GET', '/v1/events', {headers, signal: silence.signal});
      this.#become('live');
      onAlive();
      if (!this.#lastId && this.#hasListened) this.#tell('again');
      this.#hasListened = true;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let isAnnounced = false;
      const parse = parser(event => {
        if (event.type === 'reconnect') isAnnounced = true;
        else this.#take(event);
      });
      for (;;) {
        const {done, value} = await reader.read();
        if (done) return isAnnounced;
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        parse(value);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #take({type, data, id}) {
    if (id) this.#lastId = id;
    if (type === 'video') this.#tell('video', JSON.parse(data));
    if (type === 'reload') this.#tell('again');
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell('state', state);
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}

/** Returns a function that takes text as it comes and calls back for every event in it. */
export function parser(onEvent) {
  let buffer = '';
  let event = {type: 'message', data: [], id: ''};
  const line = text => {
    if (text === '') {
      if (event.data.length) onEvent({...event, data: event.data.join('\n')});
      event = {type: 'message', data: [], id: ''};
      return;
    }
    const [, name, value] = text.match(/^([^:]*):? ?(.*)$/s);
    if (name === 'data') event.data.push(value);
    else if (name === 'event') event.type = value;
    else if (name === 'id') event.id = value;
  };
  return text => {
    const lines = (buffer + text).split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop();
    lines.forEach(line);
  };
}

function pause(time_ms, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, time_ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, {once: true});
  });
}

export const live = new Live();
