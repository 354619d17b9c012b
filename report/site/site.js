// Nothing here is needed: without it the forms and links do the same.
'use strict';

// The text filter works while typing, on the rows of this page.
const search = document.querySelector('.filter input[name=q]');
const rows = [...document.querySelectorAll('.history tbody tr')];
if (search && rows.length) {
  const said = search.value;
  const texts = rows.map(row => row.textContent.toLowerCase());
  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wider = !search.value.toLowerCase().startsWith(said.toLowerCase());
    rows.forEach((row, i) => {
      row.hidden = !wider && !words.every(word => texts[i].includes(word));
    });
  });
}

// Selects and days filter at once.
document.querySelectorAll('.filter select, .filter input[type=date]').forEach(field => {
  field.addEventListener('change', () => field.form.requestSubmit());
});

// Two runs are compared: a third tick takes the place of the first.
const picked = [];
const boxes = [...document.querySelectorAll('input[name=run]')];
const output = document.querySelector('[data-picked]');
const button = document.querySelector('.picker button');
function tell() {
  if (!output) return;
  button.disabled = picked.length !== 2;
  output.textContent = picked.length === 2 ? '' : picked.length === 1 ? 'one more' : '';
}
boxes.forEach(box => {
  if (box.checked) picked.push(box);
  box.addEventListener('change', () => {
    const at = picked.indexOf(box);
    if (at >= 0) picked.splice(at, 1);
    if (box.checked) picked.push(box);
    while (picked.length > 2) picked.shift().checked = false;
    tell();
  });
});
tell();
