/** Where the video is: what plays it, and everything that shows or changes the position, meet here. */

/** Says `time` whenever the position changed, and `state` when it begins or stops to play. */
export class Playhead extends EventTarget {
  time_s = 0;
  duration_s = 0;
  #video = null;
  #frame = null;

  /** Follows a video element, which takes up the position from before. */
  attach(video, signal) {
    this.#video = video;
    const on = (type, handler) => video.addEventListener(type, handler, {signal});
    on('timeupdate', () => this.#moved());
    on('seeking', () => this.#moved());
    on('seeked', () => this.#moved());
    on('play', () => { this.#tick(); this.#tell('state'); });
    on('pause', () => { cancelAnimationFrame(this.#frame); this.#tell('state'); });
    on('ended', () => this.#tell('state'));
    on('loadedmetadata', () => {
      if (Number.isFinite(video.duration)) this.duration_s ||= video.duration;
      if (this.time_s) video.currentTime = this.time_s;
      this.#tell('state');
    });
    signal.addEventListener('abort', () => cancelAnimationFrame(this.#frame));
  }

  get isPlaying() {
    return this.#video !== null && !this.#video.paused && !this.#video.ended;
  }

  /** Goes to a second. */
  seek(time_s) {
    this.time_s = Math.min(Math.max(0, time_s), this.duration_s ? Math.max(0, this.duration_s - 0.01) : time_s);
    if (this.#video?.readyState) this.#video.currentTime = this.time_s;
    this.#tell('time');
  }

  /** Plays, or pauses. */
  toggle() {
    if (this.isPlaying) this.#video.pause();
    else this.#video?.play().catch(error => { if (error.name !== 'AbortError') console.warn(`It does not play: ${error.message}`); });
  }

  /** Calls back with the position, now and after every change. */
  watch(handler, signal) {
    this.addEventListener('time', () => handler(this.time_s), {signal});
    handler(this.time_s);
  }

  #tick() {
    this.#frame = requestAnimationFrame(() => { this.#moved(); this.#tick(); });
  }

  #moved() {
    // Before it is loaded, the element says 0, whatever was asked for.
    if (!this.#video.readyState || this.#video.currentTime === this.time_s) return;
    this.time_s = this.#video.currentTime;
    this.#tell('time');
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
