/** How far a video is, in pictures and words. */

import {fill, h, vary} from './element.js';
import {percent} from './format.js';

/** The stages in order; what each does, as a person says it; and the status a video has when it is done. */
export const STAGES = [
  ['ingest', 'Checking the file', 'ingested'],
  ['transcode', 'Transcoding', 'transcoded'],
  ['segment', 'Finding shots', 'segmented'],
  ['analyze', 'Analyzing', 'analyzed'],
  ['tag', 'Tagging', 'ready'],
];

/** Status -> what it means for a person. */
export const STATUSES = {
  uploading: 'Uploading', registered: 'Queued', ingested: 'Transcoding', transcoded: 'Finding shots',
  segmented: 'Analyzing', analyzed: 'Tagging', ready: 'Ready', failed: 'Failed',
};

/** What a video is at, in words. */
export function stateOf(video) {
  if (!video.progress) return STATUSES[video.status] ?? video.status;
  const [, doing] = STAGES.find(([stage]) => stage === video.progress.stage) ?? [null, video.progress.stage];
  return doing;
}

/** Tells whether a video waits for nothing any more. */
export const isDone = video => video.status === 'ready' || video.status === 'failed';

/** A bar of one part a stage. */
export function stageBar() {
  const parts = STAGES.map(() => h('i'));
  const element = h('div.stages', {role: 'img'}, parts);
  const update = video => {
    const done = video.status === 'ready' ? STAGES.length : STAGES.findIndex(([,, status]) => status === video.status) + 1;
    const failed = STAGES.findIndex(([stage]) => stage === video.failure?.stage);
    const fraction = video.progress?.fraction ?? 0;
    parts.forEach((part, index) => {
      const isRunning = video.status !== 'failed' && index === done && video.status !== 'uploading';
      part.className = index === failed ? 'failed' : index < (failed < 0 ? done : failed) ? 'done' : isRunning ? 'running' : '';
      vary(part, {filled: isRunning ? fraction : 0});
    });
    element.setAttribute('aria-label', `${stateOf(video)}${fraction ? `, ${percent(fraction)}` : ''}`);
  };
  return {element, update};
}

/** A word that says how far a video is. */
export function stateChip(video) {
  return fill(h(`span.chip.${isDone(video) ? video.status : 'running'}`), stateOf(video),
    video.progress?.fraction ? ` ${percent(video.progress.fraction)}` : '');
}
