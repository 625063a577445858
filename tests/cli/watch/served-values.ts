/** The values that a registry tells, by name and labels as Prometheus reads them. */
import type { Registry } from 'prom-client';

/** Such as `likes_backlog{state="waiting"}`; labels in the order of their names. */
export async function servedValues(registry: Registry): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const line of (await registry.metrics()).split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const sorted = labels.match(/\w+="(?:[^"\\]|\\.)*"/g)?.sort() ?? [];
    values.set(sorted.length === 0 ? name : `${name}{${sorted.join(',')}}`, Number(value));
  }
  return values;
}
