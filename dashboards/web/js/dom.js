// Few words for what the views do to the document. Text only ever enters as text, never as markup.

/** Writes text into the element marked data-text=name. A write that changes nothing is left out: it would cost a layout. */
export function setText(root, name, text) {
  const node = root.querySelector(`[data-text="${name}"]`);
  if (node.textContent !== text) node.textContent = text;
}

/** The element marked data-part=name. */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/** A copy of the element that the template holds. */
export function stamp(templateID) {
  return document.getElementById(templateID).content.firstElementChild.cloneNode(true);
}

/** Makes the parent have exactly n children stamped from the template, keeping those that are there. */
export function rows(parent, templateID, n) {
  while (parent.children.length > n) parent.lastElementChild.remove();
  while (parent.children.length < n) parent.append(stamp(templateID));
  return [...parent.children];
}
