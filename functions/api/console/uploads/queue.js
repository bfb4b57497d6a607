/** Files on their way to the bucket. What is unfinished is remembered, so that it can go on after a reload. */

import {explain, get, part, post, remove} from '../app/api.js';
import {transfer} from './transfer.js';

const KEY = 'automations.uploads';
const AT_ONCE = 2;
const RATE_MS = 4000;

/** One file: `state` is waiting, sending, retrying, paused, lost (its file must be picked again), sent or failed. */
export class Upload {
  state = 'waiting';
  sent_bytes = 0;
  trouble = null;
  /** What became of its video since the bytes are there; null before that is known. */
  video = null;
  file = null;
  stop = null;
  #marks = [];

  constructor(memory) {
    /** What is remembered. */
    this.memory = memory;
  }

  get name() { return this.memory.name; }
  get size_bytes() { return this.memory.size_bytes; }
  get videoId() { return this.memory.video_id ?? null; }

  /** Bytes a second of late; null before there is anything to tell by. */
  get rate() {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    return this.state === 'sending' && last && last[0] - first[0] > 400 ? (last[1] - first[1]) / ((last[0] - first[0]) / 1000) : null;
  }

  /** Notes how many bytes are there. */
  reach(sent_bytes) {
    const now = performance.now();
    this.sent_bytes = sent_bytes;
    this.#marks = [...this.#marks.filter(([at]) => now - at < RATE_MS), [now, sent_bytes]];
  }

  /** Tells whether this is the file that was being uploaded. */
  fits(file) {
    return file.name === this.name && file.size === this.size_bytes && file.lastModified === this.memory.modified_ms;
  }
}

class Uploads extends EventTarget {
  /** @type {Upload[]} */
  items = [];
  #owner = '';

  constructor() {
    super();
    addEventListener('beforeunload', event => { if (this.items.some(item => item.state === 'sending')) event.preventDefault(); });
    addEventListener('online', () => this.items.filter(item => item.state === 'retrying').forEach(item => this.resume(item)));
  }

  /** Brings back what an owner left unfinished in this browser. */
  remember(owner) {
    if (owner === this.#owner) return;
    this.forget();
    this.#owner = owner;
    this.items = JSON.parse(localStorage.getItem(`${KEY}.${owner}`) ?? '[]').map(memory => {
      const item = new Upload(memory);
      item.state = 'lost';
      item.sent_bytes = memory.sent_bytes ?? 0;
      return item;
    });
    this.#changed();
  }

  /** Stops everything; what is unfinished stays remembered for its owner. */
  forget() {
    this.items.forEach(item => item.stop?.abort());
    this.items = [];
    this.#owner = '';
    this.#changed();
  }

  /**
   * Adds files. One that was being uploaded before goes on.
   * @param {Iterable<File>} files The files.
   * @param {string|null} video_id A video whose source is to be replaced.
   */
  add(files, video_id = null) {
    for (const file of files) {
      const known = this.items.find(item => item.state === 'lost' && item.fits(file));
      const item = known ?? new Upload({
        name: file.name, size_bytes: file.size, modified_ms: file.lastModified, type: file.type, key: crypto.randomUUID(),
        replaces: video_id,
      });
      if (!known) this.items.unshift(item);
      item.file = file;
      item.state = 'waiting';
      if (!file.size) this.#fail(item, {detail: 'The file is empty.'});
    }
    this.#next();
  }

  pause(item) {
    item.state = 'paused';
    item.stop?.abort();
    this.#next();
  }

  resume(item) {
    item.stop?.abort();
    item.state = 'waiting';
    item.trouble = null;
    this.#next();
  }

  /** Gives an upload up, or takes a finished one off the list. */
  async drop(item) {
    const isOpen = item.memory.id && item.state !== 'sent';
    item.state = 'dropped';
    item.stop?.abort();
    this.items = this.items.filter(other => other !== item);
    this.#next();
    if (isOpen) await remove(`/v1/uploads/${part(item.memory.id)}`);
  }

  /** Notes what an event says about the videos whose bytes are there. */
  follow(event) {
    for (const item of this.items.filter(other => other.state === 'sent' && other.videoId === event.id)) {
      if (event.deleted) this.drop(item);
      else this.#became(item, event);
    }
  }

  /** Asks what became of the videos whose bytes are there. */
  catchUp() {
    this.items.filter(item => item.state === 'sent').forEach(item => this.#learn(item));
  }

  async #learn(item) {
    try {
      this.#became(item, await get(`/v1/videos/${part(item.videoId)}`));
    } catch (error) {
      console.info(`What became of ${item.name} is not known yet: ${error.message}`);
    }
  }

  /** Events may overtake an answer that is older. */
  #became(item, video) {
    if (item.video && new Date(video.updated_at) < new Date(item.video.updated_at)) return;
    item.video = video;
    this.#changed();
  }

  #next() {
    const running = this.items.filter(item => item.stop);
    const waiting = this.items.filter(item => item.state === 'waiting' && !item.stop).reverse();
    waiting.slice(0, Math.max(0, AT_ONCE - running.length)).forEach(item => this.#run(item));
    this.#changed();
  }

  async #run(item) {
    item.stop = new AbortController();
    item.state = 'sending';
    try {
      const isBegun = Boolean(item.memory.url);
      if (!isBegun) await this.#open(item);
      await transfer(item.file, item.memory.url, {
        most_bytes: item.memory.max_chunk_bytes ?? undefined,
        isBegun,
        signal: item.stop.signal,
        onSent: sent_bytes => { item.reach(sent_bytes); this.#changed(item); },
        onWaiting: isWaiting => { item.state = isWaiting ? 'retrying' : 'sending'; this.#changed(item); },
      });
      item.state = 'sent';
      this.#learn(item);
    } catch (error) {
      if (item.stop.signal.aborted) {
        // Somebody stopped it, and said what it is now.
      } else this.#fail(item, error);
    }
    item.stop = null;
    this.#next();
  }

  async #open(item) {
    const {name, size_bytes, type, key, replaces} = item.memory;
    const wanted = {name, size_bytes, ...(type ? {content_type: type} : {}), ...(replaces ? {video_id: replaces} : {})};
    const {id, video_id, url, max_chunk_bytes} = await post('/v1/uploads', wanted, key);
    item.memory = {...item.memory, id, video_id, url, max_chunk_bytes};
  }

  #fail(item, error) {
    item.state = 'failed';
    item.trouble = [explain(error), error.advice].filter(Boolean).join(' ');
    if (error.isGone) item.memory = {...item.memory, url: null, id: null, key: crypto.randomUUID()};
  }

  #changed(item = null) {
    if (this.#owner) {
      const open = this.items.filter(other => other.memory.url && other.state !== 'sent' && other.state !== 'dropped');
      const memories = open.map(other => ({...other.memory, sent_bytes: other.sent_bytes}));
      localStorage.setItem(`${KEY}.${this.#owner}`, JSON.stringify(memories));
    }
    this.dispatchEvent(new CustomEvent('change', {detail: item}));
  }
}

export const uploads = new Uploads();
