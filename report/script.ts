/** The only script of the page: it hides what is not asked for. Without it all is shown. */
export const SCRIPT = `
(() => {
  const form = document.querySelector('.filter');
  const boxes = [...form.querySelectorAll('input')];
  const status = form.querySelector('output');
  const show = () => {
    const off = (name) =>
      new Set(boxes.filter((box) => box.name === name && !box.checked).map((box) => box.value));
    const [brokers, tiers] = [off('broker'), off('tier')];
    for (const part of document.querySelectorAll('[data-broker],[data-tier]')) {
      const { broker, tier } = part.dataset;
      part.toggleAttribute('data-off', brokers.has(broker) || tiers.has(tier));
    }
    const hidden = [...brokers, ...tiers];
    status.textContent = hidden.length > 0 ? 'Hidden: ' + hidden.join(', ') : 'All shown';
  };
  form.addEventListener('change', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const folded = target && target.closest('details');
    if (!folded || folded.open) return;
    folded.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  addEventListener('beforeprint', () => {
    for (const run of document.querySelectorAll('.run')) run.open = true;
  });
  form.hidden = false;
  reveal();
  show();
})();
`;
