/** Where every number leads: each trial with its file, its seed and the command that repeats it. */
import type { RunIndex } from '../lab/result-files.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { html, type Markup } from './markup.ts';
import { anchorOf, commandOf, type ReportData, successorsOf, type TrialFacts } from './shown.ts';
import { trialLinks } from './tables.ts';

export function renderTrials(trials: ReadonlyMap<string, TrialFacts>): Markup {
  const runs = Map.groupBy(trials, ([, { index }]) => index.run);
  return html`${[...runs.values()].map(runOf)}`;
}

/** Undefined where every trial that broke a promise stands in a table. */
export function renderReplaced(data: ReportData): Markup | undefined {
  if (data.replaced.length === 0) return undefined;
  return html`<h3 id="replaced">Trials that broke a promise, and stand in no table</h3>
<p>They stay, since they are why something was mended, or promised otherwise: what and when stands
in <a href="../CHANGELOG.md">CHANGELOG.md</a>.</p>
<ul class="trials">${data.replaced.map((facts) => {
    const command = html`<code>${commandOf(facts)}</code>${placeOf(facts.result, data)}`;
    return trialOf(anchorOf(facts.result), facts, command);
  })}</ul>
`;
}

function placeOf(old: TrialResult, data: ReportData): Markup | undefined {
  const newer = successorsOf(old, data);
  return newer.length === 0 ? undefined : html`In its place: ${trialLinks(newer)}`;
}

type Listed = readonly [anchor: string, facts: TrialFacts];

function runOf(trials: readonly Listed[]): Markup {
  const [, first] = trials[0]!;
  const { run, command } = first.index;
  return html`<details class="run" id="run-${run}"><summary><h3>Run ${run}</h3>:
${trials.length} trial(s), ${command}</summary>
<p>${machineOf(first)}</p>
${[...Map.groupBy(trials, ([, facts]) => commandOf(facts))].map(repeatedBy)}</details>
`;
}

/** Many trials of a run are repeated by one command, which stands once and stays in sight. */
function repeatedBy([command, trials]: readonly [string, Listed[]]): Markup {
  return html`<p class="repeats"><code>${command}</code></p>
<ul class="trials">${trials.map(([anchor, facts]) => trialOf(anchor, facts))}</ul>
`;
}

function machineOf({ index, result }: TrialFacts): Markup {
  const { cores, processor, memory, system } = result.machine;
  return html`${dayOf(index)}, profile ${index.profile}, on ${cores} cores (${processor}),
${memory}, ${system}, Node ${result.versions.node}. The whole run: <code>${index.command}</code>`;
}

const dayOf = ({ startedAt }: RunIndex) => startedAt.slice(0, 10);

function trialOf(anchor: string, facts: TrialFacts, more?: Markup): Markup {
  const { result, path } = facts;
  const { verdict, reasons, numbersStruck } = result;
  const struck =
    numbersStruck.length > 0 ? `, numbers struck out: ${numbersStruck.join('; ')}` : '';
  const why = verdict === 'pass' ? struck : `: ${reasons.join('; ')}`;
  return html`<li id="${anchor}" tabindex="-1"><strong>${result.trial}</strong>
<span class="verdict">${verdict}</span>${why}
<span class="quiet">seed ${result.workload.seed}, commit ${result.commit},
<a href="${path}">result file</a></span>${more}</li>
`;
}
