/** A part of a page that shows what the API has to say: waiting, failed, empty or there. */

import {explain} from './api.js';
import {fill, h, icon} from './element.js';

/**
 * Makes a part of a page.
 * @param {function(): Promise} load Asks the API.
 * @param {function(*): Node|Node[]} show Makes what is shown of the answer.
 * @param {string} label What is waited for, in words.
 */
export function panel(load, show, label) {
  const element = h('div.panel');
  const reload = async () => {
    element.setAttribute('aria-busy', 'true');
    if (!element.hasChildNodes()) fill(element, h('p.waiting', {}, `Loading ${label} …`));
    try {
      fill(element, show(await load()));
    } catch (error) {
      if (error.name === 'AbortError') return;
      fill(element, problemBox(error, reload));
    } finally {
      element.removeAttribute('aria-busy');
    }
  };
  reload();
  return {element, reload};
}

/** Says what went wrong and what to do. */
export function problemBox(error, retry = null) {
  const said = explain(error);
  const fields = (error.errors ?? []).filter(wrong => wrong.field && wrong.detail !== said);
  return h('div.problem', {role: 'alert'}, icon('warning'),
    h('div', {},
      h('p', {}, said),
      fields.length ? h('ul', {}, fields.map(wrong => h('li', {}, h('code', {}, wrong.field), ` ${wrong.detail}`))) : null,
      error.advice ? h('p', {}, error.advice) : null,
      error.requestId ? h('p.fine', {}, 'Request ', h('code', {}, error.requestId)) : null,
      retry && h('button.small', {type: 'button', onclick: retry}, 'Try again')));
}

/** Says that there is nothing, and how there could be something. */
export function emptyState(title, ...what) {
  return h('div.empty', {}, h('p.empty-title', {}, title), what);
}
