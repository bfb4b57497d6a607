/** The sound as a curve, from peaks as audiowaveform writes them. */

const SVG = 'http://www.w3.org/2000/svg';
const MOST_COLUMNS = 2000;

/**
 * Loads and draws the peaks.
 * @returns {Promise<{element: SVGElement, duration_s: number}|null>} Null where there is no sound.
 */
export async function loadWaveform({waveform}, signal) {
  if (!waveform) return null;
  const response = await fetch(waveform, {signal});
  if (!response.ok) throw new Error(`the waveform can't be had: ${response.status}`);
  const peaks = await response.json();
  const columns = Math.min(peaks.length, MOST_COLUMNS);
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('class', 'waveform');
  element.setAttribute('viewBox', `0 -128 ${columns} 256`);
  element.setAttribute('preserveAspectRatio', 'none');
  element.setAttribute('aria-hidden', 'true');
  const curve = document.createElementNS(SVG, 'path');
  curve.setAttribute('d', Array.from({length: columns}, (_, column) => line(peaks, column, columns)).join(''));
  element.append(curve);
  return {element, duration_s: peaks.length * peaks.samples_per_pixel / peaks.sample_rate};
}

/** An upright line from the lowest to the highest of what one column stands for; never so short that it is unseen. */
function line({data, length}, column, columns) {
  const piece = data.slice(2 * Math.floor(column * length / columns), 2 * Math.floor((column + 1) * length / columns));
  return `M${column} ${-Math.max(1, ...piece)}h1V${-Math.min(-1, ...piece)}h-1z`;
}
