/** A few moving seconds of a video, in place of its poster while somebody looks at it. */

import {h} from '../app/element.js';

const REST_MS = 200; // whoever moves across the page wants none of what lies on the way
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Plays a preview over the poster of what is pointed at or focused.
 * @param {HTMLElement} element What is pointed at or focused.
 * @param {HTMLElement} poster Where it plays; its size stays.
 * @param {function(): ?string} address Returns the preview's address, if there is one by now.
 */
export function previewOn(element, poster, address) {
  let waiting = 0;
  let video = null;
  const stop = () => {
    clearTimeout(waiting);
    video?.removeAttribute('src');
    video?.load(); // ends the download, too
    video?.remove();
    video = null;
  };
  const play = () => {
    const src = address();
    const picture = poster.querySelector('img');
    if (!src || !picture?.isConnected) return;
    // No sound, no controls: it says nothing that the card doesn't.
    video = h('video.moving', {src, loop: true, playsinline: true, tabindex: '-1', 'aria-hidden': 'true',
      onplaying: ({target}) => target.classList.add('seen'), onerror: stop});
    video.muted = true; // the attribute alone does not silence one that is made by a program
    picture.after(video);
    video.play().catch(() => {}); // taken away before it came, or never made: the poster is still there
  };
  const start = () => {
    stop();
    if (!calm.matches) waiting = setTimeout(play, REST_MS);
  };
  element.addEventListener('pointerenter', event => { if (event.pointerType !== 'touch') start(); });
  element.addEventListener('pointerleave', stop);
  element.addEventListener('focusin', start);
  element.addEventListener('focusout', stop);
}
