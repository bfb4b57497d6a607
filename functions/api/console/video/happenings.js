/** What happened: every attempt at every stage, what it took, how it ended and why. */

import {get, part} from '../app/api.js';
import {h, icon, vary} from '../app/element.js';
import {bytes, counted, duration, instant, usd} from '../app/format.js';
import {emptyState, panel} from '../app/panel.js';

const OUTCOMES = {
  running: 'running', succeeded: 'done', failed: 'failed', retry: 'to be tried again', interrupted: 'interrupted',
  lost: 'lost', superseded: 'superseded',
};

export function happenings(id, signal) {
  return panel(async () => (await get(`/v1/videos/${part(id)}/timeline`, {}, signal)).attempts, shown, 'what happened').element;
}

function shown(attempts) {
  if (!attempts.length) return emptyState('Nothing has happened yet', h('p', {}, 'Every attempt at every stage is listed here.'));
  const runs = [...Map.groupBy(attempts, attempt => attempt.run)].reverse();
  return runs.map(([run, tried], index) => {
    const list = h('ol.attempts', {}, tried.map(attempt => attemptRow(attempt, Math.max(...tried.map(one => one.cost.wall_s), 0.1))));
    return index === 0 ? [runs.length > 1 && h('h3', {}, `Run ${run}`), totals(tried), list] : h('details', {}, h('summary', {}, `Run ${run}`), list);
  });
}

function totals(tried) {
  const sum = name => tried.reduce((total, attempt) => total + attempt.cost[name], 0);
  const facts = [`${duration(sum('wall_s'))} of work`, `${duration(sum('cpu_s'))} of CPU`, `${bytes(sum('bytes_read'))} read`, `${bytes(sum('bytes_written'))} written`];
  if (sum('model_calls')) facts.push(counted(sum('model_calls'), 'model call'), usd(sum('model_usd')));
  return h('p.fine', {}, facts.join(' · '));
}

function attemptRow(attempt, longest_s) {
  const {cost, outcome} = attempt;
  const bar = vary(h('i', {'aria-hidden': 'true'}), {share: cost.wall_s / longest_s});
  return h(`li.attempt.${outcome}`, {},
    h('details', {}, h('summary', {}, h('span.attempt-name', {}, attempt.stage, attempt.number > 1 ? h('small', {}, ` attempt ${attempt.number}`) : null), bar,
      h('span.number', {}, attempt.ended_at ? duration(cost.wall_s) : '…'), h('span.outcome', {}, icon(outcome === 'succeeded' ? 'check' : outcome === 'running' ? 'play' : 'warning'), OUTCOMES[outcome] ?? outcome)),
    details(attempt)),
    attempt.reason && h('p.reason', {}, attempt.reason, attempt.code ? [' ', h('code', {}, attempt.code)] : null),
    attempt.caveats.map(caveat => h('p.reason', {}, caveat.detail)));
}

function details({started_at, worker, cost, tools}) {
  const facts = [
    ['Started', instant(started_at)], ['Worker', worker], ['CPU', duration(cost.cpu_s)], ['Read, written', `${bytes(cost.bytes_read)}, ${bytes(cost.bytes_written)}`],
    ...(cost.model_calls ? [['Model', `${counted(cost.model_calls, 'call')}, ${cost.input_tokens.toLocaleString('en')} tokens in, ${cost.output_tokens.toLocaleString('en')} out, ${usd(cost.model_usd)}`]] : []),
  ];
  return h('div.attempt-details', {}, h('dl', {}, facts.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    tools.map(tool => h('details.tool', {}, h('summary', {}, `${tool.command[0]?.split('/').at(-1)} · ${duration(tool.wall_s)}${tool.returncode ? ` · ended with ${tool.returncode}` : ''}`),
      h('pre', {tabindex: '0'}, h('code', {}, tool.command.join(' '), tool.log_tail ? `\n\n${tool.log_tail}` : '')))));
}
