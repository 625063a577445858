/** How a gateway hands likes on: in the sends that its broker is at ease with, or one by one. */
import type { Habits } from '../brokers/broker.ts';
import { type GatewayLimits, LIMITS } from '../gateway/limits.ts';

export const CONNECTIONS_DEFAULT = 10;

/** `linger`: ms; the gateway's own unless told. */
export function queueLimits(habits: Habits, linger?: number): Partial<GatewayLimits> {
  return {
    likesPerSendMax: Math.min(habits.likesPerSend, LIMITS.likesPerSendMax),
    sendsInFlightMax: habits.sendsInFlight,
    ...(linger !== undefined && { lingerMs: linger }),
  };
}

/** A transaction a like, and as many at a time as there are connections. */
export function directLimits(connections: number): Partial<GatewayLimits> {
  return { likesPerSendMax: 1, sendsInFlightMax: connections, lingerMs: 0 };
}
