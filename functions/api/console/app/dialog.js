/** Things that come before everything else: forms, questions, receipts. */

import {fill, h, iconButton} from './element.js';
import {problemBox} from './panel.js';

/**
 * Opens a dialog. Escape closes it; the browser puts the focus back to where it was.
 * @param {string} title Its heading.
 * @param {Array} content What is in it.
 * @returns {{element: HTMLDialogElement, close: function}}
 */
export function openDialog(title, ...content) {
  const heading = h('h2', {id: 'dialog-title'}, title);
  const element = h('dialog', {'aria-labelledby': 'dialog-title'},
    h('header', {}, heading, iconButton('close', 'Close', () => element.close())), content);
  element.addEventListener('close', () => element.remove());
  element.addEventListener('click', event => { if (event.target === element) element.close(); });
  document.body.append(element);
  element.showModal();
  return {element, close: () => element.close()};
}

/**
 * Asks for something and does it; what goes wrong is said in the dialog, which stays open then.
 * @param {string} title Heading.
 * @param {Array} content Fields and explanations.
 * @param {string} verb What the button says.
 * @param {function(FormData): Promise} act Does it.
 * @param {boolean} [dangerous] Whether it can't be undone.
 */
export function ask(title, content, verb, act, dangerous = false) {
  const trouble = h('div');
  const submit = h(`button.${dangerous ? 'danger' : 'primary'}`, {type: 'submit'}, verb);
  const form = h('form', {
    onsubmit: async event => {
      event.preventDefault();
      submit.disabled = true;
      fill(trouble);
      try {
        const values = new FormData(form);
        const next = await act(values);
        dialog.close();
        next?.();
      } catch (error) {
        fill(trouble, problemBox(error));
      } finally {
        submit.disabled = false;
      }
    },
  }, content, trouble, h('footer', {}, h('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'), submit));
  const dialog = openDialog(title, form);
  form.querySelector('input, textarea, select')?.focus();
  return dialog;
}

/** A text to copy, with a button that does it. */
export function copyable(text, label = 'Copy') {
  const button = h('button.small', {
    type: 'button',
    onclick: async () => {
      await navigator.clipboard.writeText(text);
      fill(button, 'Copied');
      setTimeout(() => fill(button, label), 2000);
    },
  }, label);
  return h('div.copyable', {}, h('pre', {tabindex: '0'}, h('code', {}, text)), button);
}
