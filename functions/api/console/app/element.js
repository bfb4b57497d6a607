/**
 * Building the page. Whatever is text goes in as text: nothing here, and nothing that uses it, parses HTML.
 */

const SVG = 'http://www.w3.org/2000/svg';
const SPRITE = new URL('../icons.svg', import.meta.url).pathname;

/**
 * Makes an element.
 * @param {string} name Tag name, with classes after dots: `div.card.wide`.
 * @param {Object} [attributes] Attributes; functions under `on<event>` listen; null and false leave one out.
 * @param {...(Node|string|number|null|false|Array)} children What goes in; strings become text nodes.
 * @returns {HTMLElement}
 */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...flat(children));
  return element;
}

/** Replaces what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Puts dots between what there is. */
export function dotted(...parts) {
  return parts.filter(Boolean).flatMap((part, index) => index ? [' · ', part] : [part]);
}

/** Makes a picture of the sprite; it says nothing to screen readers, the control around it does. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/** Makes a button that shows a picture only. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h('button.icon-button', {type: 'button', 'aria-label': label, title: label, onclick, ...attributes}, icon(name));
}

/** Sets CSS variables, which is how sizes that depend on data get to the style sheets. */
export function vary(element, variables) {
  for (const [name, value] of Object.entries(variables)) element.style.setProperty(`--${name}`, value);
  return element;
}

/** Makes a form field: a label, its input and a hint. */
export function field(label, input, hint = null) {
  const id = `field-${++fields}`;
  input.id = id;
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  return h('div.field', {}, h('label', {for: id}, label), input, hint && h('p.hint', {id: `${id}-hint`}, hint));
}

let fields = 0;

function flat(children) {
  return children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false);
}
