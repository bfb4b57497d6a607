/** Small pictures of every few seconds, many of them in one: what is there is seen before going there. */

import {h, vary} from '../app/element.js';
import {clock} from '../app/format.js';

/** Makes the preview; it stays empty where there is no storyboard. */
export function storyboardPreview() {
  const picture = h('div.tile');
  const label = h('span');
  const element = h('div.preview', {hidden: true, 'aria-hidden': 'true'}, picture, label);
  let cues = [];
  let sheet = null;
  return {
    element,

    /** Takes the storyboard that a player is told of. */
    async load({storyboard_vtt}, signal) {
      if (!storyboard_vtt) return;
      const response = await fetch(storyboard_vtt, {signal});
      if (!response.ok) throw new Error(`the storyboard can't be had: ${response.status}`);
      cues = cuesOf(await response.text());
    },

    /** Shows a second, at a place 0..1 of the width. */
    show(time_s, at) {
      const cue = cues.findLast(({start_s}) => start_s <= time_s);
      picture.hidden = !cue;
      if (cue) {
        const scale = 160 / Math.max(cue.width, cue.height);
        if (cue.sheet !== sheet) picture.style.setProperty('background-image', `url(${JSON.stringify(sheet = cue.sheet)})`);
        vary(picture, {x: `${-cue.x * scale}px`, y: `${-cue.y * scale}px`, w: `${cue.width * scale}px`, h: `${cue.height * scale}px`, sheet: `${sheetWidth(cues) * scale}px`});
      }
      label.textContent = clock(time_s, true);
      vary(element, {at});
      element.hidden = false;
    },

    hide() {
      element.hidden = true;
    },
  };
}

/** Reads the cues of a WebVTT file that name rectangles of pictures. */
export function cuesOf(text) {
  const pattern = /(\d+:)?(\d+):(\d+\.\d+) -->[^\n]*\n([^\n]*)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  return [...text.matchAll(pattern)].map(([, hours = '0', minutes, seconds, sheet, ...area]) => {
    const [x, y, width, height] = area.map(Number);
    return {start_s: Number.parseInt(hours, 10) * 3600 + minutes * 60 + Number(seconds), sheet, x, y, width, height};
  });
}

function sheetWidth(cues) {
  return Math.max(...cues.map(({x, width}) => x + width));
}
