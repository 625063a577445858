/** Metrics whose values are read when somebody asks for them. */
import { Counter, Gauge, type Registry } from 'prom-client';

export type Reading = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface ReadMetric {
  readonly kind: 'gauge' | 'counter';
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Everything that there is now; what is not told again is gone. */
  readonly read: () => readonly Reading[] | Promise<readonly Reading[]>;
}

export function addReading(registry: Registry, { kind, read, ...metric }: ReadMetric): void {
  const registers = [registry];
  const labelNames = [...(metric.labelNames ?? [])];
  const isAlone = labelNames.length === 0;
  if (kind === 'gauge') {
    new Gauge({
      ...{ ...metric, labelNames, registers },
      async collect() {
        const readings = await read();
        this.reset();
        // It would be 0 else, where nothing is known.
        if (isAlone) this.remove();
        for (const [labels, value] of readings) this.set(labels, value);
      },
    });
    return;
  }
  new Counter({
    ...{ ...metric, labelNames, registers },
    async collect() {
      const readings = await read();
      this.reset();
      if (isAlone) this.remove();
      for (const [labels, value] of readings) this.inc(labels, value);
    },
  });
}
