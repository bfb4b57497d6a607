/** Webhooks: where events are sent, and what became of each. */

import {ago} from '../app/ages.js';
import {get, part, patch, post, remove} from '../app/api.js';
import {ask, copyable, openDialog} from '../app/dialog.js';
import {dotted, field, fill, h, icon} from '../app/element.js';
import {words} from '../app/format.js';
import {notify, notifyProblem} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';

export function webhooksSection(signal) {
  const list = panel(async () => (await get('/v1/webhooks', {}, signal)).webhooks, hooks => hooks.length ? h('ul.rows', {}, hooks.map(hook => row(hook, list.reload, signal))) : emptyState('No webhooks yet', h('p', {}, 'Instead of asking again and again, let a server of yours be told when a video is ready.')), 'webhooks');
  return [
    h('p.lead', {}, 'Events are sent as signed requests (Standard Webhooks), and again for a day until they are taken.'),
    h('p', {}, h('button.primary', {type: 'button', onclick: () => create(list.reload)}, icon('plus'), 'New webhook')), list.element,
  ];
}

function row(hook, reload, signal) {
  const path = `/v1/webhooks/${part(hook.id)}`;
  const log = h('div.log');
  const deliveries = h('details', {ontoggle: () => { if (deliveries.open && !log.hasChildNodes()) fill(log, deliveryLog(path, signal)); }}, h('summary', {}, 'Deliveries'), log);
  const run = (work, said) => work.then(() => { notify(said); reload(); }).catch(notifyProblem);
  return h('li.hook', {}, h('div', {}, h('strong.address', {}, hook.url), h('p.fine', {}, dotted(hook.events.join(', ') || 'all events', hook.enabled ? null : hook.disabled_reason || 'paused', hook.failing_since && ['failing, first ', ago(hook.failing_since)]))),
    h('div.row-buttons', {},
      h('button.small', {type: 'button', onclick: () => run(post(`${path}/test`), 'A test event is on its way.')}, 'Send test'),
      h('button.small', {type: 'button', onclick: () => rotate(path, reload)}, 'New secret'),
      h('button.small', {type: 'button', onclick: () => run(patch(path, {enabled: !hook.enabled}), hook.enabled ? 'Paused.' : 'It is on again.')}, hook.enabled ? 'Pause' : 'Go on'),
      h('button.small', {type: 'button', 'aria-label': `Delete the webhook to ${hook.url}`, onclick: () => drop(hook, path, reload)}, 'Delete')),
    deliveries);
}

function deliveryLog(path, signal) {
  const list = panel(async () => (await get(`${path}/deliveries`, {}, signal)).deliveries, all => all.length ? h('ul.rows', {}, all.map(one => h('li', {},
    h('div', {}, h('strong', {}, one.event_type), h('p.fine', {}, outcome(one))),
    h('button.small', {type: 'button', onclick: () => post(`${path}/deliveries/${part(one.id)}/redeliver`).then(() => { notify('It is sent again.'); list.reload(); }).catch(notifyProblem)}, 'Send again')))) : emptyState('Nothing was sent yet', h('p', {}, 'Send a test event to see how it arrives.')), 'deliveries');
  return list.element;
}

/** What became of a delivery, in a line. */
function outcome({state, attempts, created_at, next_attempt_at}) {
  const last = attempts.at(-1);
  return dotted(words(state), ago(created_at), attempts.length > 1 && `tried ${attempts.length} times`, last && (last.error || `answered ${last.status} in ${last.took_s.toFixed(2)} s`),
    next_attempt_at && ['again ', ago(next_attempt_at)]);
}

function showSecret({secret}) {
  openDialog('Copy the secret now', h('p', {}, 'Requests are signed with it; it is not shown again.'), copyable(secret, 'Copy secret'));
}

function create(reload) {
  const url = h('input', {name: 'url', type: 'url', required: true, placeholder: 'https://'});
  ask('New webhook', [field('Address', url, 'An https address that anybody can reach.')], 'Make webhook', async values => {
    const made = await post('/v1/webhooks', {url: values.get('url')});
    return () => { reload(); showSecret(made); };
  });
}

function rotate(path, reload) {
  ask('Make a new secret?', [h('p', {}, 'Requests are signed with both for a while, so nothing is missed while you change it.')], 'Make a new secret', async () => {
    const made = await post(`${path}/rotate`);
    return () => { reload(); showSecret(made); };
  });
}

function drop(hook, path, reload) {
  ask('Delete this webhook?', [h('p', {}, 'Nothing more is sent to ', h('strong', {}, hook.url), '.')], 'Delete', async () => {
    await remove(path);
    return () => { notify('The webhook is deleted.'); reload(); };
  }, true);
}
