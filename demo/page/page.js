/** The page's only script: it shows each snapshot that comes, and sends what is pressed. */

const LINE_POINTS = 240;
/** A crowd that is later than this is not the one that was asked for. */
const LATE_MS = 250;
/** The queue is asked about every 300 ms, so nothing shorter can be told. */
const EXACT_MS_LEAST = 500;
const BUSY = 'aria-disabled';
const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const few = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

let shown;
let failedBefore = null;
let spoken = '';

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function flag(element, name, value) {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

function duration(ms) {
  if (ms === null) return '–';
  return ms < 1_000
    ? `${ms < 10 ? one.format(ms) : whole.format(ms)} ms`
    : `${one.format(ms / 1_000)} s`;
}

function note(said) {
  text(byId('note'), said);
  byId('note').hidden = said === '';
}

async function send(command) {
  try {
    const answer = await fetch('/commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
    });
    note(answer.ok ? '' : `Not now: ${await answer.text()}.`);
  } catch {
    note('The demo does not answer.');
  }
}

class Line {
  constructor(id) {
    this.element = byId(id);
    this.values = [];
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > LINE_POINTS) this.values.shift();
    const most = this.most;
    const left = LINE_POINTS - this.values.length;
    const height = (each) => 38 - (each / Math.max(1, most)) * 36;
    flag(
      this.element,
      'points',
      this.values.map((each, place) => `${left + place},${height(each).toFixed(1)}`).join(' '),
    );
  }

  get most() {
    return Math.max(0, ...this.values);
  }

  clear() {
    this.values = [];
  }
}

const backlogLine = new Line('backlog-line');
const transactionsLine = new Line('transactions-line');
let lineOf;

function showLines(snapshot) {
  const { way, brokerName, ledger } = snapshot;
  const round = `${way} ${brokerName} ${ledger.attempted === 0}`;
  if (round !== lineOf) {
    lineOf = round;
    backlogLine.clear();
    transactionsLine.clear();
  }
  backlogLine.add(snapshot.backlog ?? backlogLine.values.at(-1) ?? 0);
  transactionsLine.add(snapshot.rates.transactions);
  text(byId('backlog-most'), whole.format(backlogLine.most));
}

function showValues(snapshot) {
  for (const element of document.querySelectorAll('[data-value]')) {
    const value = element.dataset.value.split('.').reduce((part, name) => part[name], snapshot);
    text(element, whole.format(value));
  }
  for (const element of document.querySelectorAll('[data-story]')) {
    text(element, snapshot.story.hops[element.dataset.story]);
  }
  const headline = byId('headline');
  text(headline, snapshot.story.headline);
  // Read aloud when it says something else, and not with each new number.
  const said = snapshot.story.headline.replaceAll(/[\d.,]+/g, '#');
  if (said !== spoken) text(byId('spoken'), snapshot.story.headline);
  spoken = said;
  flag(headline, 'data-tone', snapshot.story.tone);
  const { ageS, latency, backlog } = snapshot;
  text(
    byId('age'),
    ageS < 1 ? 'The count is up to date.' : `The count is ${one.format(ageS)} s behind.`,
  );
  text(byId('p50'), latency === null ? '–' : duration(latency.p50Ms));
  text(byId('p99'), latency === null ? '–' : duration(latency.p99Ms));
  text(byId('backlog'), backlog === null ? '?' : whole.format(backlog));
}

function showVerdict({ ledger }) {
  const show = (id, value) => {
    const element = byId(id);
    text(element, value === null ? '–' : whole.format(value));
    element.className = value === null ? '' : value === 0 ? 'good' : 'bad';
  };
  show('lost', ledger.lost);
  show('twice', ledger.countedTwice);
  text(
    byId('lost-when'),
    ledger.lost === null ? 'told when nothing is on the way' : 'acknowledged, not counted',
  );
  const { landedUnknown, unknown } = ledger;
  text(
    byId('uncertain'),
    landedUnknown === null || unknown === 0
      ? '503, perhaps stored'
      : `${whole.format(landedUnknown)} of them counted`,
  );
}

function showParts(snapshot) {
  const { way, gateway, broker, worker, busy, brokerTitle, crowd, rates } = snapshot;
  const isDirect = way === 'direct';
  text(byId('broker-title'), brokerTitle);
  const flows = {
    crowd: rates.attempted > 0,
    gateway: rates.accepted > 0,
    queue: rates.delivered > 0,
    worker: rates.counted > 0,
  };
  for (const hop of document.querySelectorAll('[data-hop]')) {
    const name = hop.dataset.hop;
    const isOff = isDirect && (name === 'queue' || name === 'worker');
    flag(hop, 'data-away', isOff && '');
    flag(hop, 'data-flows', (isOff ? flows.gateway : flows[name]) && '');
  }
  flag(document.querySelector('[data-hop=gateway]'), 'data-state', gateway);
  for (const [name, state] of Object.entries({ broker, worker })) {
    const told = byId(`${name}-state`);
    text(told, state === 'up' ? 'alive' : state);
    flag(told, 'data-state', state);
    flag(told.closest('.hop'), 'data-state', state);
    const button = byId(`strike-${name}`);
    const restart = name === 'broker' ? 'Start the broker again' : 'Start a new worker';
    text(button, state === 'up' ? `Kill the ${name}` : restart);
    flag(button, BUSY, busy !== undefined || state === 'starting');
  }
  flag(byId('press'), BUSY, !snapshot.isReady);
  flag(byId('clear'), BUSY, busy !== undefined);
  // Who is here may be sent home at any time.
  flag(byId('crowd'), BUSY, crowd === null && busy !== undefined);
  text(byId('crowd'), crowd === null ? 'Call a crowd' : 'Send it home');
  text(byId('left'), crowd === null ? '' : `, ${whole.format(crowd.leftS)} s left`);
}

