import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chanceOf,
  closedFormOf,
  fixedServiceWaitShare,
  lindleySojourns,
} from '../../lab/queueing.ts';
import {
  exponentialTimes,
  type ServiceTime,
  serviceTimes,
} from '../../likes/workloads/service-times.ts';

const ARRIVALS_SEQUENCE = 1;

/** What a server does moment by moment: it takes the next one when it has ended the last. */
function served(arrivals: readonly number[], services: readonly number[]): number[] {
  let freeAt = Number.NEGATIVE_INFINITY;
  return arrivals.map((arrival, place) => {
    freeAt = Math.max(arrival, freeAt) + services[place]!;
    return freeAt - arrival;
  });
}

/** A long queue in units of the mean service, from an empty one. */
function longRun(distribution: ServiceTime['distribution'], load: number, likes: number) {
  const gap = exponentialTimes(1 / load, 11, ARRIVALS_SEQUENCE);
  const service = serviceTimes({ distribution, meanUs: 1, seed: 11 });
  const arrivals = new Float64Array(likes);
  const services = new Float64Array(likes);
  let now = 0;
  for (let place = 0; place < likes; place++) {
    now += gap();
    arrivals[place] = now;
    services[place] = service();
  }
  const sojourns = lindleySojourns(arrivals, services);
  const mean = sojourns.reduce((sum, value) => sum + value, 0) / likes;
  return { mean, p99: sojourns.sort()[Math.floor(likes * 0.99)]! };
}

describe("Lindley's recursion", () => {
  test('gives the hand-computed times of five likes', () => {
    // The second waits 3 for the first, the third 1, the fourth none, the fifth comes together.
    expect([...lindleySojourns([10, 11, 15, 30, 30], [4, 2, 2, 5, 1])]).toEqual([4, 5, 3, 5, 6]);
  });

  test('is what a server does that takes the next one when it has ended the last', () => {
    const like = fc.record({
      gap: fc.double({ min: 0, max: 10, noNaN: true }),
      service: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(like, { maxLength: 200 }), (likes) => {
        let now = 0;
        const arrivals = likes.map(({ gap }) => (now += gap));
        const services = likes.map(({ service }) => service);
        const naive = served(arrivals, services);
        for (const [place, sojourn] of lindleySojourns(arrivals, services).entries()) {
          expect(sojourn).toBeCloseTo(naive[place]!, 9);
        }
      }),
    );
  });

  test('never gives less than the service, and no less when a service grows', () => {
    const likes = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(likes, fc.nat(), (pairs, grown) => {
        let now = 0;
        const arrivals = pairs.map(([gap]) => (now += gap));
        const services = pairs.map(([, service]) => service);
        const longer = services.map((service, place) =>
          place === grown % services.length ? service + 5 : service,
        );
        const [before, after] = [services, longer].map((s) => lindleySojourns(arrivals, s));
        for (const [place, sojourn] of before!.entries()) {
          expect(sojourn).toBeGreaterThanOrEqual(services[place]!);
          expect(after![place]).toBeGreaterThanOrEqual(sojourn);
        }
      }),
    );
  });
});

describe('the closed forms', () => {
  test.each(['fixed', 'exponential'] as const)('meet a long run of %s services', (kind) => {
    for (const load of [0.1, 0.5, 0.7]) {
      const closed = closedFormOf(kind, load, 1);
      const run = longRun(kind, load, 300_000);
      expect(Math.abs(run.mean / closed.mean - 1), `mean at ${load}`).toBeLessThan(0.03);
      expect(Math.abs(run.p99 / closed.quantile(0.99) - 1), `p99 at ${load}`).toBeLessThan(0.04);
    }
  });

  test('of exponential services are those of an exponential time', () => {
    const { mean, quantile } = closedFormOf('exponential', 0.5, 1_000);
    expect(mean).toBe(2_000);
    expect(quantile(0.5)).toBeCloseTo(2_000 * Math.LN2, 6);
    expect(quantile(0.99)).toBeCloseTo(2_000 * Math.log(100), 6);
  });

  test('of fixed services wait half as long on average as those of exponential ones', () => {
    const load = fc.double({ min: 0.01, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(load, (rho) => {
        const wait = (kind: ServiceTime['distribution']) => closedFormOf(kind, rho, 1).mean - 1;
        expect(wait('fixed') * 2).toBeCloseTo(wait('exponential'), 9);
      }),
    );
  });

  test('of fixed services: nobody waits with the chance of an empty server', () => {
    expect(fixedServiceWaitShare(0.7, 0)).toBeCloseTo(0.3, 12);
    // One term more from the second service on, by hand: 0.5 (e^1 - 0.5 e^0.5).
    expect(fixedServiceWaitShare(0.5, 2)).toBeCloseTo(0.5 * (Math.E - 0.5 * Math.exp(0.5) + 0), 12);
  });

  test('of fixed services rise with the share, and their mean is the area above them', () => {
    for (const [load, longest] of [
      [0.3, 8],
      [0.6, 14],
    ] as const) {
      let area = 0;
      const step = 0.002;
      for (let wait = step / 2; wait < longest; wait += step) {
        area += (1 - fixedServiceWaitShare(load, wait)) * step;
      }
      expect(area + 1).toBeCloseTo(closedFormOf('fixed', load, 1).mean, 3);
      const { quantile } = closedFormOf('fixed', load, 1);
      expect(quantile(0.99)).toBeGreaterThan(quantile(0.9));
      expect(fixedServiceWaitShare(load, quantile(0.99) - 1)).toBeCloseTo(0.99, 9);
    }
  });

  test('of fixed services end where doubles would only give noise', () => {
    expect(() => fixedServiceWaitShare(0.9, 60)).toThrow(RangeError);
  });

  test('do not exist for a load of 1 or none', () => {
    for (const load of [1, 1.5, -0.1, Number.NaN]) {
      expect(() => closedFormOf('fixed', load, 1)).toThrow(RangeError);
    }
  });
});

describe('what chance does to one run', () => {
  test('is less for more likes, and more at a higher load', () => {
    const of = (load: number, likes: number) =>
      chanceOf('exponential', load, { meanService: 1, likes, warmUpLikes: 0 });
    const [short, long, busy] = [of(0.5, 500), of(0.5, 8_000), of(0.7, 500)];
    // A quarter, since there are sixteen times as many.
    expect(short.mean / long.mean).toBeGreaterThan(2.5);
    expect(short.mean / long.mean).toBeLessThan(6.5);
    expect(busy.mean).toBeGreaterThan(short.mean);
    expect(busy.p99).toBeGreaterThan(short.p99);
  });

  test('is that of the formula for the mean of exponential services', () => {
    // Asymptotic variance of the mean wait of M/M/1 (Daley 1968): r(2+5r-4r²+r³) / (1-r)^4 / n.
    // A time in the system adds a service; at this load that is little beside the waits.
    const [r, likes] = [0.7, 10_000];
    const variance = (r * (2 + 5 * r - 4 * r ** 2 + r ** 3)) / (1 - r) ** 4 / likes;
    const found = chanceOf('exponential', r, { meanService: 1, likes, warmUpLikes: 0 });
    expect(found.mean / Math.sqrt(variance)).toBeGreaterThan(0.75);
    expect(found.mean / Math.sqrt(variance)).toBeLessThan(1.35);
  });
});
