/** Numbers and instants as people read them. */

const AGES = [[60, 'second'], [60, 'minute'], [24, 'hour'], [7, 'day'], [4.35, 'week'], [12, 'month'], [Infinity, 'year']];
const relative = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});
const instants = new Intl.DateTimeFormat('en', {dateStyle: 'medium', timeStyle: 'short'});

/** `1:02:03`: a moment or a length to the nearest second, or to the nearest tenth where asked for. */
export function clock(time_s, tenths = false) {
  const shown = Math.max(0, tenths ? Math.round(time_s * 10) / 10 : Math.round(time_s));
  const hours = Math.floor(shown / 3600);
  const minutes = Math.floor(shown / 60) % 60;
  const seconds = (shown % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** `0:12–0:20`, with tenths where it would end as it begins. */
export function stretch(start_s, end_s) {
  const tenths = clock(start_s) === clock(end_s);
  return `${clock(start_s, tenths)}–${clock(end_s, tenths)}`;
}

/** A time said aloud: `1 minute 5 seconds`. */
export function spoken(time_s) {
  const whole_s = Math.round(time_s);
  const parts = [[Math.floor(whole_s / 3600), 'hour'], [Math.floor(whole_s / 60) % 60, 'minute'], [whole_s % 60, 'second']];
  const said = parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return said.join(' ') || '0 seconds';
}

/** `4.2 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(time_s) {
  const whole_s = Math.round(time_s);
  if (whole_s < 60) return `${time_s < 9.95 ? time_s.toFixed(1) : whole_s} s`;
  const minutes = Math.floor(whole_s / 60);
  if (minutes < 60) return `${minutes} min ${whole_s % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 100 ? `${hours} h ${minutes % 60} min` : `${hours.toLocaleString('en')} h`;
}

/** `1.4 MB`. */
export function bytes(count) {
  const power = count < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(power && value < 100 ? 1 : 0)} ${['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'][power]}`;
}

/** `3 hours ago`. */
export function age(instant) {
  let count = (new Date(instant) - Date.now()) / 1000;
  if (Math.abs(count) < 5) return 'just now';
  for (const [many, unit] of AGES) {
    if (Math.abs(count) < many) return relative.format(Math.round(count), unit);
    count /= many;
  }
  return '';
}

/** `Nov 21, 2026, 3:12 PM`. */
export function instant(value) {
  return instants.format(new Date(value));
}

/** `37 %`. */
export function percent(fraction) {
  return `${Math.round(fraction * 100)} %`;
}

/** `1 video`, `2 videos`. */
export function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** US dollars, small ones too. */
export function usd(amount) {
  return `$${amount.toFixed(amount && amount < 0.1 ? 4 : 2)}`;
}

/** `dominant_colors` as words. */
export function words(name) {
  return name.replaceAll(/[_-]/g, ' ');
}
