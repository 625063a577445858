/** All routings, by their names. */
import { byId } from './ids.ts';
import { byJump } from './jump.ts';
import { byLetter } from './letters.ts';
import { byModulo } from './modulo.ts';
import { byRendezvous } from './rendezvous.ts';
import type { Routing, RoutingChoice } from './routing.ts';
import { bySlot } from './slots.ts';

/** @throws RangeError for `ids` without the ids that there were */
export function openRouting({ name, idsSeen }: RoutingChoice): Routing {
  switch (name) {
    case 'letters':
      return byLetter;
    case 'ids':
      if (idsSeen === undefined) throw new RangeError('the routing ids needs idsSeen, from 1 up');
      return byId(idsSeen);
    case 'modulo':
      return byModulo;
    case 'jump':
      return byJump;
    case 'rendezvous':
      return byRendezvous;
    case 'slots':
      return bySlot;
  }
}