function showChoice({ brokers, brokerName, way, busy }) {
  const select = byId('broker');
  if (select.options.length !== brokers.length) {
    select.replaceChildren(...brokers.map(({ name, title }) => new Option(title, name)));
  }
  // What the user is about to choose is not taken out of their hands.
  if (busy !== undefined || document.activeElement !== select) select.value = brokerName;
  for (const radio of document.querySelectorAll('[name=way]')) radio.checked = radio.value === way;
}

function shareOf(percent) {
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent > 0 && percent < 10 ? one.format(percent) : whole.format(percent)} %`;
}

function cellsOf(row) {
  const { pressed, accepted, refused, unknown, transactionsPerLike, exactAfterMs } = row;
  const share = pressed === 0 ? 0 : ((refused + unknown) / pressed) * 100;
  const exact = exactAfterMs < EXACT_MS_LEAST ? 'at once' : duration(exactAfterMs);
  return [
    ['likes/s', whole.format(row.likesPerS)],
    ['acknowledged', whole.format(accepted)],
    ['sent away', shareOf(share)],
    ['median answer', duration(row.p50Ms)],
    ['99 % within', duration(row.p99Ms)],
    ['transactions a like', transactionsPerLike === null ? '–' : few.format(transactionsPerLike)],
    ['exact after', exactAfterMs === null ? '–' : exact],
  ];
}

let rowsText = '';

function showRows({ rows }) {
  const now = JSON.stringify(rows);
  if (now === rowsText) return;
  rowsText = now;
  byId('rows').hidden = rows.length === 0;
  byId('no-rows').hidden = rows.length > 0;
  byId('struck-told').hidden = !rows.some(({ struck }) => struck);
  byId('late-told').hidden = !rows.some(({ lateMs }) => lateMs > LATE_MS);
  const lines = rows.toReversed().map((row) => {
    const line = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = [
      row.way === 'direct' ? 'direct' : row.broker,
      ...(row.struck ? ['†'] : []),
      ...(row.lateMs > LATE_MS ? ['‡'] : []),
    ].join(' ');
    const cells = cellsOf(row).map(([name, value]) => {
      const cell = document.createElement('td');
      cell.className = 'n';
      cell.dataset.head = name;
      cell.textContent = value;
      return cell;
    });
    line.append(head, ...cells);
    return line;
  });
  byId('rows').tBodies[0].replaceChildren(...lines);
}

function show(snapshot) {
  shown = snapshot;
  showValues(snapshot);
  showVerdict(snapshot);
  showParts(snapshot);
  showChoice(snapshot);
  showRows(snapshot);
  showLines(snapshot);
  const { comparison, failed } = snapshot;
  text(byId('comparison'), comparison ?? '');
  byId('comparison').hidden = comparison === null;
  if (failed !== failedBefore) note(failed === null ? '' : `It failed: ${failed}`);
  failedBefore = failed;
  for (const step of document.querySelectorAll('[data-step]')) {
    const isDone = snapshot.done.includes(step.dataset.step);
    flag(step, 'data-done', isDone && '');
    step.querySelector('.said').textContent = isDone ? 'Done: ' : '';
  }
}

/** A button that can do nothing now keeps the focus, and does nothing. */
function onPress(id, commandOf) {
  byId(id).addEventListener('click', (event) => {
    if (shown === undefined || event.currentTarget.getAttribute(BUSY) === 'true') return;
    void send(commandOf());
  });
}

const rate = byId('rate');
rate.addEventListener('input', () => text(byId('rate-told'), whole.format(rate.value)));
onPress('press', () => ({ do: 'press' }));
onPress('clear', () => ({ do: 'clear' }));
onPress('crowd', () =>
  shown.crowd === null
    ? { do: 'start-crowd', likesPerS: Number(rate.value) }
    : { do: 'stop-crowd' },
);
onPress('strike-broker', () => ({ do: shown.broker === 'up' ? 'kill-broker' : 'start-broker' }));
onPress('strike-worker', () => ({ do: shown.worker === 'up' ? 'kill-worker' : 'start-worker' }));
const choose = () => {
  const way = document.querySelector('[name=way]:checked').value;
  void send({ do: 'choose', way, broker: byId('broker').value });
};
byId('ways').addEventListener('change', choose);
byId('broker').addEventListener('change', choose);

const events = new EventSource('/events');
events.addEventListener('message', ({ data }) => show(JSON.parse(data)));
events.addEventListener('error', () => {
  text(byId('headline'), 'The demo has ended. Start it again with npm run demo.');
  flag(byId('headline'), 'data-tone', 'trouble');
});
